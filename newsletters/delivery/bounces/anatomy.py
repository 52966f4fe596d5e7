"""Taking a foreign message apart without ever raising: its text, its headers, the message it returns."""

from __future__ import annotations

import email
import email.header
import html
import re
from email.message import Message
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

ADDRESS: Final = re.compile(
    r"(?:mailto:)?((?:\"[^\"\r\n@]{1,62}\"|[\w.!#$%&'*+/=?^`{|}~-]{1,64})@[\w-]+(?:\.[\w-]+)*)",
    re.UNICODE | re.IGNORECASE,
)
"""An address in free text; international ones included (RFC 6531)."""

_RETURNED: Final = ("message/rfc822", "message/global", "text/rfc822-headers", "message/rfc822-headers",
                    "message/global-headers", "message/partial")  # fmt: skip
_TAGS: Final = re.compile(r"<(?:style|script)\b.*?</(?:style|script)\s*>|<!--.*?-->", re.IGNORECASE | re.DOTALL)
_BREAKS: Final = re.compile(r"<(?:br|/p|/div|/tr|/h\d|/li)\b[^>]*>", re.IGNORECASE)
_TAG: Final = re.compile(r"</?[a-zA-Z!][^<>@]*>")
# Where the text of a report ends and what it returns begins, when both stand in one part.
_ORIGINAL: Final = re.compile(
    r"^(?:[-=*_ ]{2,}.{0,20}(?:original|returned|copy of|below this line|header of|begin|undelivered|unsent|message "
    r"headers|message text|weitergeleitet|ursprüngliche nachricht|mensaje original|message d.origine)[^\n]*|"
    r"(?:> ?)?received: (?:from|by)|"
    r"(?:> ?)?return-path: ?<|"
    r"original message (?:headers|follows|header)[^\n]*|the original message (?:follows|headers)[^\n]*:?$|"
    r"ursprüngliche nachrichtenkopfzeilen:?|en-têtes de message d.origine[^\n]*|message headers follow[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)


def parts_of(message: Message) -> Iterator[Message]:
    """Yield a message's parts, but not those of the message it returns; a forwarded report is looked into."""
    yield message
    payload = message.get_payload()
    if not message.is_multipart() or not isinstance(payload, list):
        return
    for part in payload:
        if not isinstance(part, Message):
            continue
        if part.get_content_type() in _RETURNED and not _is_forwarded_report(part):
            yield part
        else:
            yield from parts_of(part)


def original_of(message: Message) -> Message | None:
    """Return the message that a report is about, or its headers, as far as the report carries them."""
    for part in parts_of(message):
        kind = part.get_content_type()
        if kind not in _RETURNED or part is message:
            continue
        payload = part.get_payload()
        if isinstance(payload, list) and payload and isinstance(payload[0], Message):
            if payload[0].keys():
                return payload[0]
        else:
            return email.message_from_string(decoded(part).lstrip())
    text = text_of(message, whole=True)
    found = _ORIGINAL.search(text)
    if found is None:
        return None
    rest = text[found.start() :]
    start = re.search(
        r"^(?:> ?)?(received|return-path|from|to|message-id|date|subject):", rest, re.IGNORECASE | re.MULTILINE
    )
    return email.message_from_string(re.sub(r"^> ?", "", rest[start.start() :], flags=re.MULTILINE)) if start else None


def text_of(message: Message, *, whole: bool = False) -> str:
    """Return what a report says in words: its readable parts, without the original unless `whole`."""
    plain: list[str] = []
    marked_up: list[str] = []
    for part in parts_of(message):
        kind = part.get_content_type()
        if kind in _RETURNED:
            break
        if part.get_content_maintype() != "text" or part.is_multipart():
            continue
        (marked_up if part.get_content_subtype() == "html" else plain).append(decoded(part))
    text = "\n".join(plain) if any(each.strip() for each in plain) else "\n".join(map(strip_tags, marked_up))
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\xa0", " ")
    return text if whole else _ORIGINAL.split(text, maxsplit=1)[0]


def strip_tags(markup: str) -> str:
    """Return the words of HTML; an address in angle brackets stays."""
    text = _BREAKS.sub("\n", _TAGS.sub(" ", markup))
    return html.unescape(_TAG.sub(" ", text))


def decoded(part: Message) -> str:
    """Return a part's text, whatever its transfer encoding and character set; nothing is too broken to be read."""
    payload = part.get_payload(decode=True)
    if not isinstance(payload, bytes):
        inner = part.get_payload()
        pieces = inner if isinstance(inner, list) else []
        # As octets: as text, the standard library would turn an international address into question marks.
        payload = b"\n\n".join(each.as_bytes() for each in pieces if isinstance(each, Message))
    for charset in (part.get_content_charset(), "utf-8"):
        if charset:
            try:
                return payload.decode(charset)
            except (LookupError, UnicodeDecodeError):
                continue
    return payload.decode("latin-1")


def header_of(message: Message, name: str) -> str:
    """Return a header on one line with its encoded words read (RFC 2047)."""
    # As it came: through `get`, octets outside ASCII would be replaced by question marks.
    value = next((str(raw) for each, raw in message.raw_items() if each.lower() == name.lower()), "")
    if not value.isascii():
        octets = value.encode("utf-8", "surrogateescape")
        try:
            value = octets.decode()
        except UnicodeDecodeError:
            value = octets.decode("latin-1")
    try:
        pieces = email.header.decode_header(value)
        value = "".join(
            piece.decode(charset or "ascii", "replace") if isinstance(piece, bytes) else piece
            for piece, charset in pieces
        )
    except (ValueError, LookupError):
        pass
    return " ".join(value.split())


def address_in(text: str) -> str:
    """Return the first address in a text, or ""."""
    found = ADDRESS.search(text)
    return found[1].strip("'").rstrip(".") if found else ""


def _is_forwarded_report(part: Message) -> bool:
    """Whether an attached message is itself a report, that somebody forwarded."""
    payload = part.get_payload()
    inner = payload[0] if isinstance(payload, list) and payload and isinstance(payload[0], Message) else None
    if inner is None:
        return False
    return inner.get_content_type() == "multipart/report" or bool(inner.get("X-Failed-Recipients"))
