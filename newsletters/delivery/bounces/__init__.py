"""What comes back: whose it is, what it means, and what is done about it."""
