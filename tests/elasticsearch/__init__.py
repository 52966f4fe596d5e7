"""A real Elasticsearch for the tests, fetched by Maven: `server.py` runs it, `java/` fills in what is not published."""
