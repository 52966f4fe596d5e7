"""Newsletter and issue pages, mail blocks, preflight and the archive."""
