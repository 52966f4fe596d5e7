"""SMTP servers that do what a test tells them, and count what they took responsibility for."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from email import message_from_bytes
from typing import Self

CLOSE = "CLOSE"
"""A script's answer: close the connection without a word."""


@dataclass
class Talk:
    """One connection, as a script sees it."""

    number: int
    messages: int = 0
    """Messages accepted on this connection."""
    sender: str = ""
    recipients: list[str] = field(default_factory=list)


RESET = struct.pack("ii", 1, 0)
"""SO_LINGER that makes closing a reset, which throws away what is on the way."""

Script = Callable[[str, str, Talk], str | None]


class ScriptedServer:
    """Answers with what `script(stage, argument, talk)` returns; None means the usual answer.

    Stages: greeting, ehlo, starttls, auth, mail, rcpt, data, middle (after the first octets of a body), body, rset. A
    reply that ends in " CLOSE" closes the connection after it. A message counts as accepted when its 250 has been
    decided on, before that is sent; "ACCEPT" as the answer to a body takes it and closes without a word.
    """

    def __init__(  # noqa: PLR0913 (one argument a trait of the server)
        self,
        script: Script | None = None,
        *,
        pipelining: bool = True,
        delay: float = 0.0,
        extensions=(),
        tls: ssl.SSLContext | None = None,
        starttls: ssl.SSLContext | None = None,
        port: int = 0,
    ) -> None:
        self.script = script or (lambda *_: None)
        self.pipelining, self.delay, self.extensions, self.tls, self.starttls = (
            pipelining,
            delay,
            tuple(extensions),
            tls,
            starttls,
        )
        self.accepted: list[tuple[str, str, bytes]] = []
        self.log: list[str] = []
        self.talks = 0
        self._lock = threading.Lock()
        self._sockets: set[socket.socket] = set()
        self._listener = socket.create_server(("127.0.0.1", port), backlog=128)
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.shutdown(socket.SHUT_RDWR)
            sock.close()
        self._thread.join(5)

    def crash(self) -> None:
        """Break every connection at once, as a server does that is killed."""
        for sock in list(self._sockets):
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
                sock.shutdown(socket.SHUT_RDWR)

    @property
    def deliveries(self) -> Counter[str]:
        """How often each address got the message."""
        return Counter(recipient for _, recipient, _ in self.accepted)

    @property
    def message_ids(self) -> dict[str, str]:
        return {recipient: message_from_bytes(data)["Message-ID"] for _, recipient, data in self.accepted}

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            self._sockets.add(sock)
            with self._lock:
                self.talks += 1
                talk = Talk(self.talks)
            threading.Thread(target=self._converse, args=(sock, talk), daemon=True).start()

    def _converse(self, sock: socket.socket, talk: Talk) -> None:
        try:
            if self.tls is not None:
                sock = self.tls.wrap_socket(sock, server_side=True)
            self._sockets.add(sock)
            Talker(self, sock, talk).run()
        except (OSError, EOFError):
            pass
        finally:
            self._sockets.discard(sock)
            with contextlib.suppress(OSError):
                sock.close()


class Talker:
    """Speaks SMTP on one connection."""

    def __init__(self, server: ScriptedServer, sock: socket.socket, talk: Talk) -> None:
        self.server, self.sock, self.talk = server, sock, talk
        self.file = sock.makefile("rb")

    def run(self) -> None:
        if not self.answer("greeting", "", "220 test ESMTP"):
            return
        while line := self.file.readline():
            verb, _, argument = line.decode().rstrip("\r\n").partition(" ")
            self.server.log.append(line.decode().rstrip("\r\n"))
            if self.server.delay:
                time.sleep(self.server.delay)
            if not getattr(self, f"do_{verb.lower()}", self.do_unknown)(argument):
                return

    def do_ehlo(self, argument: str) -> bool:
        lines = ["test", *self.server.extensions]
        if self.server.pipelining:
            lines.append("PIPELINING")
        if self.server.starttls is not None and not isinstance(self.sock, ssl.SSLSocket):
            lines.append("STARTTLS")
        usual = "\r\n".join(f"250{'-' if index < len(lines) - 1 else ' '}{line}" for index, line in enumerate(lines))
        return self.answer("ehlo", argument, usual)

    def do_helo(self, argument: str) -> bool:
        return self.answer("helo", argument, "250 test")

    def do_starttls(self, argument: str) -> bool:
        reply = self.server.script("starttls", argument, self.talk)
        if reply is not None:
            return self.say(reply)
        self.sock.sendall(b"220 go ahead\r\n")
        self.sock = self.server.starttls.wrap_socket(self.sock, server_side=True)
        self.server._sockets.add(self.sock)
        self.file = self.sock.makefile("rb")
        return True

    def do_auth(self, argument: str) -> bool:
        return self.answer("auth", argument, "235 welcome")

    def do_mail(self, argument: str) -> bool:
        if self.talk.sender:
            self.sock.sendall(b"503 nested MAIL\r\n")
            return True
        sender = argument.partition("<")[2].partition(">")[0]
        reply = self.server.script("mail", argument, self.talk)
        if reply is None:
            self.talk.sender, self.talk.recipients = sender, []
        return self.say(reply or "250 sender ok")

    def do_rcpt(self, argument: str) -> bool:
        recipient = argument.partition("<")[2].partition(">")[0]
        if not self.talk.sender:
            self.sock.sendall(b"503 MAIL first\r\n")
            return True
        reply = self.server.script("rcpt", recipient, self.talk)
        if reply is None:
            self.talk.recipients.append(recipient)
        return self.say(reply or "250 recipient ok")

    def do_data(self, _: str) -> bool:
        if not self.talk.recipients:
            reply = self.server.script("data", "", self.talk)
            if reply is None or not reply.startswith("354"):
                return self.say(reply or "554 5.5.1 no valid recipients")
            self.sock.sendall(b"354 go on anyway\r\n")
            self.read_body()
            self.talk.sender = ""
            return self.say("554 5.5.1 nobody to send to")
        reply = self.server.script("data", self.talk.recipients[0], self.talk)
        if reply is not None and not reply.startswith("354"):
            return self.say(reply)
        self.sock.sendall(b"354 go on\r\n")
        recipient = self.talk.recipients[0]
        if self.server.script("middle", recipient, self.talk) == CLOSE:
            self.file.read(10)
            # A reset, so that what is on the way is lost as it is when a cable is cut.
            self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            return False
        data = self.read_body()
        reply = self.server.script("body", recipient, self.talk)
        if reply is None or reply.startswith(("250", "ACCEPT")):
            with self.server._lock:
                self.server.accepted.append((self.talk.sender, recipient, data))
            self.talk.messages += 1
        self.talk.sender = ""
        if reply is not None and reply.startswith("ACCEPT"):
            reply = CLOSE
        return self.say(reply or "250 2.0.0 queued")

    def read_body(self) -> bytes:
        lines = []
        while (line := self.file.readline()) != b".\r\n":
            if not line:
                raise EOFError
            lines.append(line)
        return b"".join(lines)

    def do_rset(self, _: str) -> bool:
        self.talk.sender, self.talk.recipients = "", []
        return self.say("250 ok")

    def do_quit(self, _: str) -> bool:
        self.say("221 bye")
        return False

    def do_unknown(self, _: str) -> bool:
        return self.say("500 what?")

    def answer(self, stage: str, argument: str, usual: str) -> bool:
        return self.say(self.server.script(stage, argument, self.talk) or usual)

    def say(self, reply: str) -> bool:
        """Send a reply; whether the connection goes on."""
        text = reply.partition(CLOSE)[0]
        if text.strip():
            self.sock.sendall(text.strip().encode() + b"\r\n")
        return CLOSE not in reply
