"""Connections to the embedded index: one a thread and process, opened again when the file has been replaced."""

from __future__ import annotations

import os
import sqlite3
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from search.engines.base import EngineUnavailable
from search.engines.sqlite.schema import GENERATIONS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

# A writer waits for another; a reader never waits in WAL mode, except while the file is being made.
BUSY_MILLISECONDS = 20_000


class Connections:
    """Hands out this thread's connection to the file at `path`."""

    def __init__(self, path: Path) -> None:
        """Remember the path; the file is made when it is first needed."""
        self.path = path
        self._local = threading.local()

    def get(self) -> sqlite3.Connection:
        """Return this thread's connection; a connection never crosses a fork, nor outlives its file."""
        held: tuple[int, int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        inode = self.path.stat().st_ino if self.path.exists() else 0
        if held is not None and held[:2] == (os.getpid(), inode):
            return held[2]
        if held is not None and held[0] == os.getpid():
            held[2].close()
        connection = self._open()
        self._local.held = (os.getpid(), self.path.stat().st_ino, connection)
        return connection

    def _open(self) -> sqlite3.Connection:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(self.path, isolation_level=None, timeout=BUSY_MILLISECONDS / 1000)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")  # a power cut may lose the last writes, and a drift shows
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA cache_size = -32768")
        connection.execute(GENERATIONS)
        return connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """One consistent view of the index for several statements."""
        with self._transaction("BEGIN") as connection:
            yield connection

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction that holds the lock from its start, so that it never fails half way."""
        with self._transaction("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def _transaction(self, begin: str) -> Iterator[sqlite3.Connection]:
        try:
            connection = self.get()
            connection.execute(begin)
            try:
                yield connection
            except BaseException:
                if connection.in_transaction:
                    connection.execute("ROLLBACK")
                raise
            connection.execute("COMMIT")
        except (sqlite3.OperationalError, sqlite3.DatabaseError, OSError) as error:
            msg = f"the embedded search index at {self.path} cannot be used: {error}"
            raise EngineUnavailable(msg) from error

    def close(self) -> None:
        """Close this thread's connection."""
        held: tuple[int, int, sqlite3.Connection] | None = getattr(self._local, "held", None)
        if held is not None and held[0] == os.getpid():
            held[2].close()
        self._local.held = None
