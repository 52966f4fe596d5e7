"""Template tags of issues."""
