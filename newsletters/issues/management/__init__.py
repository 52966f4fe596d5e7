"""Management of issues."""
