"""Commands of issues."""
