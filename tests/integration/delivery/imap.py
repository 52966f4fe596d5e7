"""An IMAP server that holds a few messages and does what a test tells it (RFC 9051, as much as a reader needs)."""

from __future__ import annotations

import contextlib
import re
import socket
import threading
from typing import Self


class ScriptedMailbox:
    """A mailbox with UIDs. `drop_after` closes the connection after so many fetches."""

    def __init__(self, *messages: bytes, validity: int = 7, password: str = "secret") -> None:  # noqa: S107 (invented)
        self.messages = dict(enumerate(messages, start=1))
        self.validity, self.password = validity, password
        self.drop_after: int | None = None
        self.fetched: list[int] = []
        self.log: list[str] = []
        self._doomed: set[int] = set()
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = self._listener.getsockname()[1]
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._thread.join(5)

    def add(self, message: bytes) -> None:
        self.messages[max(self.messages, default=0) + 1] = message

    def renumber(self, validity: int) -> None:
        """What a restored mailbox does: the same messages under other numbers."""
        self.validity = validity
        self.messages = dict(enumerate(self.messages.values(), start=1))

    def _serve(self) -> None:
        while True:
            try:
                sock, _ = self._listener.accept()
            except OSError:
                return
            with sock, contextlib.suppress(OSError):
                self._converse(sock)

    def _converse(self, sock: socket.socket) -> None:
        sock.sendall(b"* OK ready\r\n")
        file = sock.makefile("rb")
        fetches = 0
        while line := file.readline():
            tag, _, command = line.decode().strip().partition(" ")
            self.log.append(re.sub(r"(LOGIN \S+) .*", r"\1", command))
            if "FETCH" in command:
                fetches += 1
                if self.drop_after is not None and fetches > self.drop_after:
                    return
            lines, answer = self._answer(command)
            sock.sendall(b"".join(each + b"\r\n" for each in lines) + f"{tag} {answer}\r\n".encode())
            if command == "LOGOUT":
                return

    def _answer(self, command: str) -> tuple[list[bytes], str]:  # noqa: PLR0911 (one return a command)
        verb = command.upper()
        if verb == "CAPABILITY":
            return [b"* CAPABILITY IMAP4rev1"], "OK done"
        if verb.startswith("LOGIN"):
            return [], "OK in" if self.password in command else "NO wrong password"
        if verb.startswith("SELECT"):
            count = f"* {len(self.messages)} EXISTS".encode()
            return [count, f"* OK [UIDVALIDITY {self.validity}] UIDs valid".encode()], "OK [READ-WRITE] selected"
        if verb.startswith("UID SEARCH"):
            after = int(re.search(r"UID (\d+):", verb)[1])
            # As RFC 9051 has it: "n:*" holds the last message, whatever n is.
            found = [uid for uid in self.messages if uid >= after] or list(self.messages)[-1:]
            return [b"* SEARCH " + b" ".join(str(uid).encode() for uid in found)], "OK done"
        if verb.startswith("UID FETCH"):
            uid = int(verb.split()[2])
            return self._fetch(uid), "OK done"
        if verb.startswith("UID STORE"):
            self._doomed.add(int(verb.split()[2]))
            return [], "OK done"
        if verb == "EXPUNGE":
            for uid in self._doomed:
                del self.messages[uid]
            self._doomed.clear()
            return [], "OK done"
        return [b"* BYE bye"] if verb == "LOGOUT" else [], "OK"

    def _fetch(self, uid: int) -> list[bytes]:
        self.fetched.append(uid)
        raw = self.messages.get(uid)
        if raw is None:
            return []
        number = list(self.messages).index(uid) + 1
        # Servers tell of other messages at any moment.
        news = rb"* 1 FETCH (FLAGS (\Seen))"
        return [news, f"* {number} FETCH (UID {uid} BODY[]<0> {{{len(raw)}}}".encode() + b"\r\n" + raw + b")"]
