"""The receiving side of SMTP (RFC 5321), as much of it as a sender on this machine can meet.

With PIPELINING (RFC 2920): replies are gathered while commands are waiting and sent in one write. With SIZE (RFC 1870),
8BITMIME (RFC 6152) and SMTPUTF8 (RFC 6531). Lines end with CRLF only; a lone LF is content, never an end of data.
"""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

from courant.mailbox.behaviour import Behaviour, read_behaviour

if TYPE_CHECKING:
    from collections.abc import Callable

    from courant.mailbox.storage import Mailbox

MAXIMUM_MESSAGE = 50 * 1024 * 1024
# RFC 5321 §4.5.3.1.4 asks for 512 at least; extensions add to it.
MAXIMUM_LINE = 4096
MAXIMUM_RECIPIENTS = 1000
# A client that says nothing for so long has gone (RFC 5321 §4.5.3.2.7).
SECONDS_OF_SILENCE = 300.0
END_OF_DATA = b"\r\n.\r\n"
PATH = re.compile(r"^(?P<verb>FROM|TO):\s*<(?P<address>[^<>]*)>(?P<options>.*)$", re.IGNORECASE)


class SMTPSession:
    """One connection."""

    def __init__(self, *, mailbox: Mailbox, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Take over a connection that was just opened."""
        self._mailbox = mailbox
        self._reader = reader
        self._writer = writer
        self._buffer = bytearray()
        self._replies: list[bytes] = []
        self._client = ""
        self._open = True
        self._behaviour = Behaviour()
        self._sender: str | None = None
        self._recipients: list[str] = []
        self._commands: dict[str, Callable[[str], None]] = {
            "EHLO": self._ehlo,
            "HELO": self._helo,
            "MAIL": self._mail,
            "RCPT": self._rcpt,
            "RSET": self._rset,
            "NOOP": lambda _rest: self._reply(250, "2.0.0 OK"),
            "VRFY": lambda _rest: self._reply(252, "2.5.0 Cannot verify, but will take the message"),
            "HELP": lambda _rest: self._reply(214, "2.0.0 See RFC 5321"),
            "QUIT": self._quit,
        }

    async def serve(self) -> None:
        """Talk until the client leaves."""
        try:
            self._behaviour = read_behaviour(self._mailbox.root)
            self._reply(220, "mailbox ESMTP")
            while self._open:
                await self._serve_line()
            await self._flush()
        except (ConnectionError, TimeoutError, asyncio.IncompleteReadError):
            pass
        finally:
            self._writer.close()

    async def _serve_line(self) -> None:
        line = await self._take(b"\r\n", MAXIMUM_LINE)
        if line is None:
            self._reply(500, "5.5.2 Line too long")
            return
        word, _, rest = line.decode(errors="surrogateescape").partition(" ")
        verb = word.upper()
        if verb == "DATA":
            await self._data()
        elif verb in self._commands:
            self._commands[verb](rest.strip())
        else:
            self._reply(500, "5.5.1 Command not known")

    def _ehlo(self, rest: str) -> None:
        self._client = rest
        self._reset()
        lines = ["mailbox", "PIPELINING", f"SIZE {MAXIMUM_MESSAGE}", "8BITMIME", "SMTPUTF8", "ENHANCEDSTATUSCODES"]
        self._replies.extend(f"250-{line}\r\n".encode(errors="replace") for line in lines[:-1])
        self._reply(250, lines[-1])

    def _helo(self, rest: str) -> None:
        self._client = rest
        self._reset()
        self._reply(250, "mailbox")

    def _mail(self, rest: str) -> None:
        path = PATH.match(rest)
        if self._sender is not None:
            self._reply(503, "5.5.1 There is a sender already")
        elif path is None or path["verb"].upper() != "FROM":
            self._reply(501, "5.5.4 MAIL FROM:<address>")
        elif (size := re.search(r"\bSIZE=(\d+)", path["options"], re.IGNORECASE)) and int(size[1]) > MAXIMUM_MESSAGE:
            self._reply(552, "5.3.4 Message too big")
        else:
            self._sender = path["address"]
            self._behaviour = read_behaviour(self._mailbox.root)
            self._reply(250, "2.1.0 OK")

    def _rcpt(self, rest: str) -> None:
        path = PATH.match(rest)
        if self._sender is None:
            self._reply(503, "5.5.1 MAIL first")
        elif path is None or path["verb"].upper() != "TO" or not path["address"]:
            self._reply(501, "5.5.4 RCPT TO:<address>")
        elif len(self._recipients) >= MAXIMUM_RECIPIENTS:
            self._reply(452, "4.5.3 Too many recipients")
        elif code := self._behaviour.refusal(path["address"]):
            self._reply(code, f"{code // 100}.1.1 Refused, as the mailbox was told to")
            self._open = code != 421  # noqa: PLR2004 (RFC 5321 §3.8: the server closes)
        else:
            self._recipients.append(path["address"])
            self._reply(250, "2.1.5 OK")

    def _rset(self, _rest: str) -> None:
        self._reset()
        self._reply(250, "2.0.0 OK")

    def _quit(self, _rest: str) -> None:
        self._reply(221, "2.0.0 Bye")
        self._open = False

    async def _data(self) -> None:
        if not self._recipients:
            self._reply(503 if self._sender is None else 554, "5.5.1 No valid recipients")
            return
        self._reply(354, "End with a line that holds a dot alone")
        # So that a first line with a dot alone ends an empty message too.
        self._buffer[:0] = b"\r\n"
        content = await self._take(END_OF_DATA, MAXIMUM_MESSAGE)
        if content is None:
            self._reply(552, "5.3.4 Message too big")
        else:
            await self._keep(content)
        self._reset()

    async def _keep(self, content: bytes) -> None:
        # The CRLF before the first line is ours, the one before the dot is the message's; RFC 5321 §4.5.2 unstuffs.
        message = (content + b"\r\n").replace(b"\r\n..", b"\r\n.")[2:]
        behaviour = self._behaviour
        if behaviour.delay:
            await self._flush()
            await asyncio.sleep(behaviour.delay)
        try:
            client = self._client or "unknown"
            name = self._mailbox.keep(
                sender=self._sender or "", recipients=self._recipients, content=message, client=client
            )
        except OSError as error:
            self._reply(452, f"4.3.1 Cannot keep the message: {error.strerror}")
            return
        if behaviour.hangs_up_on(self._recipients):
            await self._flush()
            self._writer.transport.abort()
            raise ConnectionAbortedError
        self._reply(250, f"2.0.0 Kept as {name}")

    async def _take(self, end: bytes, maximum: int) -> bytes | None:
        """Return what comes before `end`, which is taken too; None if that is too much (it is skipped)."""
        searched, too_much = 0, False
        while (found := self._buffer.find(end, searched)) < 0:
            if len(self._buffer) > maximum:
                del self._buffer[: 1 - len(end)]
                too_much = True
            searched = max(0, len(self._buffer) - len(end) + 1)
            await self._flush()
            chunk = await asyncio.wait_for(self._reader.read(262_144), SECONDS_OF_SILENCE)
            if not chunk:
                raise ConnectionResetError
            self._buffer += chunk
        taken = None if too_much or found > maximum else bytes(self._buffer[:found])
        del self._buffer[: found + len(end)]
        return taken

    def _reset(self) -> None:
        self._sender = None
        self._recipients = []

    def _reply(self, code: int, text: str) -> None:
        self._replies.append(f"{code} {text}\r\n".encode(errors="replace"))

    async def _flush(self) -> None:
        if self._replies:
            self._writer.write(b"".join(self._replies))
            self._replies.clear()
            await self._writer.drain()
