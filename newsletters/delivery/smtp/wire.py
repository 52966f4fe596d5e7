"""A non-blocking socket that knows how much of what it was given has left the machine.

asyncio's own transports hide that, and it decides what a lost connection means: a message whose end never left us
cannot have been accepted; one whose end did may have been.
"""

from __future__ import annotations

import fcntl
import socket
import ssl
import struct
import sys
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    import asyncio
    from collections.abc import Callable

READ_SIZE: Final = 65_536
LONGEST_REPLY: Final = 65_536
"""Octets of one reply, all lines together; whatever is longer is no mail server."""
SEND_BUFFER: Final = 212_992
"""Octets the kernel is asked to keep for a connection, so that a message goes over in one call."""
SIOCOUTQNSD: Final = 0x894B
"""Linux: how many octets of a connection have not been sent even once."""


class Reply(NamedTuple):
    """An SMTP reply: its code, and the text of all its lines."""

    code: int
    text: str
    lines: tuple[str, ...] = ()

    @property
    def is_positive(self) -> bool:
        """Whether it is a 2xx."""
        return 200 <= self.code < 300  # noqa: PLR2004 (RFC 5321 §4.2.1)


class Wire:
    """One connection: `queued` and `sent` count octets since it was opened; replies and the end come by callback.

    When it is over, `left` says how many of the octets have left the machine; under TLS rather too many than too few.
    """

    def __init__(
        self,
        loop: asyncio.AbstractEventLoop,
        sock: socket.socket,
        *,
        on_reply: Callable[[Reply], None],
        on_lost: Callable[[str], None],
    ) -> None:
        """Take over a connected, non-blocking socket."""
        self.loop = loop
        self.sock = sock
        self.queued = 0
        self.sent = 0
        self.left = 0
        self.is_open = True
        self._on_reply = on_reply
        self._on_lost = on_lost
        self._out: list[memoryview] = []
        self._in = b""
        self._lines: list[str] = []
        self._code = 0
        self._read_waits_for_write = False
        loop.add_reader(sock, self._readable)

    def write(self, *pieces: bytes) -> None:
        """Send at once what the kernel takes and keep the rest; harmless on a closed wire."""
        if not self.is_open:
            return
        self.queued += sum(map(len, pieces))
        waiting = bool(self._out)
        self._out.extend(memoryview(piece) for piece in pieces)
        if not waiting:
            self._flush()

    def start_tls(self, context: ssl.SSLContext, host: str) -> None:
        """Put TLS over the socket; `finish_tls` completes the handshake.

        Raises:
            ConnectionError: the server sent something in the clear behind its answer (an injected command).
        """
        if self._in:
            raise ConnectionError("the server spoke before TLS was on")
        self.loop.remove_reader(self.sock)
        self.sock = context.wrap_socket(self.sock, server_hostname=host, do_handshake_on_connect=False)
        self.sock.setblocking(False)

    async def finish_tls(self) -> None:
        """Shake hands.

        Raises:
            ssl.SSLError: no common protocol, or a certificate that does not hold.
        """
        sock = self.sock
        if not isinstance(sock, ssl.SSLSocket):
            raise TypeError("start_tls comes first")
        while True:
            try:
                sock.do_handshake()
            except ssl.SSLWantReadError:
                await _ready(self.loop, self.loop.add_reader, self.loop.remove_reader, sock)
            except ssl.SSLWantWriteError:
                await _ready(self.loop, self.loop.add_writer, self.loop.remove_writer, sock)
            else:
                break
        self.loop.add_reader(self.sock, self._readable)
        self._readable()

    def close(self) -> None:
        """Close without a word to anybody; what was not sent stays unsent."""
        if not self.is_open:
            return
        self.is_open = False
        self.left = self.sent - self._unsent()
        self.loop.remove_reader(self.sock)
        self.loop.remove_writer(self.sock)
        self.sock.close()

    def lose(self, reason: str) -> None:
        """Close and tell the owner why."""
        if self.is_open:
            self.close()
            self._on_lost(reason)

    def _unsent(self) -> int:
        """Return how many octets the kernel has taken and not sent even once."""
        if not sys.platform.startswith("linux"):
            return 0
        try:
            (unsent,) = struct.unpack("i", fcntl.ioctl(self.sock, SIOCOUTQNSD, b"\0\0\0\0"))
        except OSError:
            return 0
        # A record of TLS is longer than what it carries, by at most a kibibyte a send of ours.
        return max(0, int(unsent) - (1_024 + unsent // 64 if isinstance(self.sock, ssl.SSLSocket) else 0))

    def _flush(self) -> None:
        try:
            while self._out:
                sent = self._send()
                self.sent += sent
                while self._out and sent >= len(self._out[0]):
                    sent -= len(self._out.pop(0))
                if sent:
                    self._out[0] = self._out[0][sent:]
        except (BlockingIOError, ssl.SSLWantWriteError, ssl.SSLWantReadError):
            self.loop.add_writer(self.sock, self._writable)
            return
        except OSError as error:
            # Answers that have arrived already are worth more than the error: they are read first.
            self._out.clear()
            self.loop.call_soon(self._fail, error)
            return
        self.loop.remove_writer(self.sock)

    def _send(self) -> int:
        if isinstance(self.sock, ssl.SSLSocket):
            return self.sock.send(self._out[0])
        return self.sock.sendmsg(self._out[:8])

    def _writable(self) -> None:
        if self._read_waits_for_write:
            self._read_waits_for_write = False
            self._readable()
        if self.is_open:
            self._flush()

    def _fail(self, error: OSError) -> None:
        self._readable()
        self.lose(_words(error))

    def _readable(self) -> None:
        while self.is_open:
            try:
                data = self.sock.recv(READ_SIZE)
            except (BlockingIOError, ssl.SSLWantReadError):
                return
            except ssl.SSLWantWriteError:
                self._read_waits_for_write = True
                self.loop.add_writer(self.sock, self._writable)
                return
            except OSError as error:
                self.lose(_words(error))
                return
            if not data:
                self.lose("the server closed the connection")
                return
            self._feed(data)
            if len(data) < READ_SIZE and not isinstance(self.sock, ssl.SSLSocket):
                return

    def _feed(self, data: bytes) -> None:
        *lines, self._in = (self._in + data).split(b"\n")
        if len(self._in) > LONGEST_REPLY or len(self._lines) > LONGEST_REPLY // 8:
            self.lose("the server's answer does not end")
            return
        for raw in lines:
            code, mark = raw[:3], raw[3:4]
            if not code.isdigit() or mark not in (b" ", b"-", b"\r", b""):
                self.lose("the server does not speak SMTP")
                return
            text = raw[4:].rstrip(b"\r").decode("utf-8", "replace")
            if mark == b"-":
                self._lines.append(text)
                continue
            if self._lines:
                self._lines.append(text)
                reply = Reply(int(code), " ".join(self._lines), tuple(self._lines))
                self._lines.clear()
            else:
                reply = Reply(int(code), text, (text,))
            self._on_reply(reply)
            if not self.is_open:
                return


async def connect(loop: asyncio.AbstractEventLoop, host: str, port: int) -> socket.socket:
    """Return a connected socket to the first address of the host that answers.

    Raises:
        OSError: nobody does.
    """
    failure: OSError | None = None
    for family, kind, protocol, _, address in await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM):
        sock = socket.socket(family, kind, protocol)
        try:
            sock.setblocking(False)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BUFFER)
            await loop.sock_connect(sock, address)
        except OSError as error:
            sock.close()
            failure = error
        except BaseException:
            sock.close()
            raise
        else:
            return sock
    raise failure or OSError(f"no address for {host}")


async def _ready(
    loop: asyncio.AbstractEventLoop,
    add: Callable[..., None],
    remove: Callable[[socket.socket], bool],
    sock: socket.socket,
) -> None:
    future: asyncio.Future[None] = loop.create_future()

    def settle() -> None:
        if not future.done():
            future.set_result(None)

    add(sock, settle)
    try:
        await future
    finally:
        remove(sock)


def _words(error: OSError) -> str:
    return error.strerror or type(error).__name__
