"""Reading the bounce mailbox over IMAP: each message once, from where the last reading ended.

A message counts as read when its row and the new place have been committed together, so a reader may be killed at any
moment; what it has read before is recognised by its octets even if the server renumbers everything. Nothing is
removed from the mailbox unless the setting says so, and then only what has been committed.
"""

from __future__ import annotations

import imaplib
import re
import ssl
import time
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

import structlog
from django.conf import settings
from django.db import transaction
from django.utils import timezone

from newsletters.delivery.models import KEPT_OCTETS, BounceMailbox
from newsletters.delivery.services.bounces import record_returned

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

TIMEOUT: Final = 30.0
"""Seconds that one answer of the server may take."""
BOX: Final = 200.0
"""Seconds that one reading may take in a worker; the next one goes on where it ended."""
_UID: Final = re.compile(rb"\bUID (\d+)")

log = structlog.get_logger(__name__)


class MailboxTroubleError(Exception):
    """The mailbox cannot be read; the message says what to look at and holds no password."""


@dataclass(slots=True)
class Reading:
    """What one reading did; `is_done` is False when its time was up first."""

    read: int = 0
    new: int = 0
    bounces: int = 0
    is_done: bool = True


@dataclass(frozen=True, slots=True)
class ImapMailbox:
    """Where bounces lie: `security` is tls, starttls or none; `removes` deletes what has been committed."""

    host: str
    port: int
    username: str
    password: str = field(repr=False)
    security: str = "tls"
    folder: str = "INBOX"
    removes: bool = False
    tls_context: ssl.SSLContext | None = None

    @property
    def source(self) -> str:
        """The mailbox's address without the password."""
        return f"imap://{self.username}@{self.host}:{self.port}/{self.folder}"[:300]

    @contextmanager
    def open(self) -> Iterator[imaplib.IMAP4]:
        """Connect, secure, log in and select the folder.

        Raises:
            MailboxTroubleError: one of these fails.
        """
        client: imaplib.IMAP4 | None = None
        context = self.tls_context or ssl.create_default_context()
        try:
            if self.security == "tls":
                client = imaplib.IMAP4_SSL(self.host, self.port, ssl_context=context, timeout=TIMEOUT)
            else:
                client = imaplib.IMAP4(self.host, self.port, timeout=TIMEOUT)
                if self.security == "starttls":
                    client.starttls(context)
            client.login(self.username, self.password)
            quoted = self.folder.replace("\\", "\\\\").replace('"', '\\"')
            answer, _ = client.select(f'"{quoted}"')
            if answer != "OK":
                raise MailboxTroubleError(f"There is no folder {self.folder!r} in the mailbox at {self.host}.")
            yield client
        except (imaplib.IMAP4.error, OSError) as error:
            words = f"{type(error).__name__} at {self.host}:{self.port}"
            raise MailboxTroubleError(f"The bounce mailbox cannot be read: {words}. Look at BOUNCE_IMAP.") from error
        finally:
            if client is not None:
                with suppress(imaplib.IMAP4.error, OSError):
                    client.logout()
                with suppress(OSError):
                    client.shutdown()


def configured_mailbox() -> ImapMailbox | None:
    """Return the mailbox of `settings.BOUNCE_IMAP`, or None where bounces are not read from one."""
    values: dict[str, Any] = settings.BOUNCE_IMAP
    return ImapMailbox(**values) if values else None


def read_mailbox(
    mailbox: ImapMailbox, *, box: float = BOX, progress: Callable[[int, int], None] | None = None
) -> Reading:
    """Read what has come since the last time, oldest first; `progress` is told how many of how many.

    Raises:
        MailboxTroubleError: with words for the operator; what was read before stays read.
    """
    reading, started = Reading(), time.monotonic()
    place, _ = BounceMailbox.objects.get_or_create(source=mailbox.source)
    with mailbox.open() as client:
        validity = _validity(client)
        if place.validity != validity:
            place.validity, place.last_uid = validity, 0
        uids = _new_uids(client, place.last_uid)
        for index, uid in enumerate(uids):
            if time.monotonic() - started > box:
                reading.is_done = False
                break
            _read_one(client, place, uid, reading)
            if mailbox.removes:
                client.uid("STORE", str(uid), "+FLAGS.SILENT", r"(\Deleted)")
            if progress is not None:
                progress(index + 1, len(uids))
        if mailbox.removes:
            client.expunge()
        place.read_at = timezone.now()
        place.save(update_fields=["validity", "last_uid", "read_at"])
    log.info("bounce mailbox read", read=reading.read, new=reading.new, bounces=reading.bounces)
    return reading


def _validity(client: imaplib.IMAP4) -> int:
    _, values = client.response("UIDVALIDITY")
    last = values[-1] if values else None
    return int(last) if isinstance(last, bytes) and last.isdigit() else 0


def _new_uids(client: imaplib.IMAP4, after: int) -> list[int]:
    _, answer = client.uid("SEARCH", "UID", f"{after + 1}:*")
    found = {int(number) for line in answer if isinstance(line, bytes) for number in line.split() if number.isdigit()}
    # "n:*" always holds the last message, also when its number is below n (RFC 9051 §6.4.9).
    return sorted(number for number in found if number > after)


def _read_one(client: imaplib.IMAP4, place: BounceMailbox, uid: int, reading: Reading) -> None:
    """Fetch one message without marking it as seen, and commit it together with the new place."""
    _, answer = client.uid("FETCH", str(uid), f"(UID BODY.PEEK[]<0.{KEPT_OCTETS}>)")
    raw = next((each[1] for each in answer if isinstance(each, tuple) and _is_about(each, answer, uid)), None)
    with transaction.atomic():
        if raw is not None:
            recorded = record_returned(raw=raw, at=timezone.now())
            reading.new += recorded.is_new
            reading.bounces += len(recorded.bounces)
        place.last_uid = uid
        place.save(update_fields=["validity", "last_uid"])
    reading.read += 1


def _is_about(part: tuple[bytes, bytes], answer: list[Any], uid: int) -> bool:
    """Whether a piece of an answer is the message asked for; servers may tell of others at any moment."""
    found = _UID.search(part[0]) or next(
        (m for each in answer if isinstance(each, bytes) and (m := _UID.search(each))), None
    )
    return found is None or int(found[1]) == uid
