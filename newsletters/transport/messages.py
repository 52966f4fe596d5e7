"""Building messages: multipart/alternative of text and HTML, both quoted-printable, with headers of our own writing.

Quoted-printable lines of the standard library's SMTP policy have 78 characters where RFC 2045 §6.7 allows 76; a
policy with `max_line_length` 76 mends that. Headers are written by `newsletters.transport.headers`.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from dataclasses import dataclass, field
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import EmailPolicy
from email.utils import format_datetime
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from uuid import uuid4

from django.conf import settings

from newsletters.transport.headers import (
    LINE,
    UnsafeHeader,
    encode_mailbox,
    encode_text,
    encode_verbatim,
    refuse_control_characters,
)
from newsletters.transport.signing import signed

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

_ADDRESSES = frozenset({"from", "to", "reply-to", "sender"})
_TEXT = frozenset({"subject"})
_STANDARD = frozenset({"content-type", "content-transfer-encoding", "mime-version"})


class MessagePolicy(EmailPolicy):
    """The standard library's SMTP policy with header lines written by `newsletters.transport.headers`."""

    def fold(self, name: str, value: Any) -> str:
        """One header, its lines ended with CRLF."""
        return self._line(name, value)

    def fold_binary(self, name: str, value: Any) -> bytes:
        """As `fold`; everything is ASCII by then."""
        return self._line(name, value).encode("ascii")

    def _line(self, name: str, value: Any) -> str:
        kind, used = name.lower(), len(name) + 2
        if kind in _STANDARD:
            return super().fold(name, value)
        if kind in _ADDRESSES:
            (mailbox,) = value.addresses
            encoded = encode_mailbox(name=mailbox.display_name, address=mailbox.addr_spec, used=used)
        elif kind in _TEXT:
            encoded = encode_text(str(value), used=used)
        else:
            encoded = encode_verbatim(str(value), used=used)
        gap = "" if encoded.startswith("\r\n") else " "
        return f"{name}:{gap}{encoded}\r\n"


# Lines end as RFC 5321 wants them; 76 keeps quoted-printable inside RFC 2045 §6.7.
POLICY = MessagePolicy(linesep="\r\n", max_line_length=LINE)


@dataclass(frozen=True, slots=True)
class Mailbox:
    """A name and an address, as they stand in From and To."""

    address: str
    name: str = ""

    def as_header(self) -> Address:
        """The standard library's form, which quotes and encodes the name.

        Raises:
            UnsafeHeader: a control character in the name or the address.
        """
        refuse_control_characters(self.name)
        refuse_control_characters(self.address)
        try:
            return Address(display_name=self.name, addr_spec=self.address)
        except (ValueError, IndexError) as error:
            raise UnsafeHeader("this is not an address that can stand in a header") from error


@dataclass(frozen=True, slots=True)
class ListHeaders:
    """What tells a mail program that this is a list, and how to leave it with one click."""

    list_id: str
    name: str
    unsubscribe_url: str


@dataclass(frozen=True, slots=True)
class Letter:
    """Everything a message is made from. `automatic` marks what nobody wrote by hand (RFC 3834)."""

    sender: Mailbox
    recipient: Mailbox
    subject: str
    text: str
    html: str
    date: datetime
    message_id: str = ""
    mailing_list: ListHeaders | None = None
    reply_to: Mailbox | None = None
    feedback_id: str = ""
    automatic: bool = False
    extra_headers: Mapping[str, str] = field(default_factory=dict)


def build_message(letter: Letter) -> EmailMessage:
    """Turn a letter into a message: multipart/alternative, text first, both parts quoted-printable.

    Raises:
        UnsafeHeader: a control character in a header value.
    """
    message = EmailMessage(policy=POLICY)
    message["From"] = letter.sender.as_header()
    message["To"] = letter.recipient.as_header()
    if letter.reply_to is not None:
        message["Reply-To"] = letter.reply_to.as_header()
    _add(message, "Subject", letter.subject)
    _add(message, "Date", format_datetime(letter.date))
    message_id = letter.message_id or f"<{uuid4().hex}@{message_id_domain()}>"
    _add(message, "Message-ID", message_id)
    for name, value in _marks(letter).items():
        _add(message, name, value)
    message.set_content(letter.text, subtype="plain", charset="utf-8", cte="quoted-printable")
    if letter.html:
        message.add_alternative(letter.html, subtype="html", charset="utf-8", cte="quoted-printable")
        for part in message.iter_parts():
            del part["MIME-Version"]  # belongs to the message (RFC 2045 §4)
        # The same letter gives the same bytes, so that a message sent again is the same message.
        message.set_boundary(f"=_{hashlib.sha256(message_id.encode()).hexdigest()[:32]}")
    return message


def encode_message(message: EmailMessage) -> bytes:
    """The bytes for the wire: ASCII only, CRLF line ends, no dot-stuffing (the route's business), signed if we sign."""
    return signed(message.as_bytes(policy=POLICY))


def list_headers(headers: ListHeaders) -> dict[str, str]:
    """List-Id (RFC 2919), List-Unsubscribe (RFC 2369) with one-click (RFC 8058 §3.1), Precedence.

    RFC 8058 wants an https address and, for the click to count, a DKIM signature over both headers, which is the
    relay's business.
    """
    name = re.sub(r'[<>"\\]', " ", headers.name).strip()
    return {
        "List-Id": f"{name} <{headers.list_id}>" if name.isascii() and name else f"<{headers.list_id}>",
        "List-Unsubscribe": f"<{headers.unsubscribe_url}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "Precedence": "bulk",
    }


def derived_message_id(*parts: str) -> str:
    """A Message-ID that is the same whenever the same message is built, and tells an outsider nothing.

    An HMAC of the parts under the first link key: a message sent twice after a crash is recognised as one message
    by whoever receives it (RFC 5322 §3.6.4).
    """
    secret = next(iter(settings.LINK_KEYS.values()))
    digest = hmac.digest(secret.encode(), b"courant message-id v1\0" + "\0".join(parts).encode(), hashlib.sha256)
    return f"<{digest[:18].hex()}@{message_id_domain()}>"


def message_id_domain() -> str:
    """The right side of Message-ID: the site's host name."""
    return urlsplit(settings.SITE_URL).hostname or "localhost"


def _marks(letter: Letter) -> dict[str, str]:
    marks = dict(letter.extra_headers)
    if letter.mailing_list is not None:
        marks |= list_headers(letter.mailing_list)
    if letter.feedback_id:
        marks["Feedback-ID"] = letter.feedback_id
    if letter.automatic:
        # RFC 3834 §5: no out-of-office answer to this. X-Auto-Response-Suppress says the same to Exchange.
        marks["Auto-Submitted"] = "auto-generated"
        marks["X-Auto-Response-Suppress"] = "All"
    return marks


def _add(message: EmailMessage, name: str, value: str) -> None:
    message[name] = refuse_control_characters(value)
