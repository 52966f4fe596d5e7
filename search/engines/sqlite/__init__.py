"""The embedded engine: SQLite's FTS5 in a file of its own, for one machine or one server."""

from search.engines.sqlite.engine import SqliteEngine

__all__ = ["SqliteEngine"]
