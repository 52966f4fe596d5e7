"""Asks outside addresses whether they answer: only when an editor wants to know, and never for long.

Each address gets one HEAD, and a GET where HEAD is not understood; all together get a deadline, after which the rest
counts as unknown. Addresses in private networks are not asked, so that a link cannot make this server look around.
"""

from __future__ import annotations

import ipaddress
import socket
import time
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterable

SECONDS_EACH: Final = 5.0
SECONDS_IN_ALL: Final = 20.0
AT_ONCE: Final = 8
USER_AGENT: Final = "Courant link check"
_TRY_GET: Final = frozenset({400, 403, 404, 405, 406, 410, 500, 501, 503})


def outside_answers(
    urls: Iterable[str], *, allow_private: bool = False, seconds: float = SECONDS_IN_ALL
) -> dict[str, str]:
    """Return what is wrong with each address in words, "" for one that answers; redirects count as an answer."""
    wanted = sorted(set(urls))
    round_ = _Round(time.monotonic() + seconds, allow_private=allow_private)
    pool = ThreadPoolExecutor(max_workers=AT_ONCE, thread_name_prefix="link-check")
    futures = {pool.submit(round_.ask, url): url for url in wanted}
    done, _ = wait(futures, timeout=seconds)
    pool.shutdown(wait=False, cancel_futures=True)
    round_.hang_up()
    answers = dict.fromkeys(wanted, f"did not answer within {seconds:g} s; open it yourself")
    answers.update({futures[future]: future.result() for future in done})
    return answers


class _Round:
    """One round of questions with its deadline and its open connections."""

    def __init__(self, deadline: float, *, allow_private: bool) -> None:
        self.deadline = deadline
        self.allow_private = allow_private
        self._connections: set[HTTPConnection] = set()

    def hang_up(self) -> None:
        """Close what is still open, so that a host which sends a byte now and then holds no thread."""
        for connection in tuple(self._connections):
            if connection.sock is not None:
                with suppress(OSError):
                    connection.sock.shutdown(socket.SHUT_RDWR)

    def ask(self, url: str) -> str:
        """What is wrong with the address, in words; "" when it answers."""
        parts = urlsplit(url)
        try:
            address = self._address(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))
            if not address:
                return "leads into a private network; use a public address"
            status = self._status(url, address, "HEAD")
            if status in _TRY_GET:
                status = self._status(url, address, "GET")
        except TimeoutError:
            return f"did not answer within {SECONDS_EACH:g} s; open it yourself"
        except (OSError, HTTPException, ValueError):
            return "cannot be reached; check the address"
        if status in {401, 403, 429}:
            return f"answers {status}, perhaps only to programs; open it yourself"
        return f"answers {status}; check the address" if status >= 400 else ""  # noqa: PLR2004 (RFC 9110 §15.5)

    def _address(self, host: str, port: int) -> str:
        """The first public address of a host; "" when all are private. It is what gets asked, so it cannot change."""
        for *_, sockaddr in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM):
            found = str(sockaddr[0]).partition("%")[0]
            if self.allow_private or ipaddress.ip_address(found).is_global:
                return found
        return ""

    def _status(self, url: str, address: str, method: str) -> int:
        parts = urlsplit(url)
        timeout = min(SECONDS_EACH, self.deadline - time.monotonic())
        if timeout <= 0:
            raise TimeoutError
        kind = HTTPSConnection if parts.scheme == "https" else HTTPConnection
        connection = kind(parts.hostname or "", parts.port, timeout=timeout)
        # The checked address, not the name again: what a name says may change between two questions.
        connection._create_connection = lambda _, *args: socket.create_connection((address, connection.port), *args)  # type: ignore[attr-defined] # noqa: SLF001 (the class's own hook)
        self._connections.add(connection)
        try:
            target = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
            connection.request(method, target, headers={"User-Agent": USER_AGENT, "Accept": "*/*"})
            return connection.getresponse().status
        finally:
            self._connections.discard(connection)
            connection.close()
