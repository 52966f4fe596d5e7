"""The embedded engine as a whole: generations, writes and reports; questions are answered in the modules beside it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from search.engines.base import Engine, NoIndex, Status, Stored
from search.engines.sqlite.connection import Connections
from search.engines.sqlite.neighbours import NeighbourFinder, described, newest, texts
from search.engines.sqlite.schema import create_statements, drop_statements, row_of, upsert_statement
from search.engines.sqlite.searching import search
from search.engines.sqlite.spelling import corrections, suggestions

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from search.engines.base import Described, Neighbour, Suggestion, Write
    from search.query import Found, SearchQuery

KEYS_A_STATEMENT = 500


class SqliteEngine(Engine):
    """Full-text search in a file: any number of readers, one writer at a time, no server."""

    name = "sqlite"

    def __init__(self, *, path: str | Path) -> None:
        """Keep the index in the file at `path`, made when it is first needed."""
        self.path = Path(path)
        self.connections = Connections(self.path)
        self.neighbour_finder = NeighbourFinder()

    def write(self, writes: Sequence[Write]) -> dict[str, str]:
        """Write to the live generation and to the one that is building, in one transaction."""
        with self.connections.writing() as connection:
            for number in _numbers(connection, "live", "building"):
                connection.executemany(upsert_statement(number), map(row_of, writes))
        return {}

    def write_building(self, writes: Sequence[Write]) -> dict[str, str]:
        """Write only to the generation that is building."""
        with self.connections.writing() as connection:
            numbers = _numbers(connection, "building")
            if not numbers:
                raise LookupError("no generation of the search index is being built")
            connection.executemany(upsert_statement(numbers[0]), map(row_of, writes))
        return {}

    def begin_generation(self) -> str:
        """Start a new generation, dropping one that was left building."""
        with self.connections.writing() as connection:
            for number in _numbers(connection, "building"):
                _drop(connection, number)
            number = connection.execute("INSERT INTO generations (state) VALUES ('building')").lastrowid or 0
            for statement in create_statements(number):
                connection.execute(statement)
            return str(number)

    def promote_generation(self, name: str) -> None:
        """Make the building generation live; the one before stays for going back, older ones go."""
        with self.connections.writing() as connection:
            if int(name) not in _numbers(connection, "building"):
                msg = f"generation {name} is not being built"
                raise LookupError(msg)
            for number in _numbers(connection, "previous"):
                _drop(connection, number)
            connection.execute("UPDATE generations SET state = 'previous' WHERE state = 'live'")
            connection.execute("UPDATE generations SET state = 'live' WHERE number = ?", (int(name),))

    def drop_generation(self, name: str) -> None:
        """Remove a generation that is not live."""
        with self.connections.writing() as connection:
            if int(name) in _numbers(connection, "live"):
                msg = f"generation {name} is live; build another first"
                raise LookupError(msg)
            _drop(connection, int(name))

    def restore_generation(self) -> str:
        """Swap the live generation with the one before it."""
        with self.connections.writing() as connection:
            previous = _numbers(connection, "previous")
            if not previous:
                raise LookupError("there is no earlier generation of the search index")
            connection.execute(
                "UPDATE generations SET state = CASE state WHEN 'live' THEN 'previous' ELSE 'live' END "
                "WHERE state IN ('live', 'previous')"
            )
            return str(previous[0])

    def live_generation(self) -> str:
        """Return the number of the generation that readers see."""
        with self.connections.reading() as connection:
            return "".join(map(str, _numbers(connection, "live")))

    def status(self) -> Status:
        """Report the generations and what the live one holds."""
        with self.connections.reading() as connection:
            rows = connection.execute("SELECT state, number FROM generations")
            states = {state: str(number) for state, number in rows}
            live = states.get("live", "")
            count = 0
            if live:
                count = connection.execute(f"SELECT count(*) FROM documents_{live} WHERE NOT deleted").fetchone()[0]  # noqa: S608
            size = connection.execute(
                "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
            ).fetchone()[0]
        return Status(
            engine=self.name, live=live, building=states.get("building", ""), previous=states.get("previous", ""),
            documents=count, bytes=size, problems=() if live else ("there is no index yet",),
        )  # fmt: skip

    def stored(self, *, building: bool = False, keys: Sequence[str] | None = None) -> Iterator[Stored]:
        """Go through a generation in steps of short reads, so that a long look never holds the write-ahead log."""
        if keys is not None:
            for start in range(0, len(keys), KEYS_A_STATEMENT):
                chunk = list(keys[start : start + KEYS_A_STATEMENT])
                yield from self._stored(building, f"key IN ({', '.join('?' * len(chunk))})", chunk)
            return
        last = ""
        while rows := self._stored(building, "key > ? ORDER BY key LIMIT 1000", [last]):
            yield from rows
            last = rows[-1].key

    def _stored(self, building: bool, condition: str, values: list[str]) -> list[Stored]:  # noqa: FBT001 (one caller)
        with self.connections.reading() as connection:
            numbers = _numbers(connection, "building" if building else "live")
            if not numbers:
                return []
            rows = connection.execute(
                f"SELECT key, version, fingerprint FROM documents_{numbers[0]} WHERE {condition}",  # noqa: S608
                values,
            )
            return [Stored(*row) for row in rows]

    def search(self, query: SearchQuery) -> Found:
        """Answer a query from the live generation."""
        with self.connections.reading() as connection:
            return search(connection, _live(connection), query)

    def corrections(self, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
        """Return the nearest spellings of words that no document holds."""
        with self.connections.reading() as connection:
            return corrections(connection, _live(connection), words)

    def suggestions(self, words: Sequence[str], *, at: datetime, limit: int) -> list[Suggestion]:
        """Return the documents whose title goes on as typed."""
        with self.connections.reading() as connection:
            return suggestions(connection, _live(connection), words, at=at, limit=limit)

    def neighbours(self, key: str, *, at: datetime, limit: int) -> list[Neighbour]:
        """Find the documents whose words are closest."""
        with self.connections.reading() as connection:
            return self.neighbour_finder.find(connection, _live(connection), key, at=at, limit=limit)

    def described(self, keys: Sequence[str]) -> dict[str, Described]:
        """Return what is stored of these keys."""
        with self.connections.reading() as connection:
            return described(connection, _live(connection), keys)

    def texts(self, keys: Sequence[str]) -> dict[str, str]:
        """Return the whole texts of documents that take part in related lists."""
        with self.connections.reading() as connection:
            return texts(connection, _live(connection), keys)

    def newest(self, *, topics: Sequence[int], at: datetime, limit: int) -> list[str]:
        """Return the newest documents that take part in related lists."""
        with self.connections.reading() as connection:
            return newest(connection, _live(connection), topics=topics, at=at, limit=limit)

    def close(self) -> None:
        """Close this thread's connection."""
        self.connections.close()


def _live(connection: sqlite3.Connection) -> int:
    numbers = _numbers(connection, "live")
    if not numbers:
        raise NoIndex("there is no search index yet")
    return numbers[0]


def _numbers(connection: sqlite3.Connection, *states: str) -> list[int]:
    marks = ", ".join("?" * len(states))
    rows = connection.execute(f"SELECT number FROM generations WHERE state IN ({marks}) ORDER BY number", states)  # noqa: S608
    return [number for (number,) in rows]


def _drop(connection: sqlite3.Connection, number: int) -> None:
    for statement in drop_statements(number):
        connection.execute(statement)
    connection.execute("DELETE FROM generations WHERE number = ?", (number,))
