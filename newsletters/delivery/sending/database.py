"""The one thread on which a sender's database work is done, so that connections go on while a commit waits."""

from __future__ import annotations

import asyncio
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import structlog
from django.db import DatabaseError, InterfaceError, connection

if TYPE_CHECKING:
    from collections.abc import Callable

OUT_OF_REACH = (DatabaseError, InterfaceError)

log = structlog.get_logger(__name__)


class DatabaseThread:
    """Runs functions one after the other on a thread that has a connection of its own."""

    def __init__(self) -> None:
        """Start no thread yet."""
        self._executor = ThreadPoolExecutor(1, "ledger")
        self._chores: set[asyncio.Future[Any]] = set()

    def start(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        """Have a function run; the future holds what it returns or raises."""
        return asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    async def run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a function and wait for it."""
        return await self.start(function, *arguments)

    async def ask(self, otherwise: Any, function: Callable[..., Any], *arguments: Any) -> Any:
        """Run a question whose answer can be done without: `otherwise` when the database is out of reach."""
        try:
            return await self.start(function, *arguments)
        except OUT_OF_REACH:
            return otherwise

    def chore(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have something done that nobody waits for; if it fails, the sweep puts it right."""
        future = self.start(function, *arguments)
        self._chores.add(future)
        future.add_done_callback(self._chore_done)

    async def finish_chores(self) -> None:
        """Wait for all chores."""
        while self._chores:
            await asyncio.wait(self._chores)

    async def reconnect(self) -> None:
        """Close the connection; the next statement opens a new one."""
        await self.run(_close_connection)

    async def end(self) -> None:
        """Finish the chores, close the connection, end the thread."""
        await self.finish_chores()
        await self.reconnect()
        self._executor.shutdown(wait=False)

    def _chore_done(self, future: asyncio.Future[Any]) -> None:
        self._chores.discard(future)
        if not future.cancelled() and future.exception() is not None:
            log.warning("chore failed", error=type(future.exception()).__name__)


def _close_connection() -> None:
    """Close the connection of the thread this runs on; naming `connection.close` would name the caller's."""
    connection.close()
