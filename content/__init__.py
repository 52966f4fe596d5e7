"""What editors write: pages, blocks, topics, people, media."""
