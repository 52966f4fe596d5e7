"""Public pages of the audience. Writes are services; a view reads the request and chooses a page."""
