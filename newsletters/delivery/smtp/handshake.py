"""The beginning of a connection: greeting, EHLO, TLS, login. Whatever goes wrong here concerns no recipient."""

from __future__ import annotations

import base64
import ssl
from typing import TYPE_CHECKING, Final

from newsletters.transport.messages import message_id_domain
from newsletters.transport.routes import ConnectionTrouble, Stage, enhanced_status

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

    from newsletters.delivery.smtp.wire import Reply, Wire
    from newsletters.transport.smtp import SmtpRoute

QUESTION: Final = 334
"""The server asks for the next part of a login (RFC 4954 §4)."""


class Handshake:
    """Speaks with the relay until it is ready to take mail."""

    def __init__(self, route: SmtpRoute, wire: Wire, expect: Callable[[Callable[[Reply], None]], None]) -> None:
        """`expect` is told who is to hear the next reply on the wire."""
        self.extensions: dict[str, str] = {}
        self._route = route
        self._wire = wire
        self._expect = expect
        self._pending: asyncio.Future[Reply] | None = None

    async def complete(self) -> dict[str, str]:
        """Greet, secure and log in; returns what the server offers, keyword and parameters.

        Raises:
            ConnectionTrouble: the relay refuses, or offers less than the route asks for.
            ssl.SSLError: no common protocol, or a certificate that does not hold.
        """
        greeting = self._answer()
        if self._route.security == "tls":
            await self._secure()
        _expect_positive(await greeting)
        await self._greet()
        if self._route.security == "starttls":
            if "STARTTLS" not in self.extensions:
                raise ConnectionTrouble(stage=Stage.CONNECT, reply="the relay offers no STARTTLS")
            _expect_positive(await self._ask("STARTTLS"))
            await self._secure()
            # What was offered in the clear counts for nothing (RFC 3207 §4.2).
            await self._greet()
        if self._route.username:
            await self._log_in()
        return self.extensions

    def fail(self, reason: str) -> None:
        """Tell whoever waits for an answer that none will come."""
        if self._pending is not None and not self._pending.done():
            self._pending.set_exception(ConnectionTrouble(stage=Stage.CONNECT, reply=reason))

    def forget(self) -> None:
        """Take note that nobody waits any more, so that a failure nobody fetched is no warning."""
        if self._pending is not None and self._pending.done() and not self._pending.cancelled():
            self._pending.exception()

    async def _secure(self) -> None:
        wire = self._open_wire()
        wire.start_tls(self._route.tls_context or ssl.create_default_context(), self._route.host)
        await wire.finish_tls()

    async def _greet(self) -> None:
        reply = await self._ask(f"EHLO {message_id_domain()}")
        self.extensions = {}
        if reply.is_positive:
            for line in reply.lines[1:]:
                keyword, _, rest = line.partition(" ")
                self.extensions[keyword.upper()] = rest
            return
        _expect_positive(await self._ask(f"HELO {message_id_domain()}"))

    async def _log_in(self) -> None:
        mechanisms = self.extensions.get("AUTH", "").upper().split()
        if "PLAIN" in mechanisms:
            login = f"\0{self._route.username}\0{self._route.password}"
            _expect_positive(await self._ask(f"AUTH PLAIN {_base64(login)}"))
        elif "LOGIN" in mechanisms:
            _expect_question(await self._ask("AUTH LOGIN"))
            _expect_question(await self._ask(_base64(self._route.username)))
            _expect_positive(await self._ask(_base64(self._route.password)))
        else:
            raise ConnectionTrouble(stage=Stage.CONNECT, reply="the relay offers neither AUTH PLAIN nor AUTH LOGIN")

    def _answer(self) -> asyncio.Future[Reply]:
        future: asyncio.Future[Reply] = self._wire.loop.create_future()
        self._pending = future
        self._expect(lambda reply: None if future.done() else future.set_result(reply))
        return future

    async def _ask(self, command: str) -> Reply:
        future = self._answer()
        self._open_wire().write(command.encode() + b"\r\n")
        return await future

    def _open_wire(self) -> Wire:
        if not self._wire.is_open:
            raise ConnectionTrouble(stage=Stage.CONNECT, reply="the server closed the connection")
        return self._wire


def trouble_words(error: BaseException) -> str:
    """Say to an operator why no connection came about."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the relay's certificate does not hold: {error.verify_message}"
    if isinstance(error, ssl.SSLError):
        return f"TLS failed: {error.reason or 'no common ground'}"
    if isinstance(error, TimeoutError):
        return "the relay does not answer"
    return getattr(error, "strerror", None) or str(error) or type(error).__name__


def _expect_positive(reply: Reply) -> None:
    if not reply.is_positive:
        raise _refused(reply)


def _expect_question(reply: Reply) -> None:
    if reply.code != QUESTION:
        raise _refused(reply)


def _refused(reply: Reply) -> ConnectionTrouble:
    return ConnectionTrouble(stage=Stage.CONNECT, code=reply.code, status=enhanced_status(reply.text), reply=reply.text)


def _base64(text: str) -> str:
    return base64.b64encode(text.encode()).decode()
