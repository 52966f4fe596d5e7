"""Where mail is kept: one .eml file a message, named by time, readable by any mail program.

The envelope is written above the message the way a mail server does it on delivery (RFC 5321 §4.4): Return-Path, one
Delivered-To a recipient, and a Received line, which ends what we added; below it the message is kept to the byte.
"""

from __future__ import annotations

import email
import email.policy
import itertools
import os
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from email.message import EmailMessage

NAME_FORMAT = "%Y%m%dT%H%M%S.%f"
NAME = re.compile(r"[0-9T.]+-[0-9]+")
# An envelope of 100 recipients with long addresses fits; one that does not is read whole.
HEAD_BYTES = 16 * 1024
_numbers = itertools.count()


@dataclass(frozen=True)
class Envelope:
    """What was said in SMTP, which a message's own headers need not repeat."""

    sender: str
    recipients: tuple[str, ...]


class StoredMessage:
    """A message in the mailbox."""

    def __init__(self, path: Path) -> None:
        """Name the file; it is read when something of it is asked for."""
        self.path = path

    @property
    def name(self) -> str:
        """The name that identifies it, sorted by time."""
        return self.path.stem

    @property
    def received_at(self) -> datetime:
        """When it arrived, to the microsecond."""
        return datetime.strptime(self.name.rpartition("-")[0], NAME_FORMAT).replace(tzinfo=UTC)

    @cached_property
    def envelope(self) -> Envelope:
        """Sender and recipients as they were said in SMTP."""
        with self.path.open("rb") as file:
            head = file.read(HEAD_BYTES)
        if b"\r\nReceived: " not in head:
            head = self.path.read_bytes()
        sender, recipients = "", []
        for line in head.split(b"\r\n"):
            key, _, value = line.partition(b": ")
            if key == b"Received":
                break
            text = value.decode(errors="replace")
            if key == b"Return-Path":
                sender = text.strip("<>")
            else:
                recipients.append(text)
        return Envelope(sender, tuple(recipients))

    @cached_property
    def raw(self) -> bytes:
        """The message as it was received, without our envelope."""
        content = self.path.read_bytes()
        received = content.find(b"\r\nReceived: ")
        return content[content.find(b"\r\n", received + 2) + 2 :]

    @cached_property
    def parsed(self) -> EmailMessage:
        """The message, parsed."""
        message: EmailMessage = email.message_from_bytes(self.raw, policy=email.policy.default)
        return message

    @property
    def subject(self) -> str:
        """The subject, decoded."""
        return str(self.parsed.get("Subject", ""))

    @property
    def html(self) -> str:
        """The HTML part, or nothing."""
        return self._body("html")

    @property
    def text(self) -> str:
        """The plain-text part, or nothing."""
        return self._body("plain")

    def _body(self, kind: str) -> str:
        part = self.parsed.get_body(preferencelist=(kind,))
        try:
            return "" if part is None else str(part.get_content())
        except (LookupError, ValueError):  # a charset nobody knows; the source shows it
            return ""


class Mailbox:
    """The messages under a folder, newest first. No index: a file's name says when it came."""

    def __init__(self, root: Path) -> None:
        """Name the folder; it need not exist yet."""
        self.root = Path(root)

    def keep(self, *, sender: str, recipients: Sequence[str], content: bytes, client: str = "localhost") -> str:
        """Keep a message and return its name. It is there as a whole or not at all."""
        now = datetime.now(UTC)
        name = f"{now.strftime(NAME_FORMAT)}-{os.getpid():07d}{next(_numbers) % 1_000_000:06d}"
        lines = [f"Return-Path: <{sender}>", *(f"Delivered-To: {recipient}" for recipient in recipients)]
        lines.append(f"Received: from {client} by mailbox with ESMTP id {name}; {format_datetime(now)}\r\n")
        draft = f"{self.root}/.{name}"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        try:
            _write(descriptor, "\r\n".join(lines).encode(errors="surrogateescape") + content)
        except OSError:
            Path(draft).unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        Path(draft).rename(f"{self.root}/{name}.eml")
        return name

    def names(self) -> list[str]:
        """Return the names of all messages, newest first."""
        try:
            with os.scandir(self.root) as entries:
                names = [entry.name[:-4] for entry in entries if entry.name.endswith(".eml")]
        except FileNotFoundError:
            return []
        return sorted(names, reverse=True)

    def messages(self, *, recipient: str = "") -> Iterator[StoredMessage]:
        """Yield messages, newest first; with `recipient` those whose envelope has it in an address."""
        wanted = recipient.strip().lower()
        for name in self.names():
            message = StoredMessage(self.root / f"{name}.eml")
            try:
                if not wanted or any(wanted in address.lower() for address in message.envelope.recipients):
                    yield message
            except FileNotFoundError:  # deleted meanwhile
                continue

    def find(self, name: str) -> StoredMessage | None:
        """Return one message, or None if it is not there (any more)."""
        path = self.root / f"{name}.eml"
        return StoredMessage(path) if NAME.fullmatch(name) and path.is_file() else None

    def delete_all(self) -> int:
        """Delete every message and return how many there were."""
        names = self.names()
        for name in names:
            (self.root / f"{name}.eml").unlink(missing_ok=True)
        return len(names)


def _write(descriptor: int, content: bytes) -> None:
    view = memoryview(content)
    while view:
        view = view[os.write(descriptor, view) :]
