"""What an import costs: queries and writes counted, processor time by the thousand pages."""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

THOUSAND = 1_000
_WRITES = ("INSERT", "UPDATE", "DELETE", "REPLACE")


@dataclass(slots=True)
class Thousand:
    """What a thousand pages cost: processor seconds, queries, and words, for the pages up to `upto`."""

    upto: int
    pages: int
    cpu_seconds: float
    queries: int
    words: int

    def words_of(self) -> str:
        """One line."""
        pages = max(self.pages, 1)
        return (
            f"pages up to {self.upto}: {1000 * self.cpu_seconds / pages:.1f} ms of processor and "
            f"{self.queries / pages:.1f} queries a page, {self.words / pages:.0f} words a page"
        )


class Meter:
    """Counts while `running`; `page` says that one more page is done."""

    def __init__(self) -> None:
        self.queries = self.writes = 0
        self.started, self.cpu_started = time.monotonic(), time.process_time()
        self.thousands: list[Thousand] = []
        self._mark = (time.process_time(), 0)
        self._pages = self._words = self._all = 0

    @contextmanager
    def running(self) -> Iterator[Meter]:
        """Count every statement that is sent to the database meanwhile."""
        with connection.execute_wrapper(self._count):
            yield self
        self.close()

    def _count(self, execute: Callable[..., Any], sql: str, params: Any, many: bool, context: Any) -> Any:  # noqa: FBT001 (Django's signature)
        self.queries += 1
        if sql.lstrip()[:7].upper().startswith(_WRITES):
            self.writes += 1
        return execute(sql, params, many, context)

    def begin_pages(self) -> None:
        """Leave what came before the first page out of the pages' cost."""
        self._mark = (time.process_time(), self.queries)

    def pages(self, count: int, words: int) -> None:
        """So many more pages are done."""
        self._pages += count
        self._all += count
        self._words += words
        if self._pages >= THOUSAND:
            self.close()

    def close(self) -> None:
        """End the current thousand."""
        if not self._pages:
            return
        cpu, queries = time.process_time(), self.queries
        self.thousands.append(
            Thousand(self._all, self._pages, round(cpu - self._mark[0], 3), queries - self._mark[1], self._words)
        )
        self._mark = (cpu, queries)
        self._pages = self._words = 0

    @property
    def seconds(self) -> float:
        """Seconds since the start, by the clock."""
        return time.monotonic() - self.started

    @property
    def cpu_seconds(self) -> float:
        """Seconds of processor since the start."""
        return time.process_time() - self.cpu_started
