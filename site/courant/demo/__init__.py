"""The demo institute's content."""
