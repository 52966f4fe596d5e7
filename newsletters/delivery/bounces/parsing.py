"""Reading returned messages: delivery status (RFC 3464), feedback reports (RFC 5965), and the older free forms.

The parser never raises over what a foreign system sends; what it cannot make sense of is said to be unknown, and kept.
"""

from __future__ import annotations

import base64
import binascii
import email
import email.policy
import quopri
import re
from dataclasses import dataclass, field, replace
from email.utils import getaddresses
from enum import Enum
from typing import TYPE_CHECKING, Final

from newsletters.delivery.bounces import freeform
from newsletters.delivery.bounces.anatomy import address_in, decoded, header_of, original_of, parts_of, text_of
from newsletters.delivery.bounces.classes import Kind, classify, enhanced_status, smtp_code
from newsletters.delivery.bounces.freeform import LONGEST, Finding
from newsletters.delivery.bounces.references import Reference, read_reference

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import Message

_OUR_HEADERS: Final = re.compile(
    rb"^[> ]*(?:message-id|return-path|x-envelope-from|x-original-message-id|in-reply-to|references"
    rb"|original-envelope-id)"
    rb"\s*:((?:[^\n]*\n[ \t]+)*[^\n]*)",
    re.IGNORECASE | re.MULTILINE,
)
_STATUS_FIELDS: Final = re.compile(
    r"^(?:reporting-mta|final-recipient|original-recipient):", re.IGNORECASE | re.MULTILINE
)
_XTEXT: Final = re.compile(r"\+([0-9A-Fa-f]{2})")
_MICROSOFT: Final = "X-HmXmrOriginalRecipient"
_FEEDBACK_THAT_IS_NONE: Final = frozenset({"not-spam", "auth-failure", "dkim", "dmarc"})


class Nature(Enum):
    """What a returned message is, as a whole."""

    BOUNCE = "bounce"
    COMPLAINT = "complaint"
    DELAYED = "delayed"
    DELIVERED = "delivered"
    AUTOMATIC = "automatic answer"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Parsed:
    """A returned message as far as it is understood. Only findings of a bounce or a complaint count against anybody.

    `reference` is whose message of ours it is about, proved by a code that only we can make; None where it is not.
    """

    nature: Nature
    findings: tuple[Finding, ...] = ()
    reference: Reference | None = field(default=None)
    delayed: tuple[str, ...] = ()
    """Addresses to which delivery only takes longer."""


def parse_returned(raw: bytes, *, envelope_recipient: str = "") -> Parsed:
    """Read a returned message. `envelope_recipient` is the address it came to, when the mail system says so."""
    if b"\n" not in raw:
        raw = raw.replace(b"\r", b"\n")
    # Empty lines before the first header would make all of it a body.
    message = email.message_from_bytes(raw.lstrip(), policy=email.policy.compat32)
    parsed = _read(message)
    findings = tuple(replace(each, diagnostic=each.diagnostic[:LONGEST]) for each in _without_twins(parsed.findings))
    return replace(parsed, findings=findings, reference=_reference(message, raw, envelope_recipient))


def _read(message: Message) -> Parsed:  # noqa: PLR0911 (one return a nature)
    original = original_of(message)
    complaint = _feedback(message, original)
    if complaint is not None:
        return complaint
    kinds = {part.get_content_type() for part in parts_of(message)}
    if "message/disposition-notification" in kinds:
        return Parsed(Nature.AUTOMATIC)
    text = text_of(message)
    status = _delivery_status(message, text, original)
    if status is not None:
        return status
    failed = [address for _, address in getaddresses([header_of(message, "X-Failed-Recipients")]) if "@" in address]
    if not failed and freeform.is_automatic(message, text):
        return Parsed(Nature.AUTOMATIC)
    if freeform.is_delay(message, text):
        named = freeform.findings(message, text, original, failed)
        return Parsed(Nature.DELAYED, delayed=tuple(dict.fromkeys(each.address for each in named)))
    if not (failed or freeform.looks_returned(message, text)):
        return Parsed(Nature.UNKNOWN)
    findings = tuple(freeform.findings(message, text, original, failed))
    return Parsed(Nature.BOUNCE if findings else Nature.UNKNOWN, findings)


def _without_twins(findings: tuple[Finding, ...]) -> Iterator[Finding]:
    seen = set()
    for finding in findings:
        if finding.address.lower() not in seen:
            seen.add(finding.address.lower())
            yield finding


def _reference(message: Message, raw: bytes, envelope_recipient: str) -> Reference | None:
    """Look where the report came to first, then at what it returns of the original."""
    places = [envelope_recipient]
    for name in ("X-Original-To", "Delivered-To", "Envelope-To", "X-Envelope-To", "To"):
        places.extend(str(value) for value in message.get_all(name, []))
    # A soft break of quoted-printable may cut an identifier in two; a base64 part is read decoded.
    texts = [raw.replace(b"=\r\n", b"").replace(b"=\n", b"").replace(b"\r\n", b"\n")]
    texts += [decoded(part).encode() for part in message.walk() if _is_encoded_text(part)]
    for text in texts:
        places.extend(found[1].decode("utf-8", "replace") for found in _OUR_HEADERS.finditer(text))
    return next((found for found in map(read_reference, places) if found), None)


def _is_encoded_text(part: Message) -> bool:
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    return encoding == "base64" and part.get_content_maintype() in ("text", "message")


# Feedback reports: RFC 5965


def _feedback(message: Message, original: Message | None) -> Parsed | None:
    part = next((part for part in parts_of(message) if part.get_content_type() == "message/feedback-report"), None)
    if part is not None:
        fields = email.message_from_string(decoded(part).lstrip())
        sort = header_of(fields, "Feedback-Type").lower() or "abuse"
        if sort in _FEEDBACK_THAT_IS_NONE:
            return Parsed(Nature.AUTOMATIC)
        given = [address_in(str(value)) for value in fields.get_all("Original-Rcpt-To", [])]
        addresses = [address for address in given if address] or [_recipient_of(original)]
        words = f"{sort} ({header_of(fields, 'User-Agent') or 'unknown reporter'})"
    elif microsoft := header_of(message, _MICROSOFT) or (header_of(original, _MICROSOFT) if original else ""):
        addresses, words = [address_in(microsoft)], "Microsoft's junk mail reporting"
    elif header_of(message, "X-Loop").lower() == "scomp" or header_of(message, "From").lower().startswith("scomp@"):
        addresses, words = [_recipient_of(original)], "AOL's feedback loop"
    else:
        return None
    return Parsed(Nature.COMPLAINT, tuple(Finding(address, Kind.COMPLAINT, "", words) for address in addresses))


def _recipient_of(original: Message | None) -> str:
    if original is None:
        return ""
    for name in ("X-Original-To", "Delivered-To", "To"):
        address = address_in(header_of(original, name))
        if address:
            return address
    return ""


# Delivery status: RFC 3464


def _delivery_status(message: Message, text: str, original: Message | None) -> Parsed | None:
    """Read the recipients' fields, where a report has any."""
    blocks = ""
    for part in parts_of(message):
        if part.get_content_type() in ("message/delivery-status", "message/global-delivery-status"):
            blocks = _status_text(part)
            break
    if not blocks:
        # Gateways and forwarders take the part's type away; the fields stay as they were.
        start = _STATUS_FIELDS.search(text)
        blocks = text[start.start() :] if start else ""
    failures: list[Finding] = []
    delayed: list[str] = []
    is_other = False
    for fields in _recipient_blocks(blocks):
        action = _action(fields)
        if action == "failed":
            failures.append(_failure(fields, message, text, original))
        else:
            is_other = True
            if action == "delayed":
                delayed.append(_failed_address(fields, message, text, original))
    if failures:
        return Parsed(Nature.BOUNCE, tuple(failures), delayed=tuple(delayed))
    if is_other:
        return Parsed(Nature.DELAYED if delayed else Nature.DELIVERED, delayed=tuple(delayed))
    return None


def _status_text(part: Message) -> str:
    text = decoded(part)
    encoding = str(part.get("Content-Transfer-Encoding", "")).strip().lower()
    # The standard library has parsed the encoded text as fields; a few systems do encode what RFC 3464 wants as it is.
    try:
        if encoding == "base64" and not _STATUS_FIELDS.search(text):
            return base64.b64decode(re.sub(r"\s", "", text)).decode("utf-8", "replace")
        if encoding == "quoted-printable":
            return quopri.decodestring(text.encode()).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        pass
    return text


def _recipient_blocks(text: str) -> Iterator[Message]:
    for block in re.split(r"\n[ \t]*\n", text.replace("\r\n", "\n").strip()):
        # Some put all recipients into one block; each begins with its own recipient field.
        pieces = re.split(r"\n(?=final-recipient:)", block.strip(), flags=re.IGNORECASE)
        if len(pieces) > 2 or (len(pieces) == 2 and re.match(r"final-recipient:", pieces[0], re.IGNORECASE)):  # noqa: PLR2004 (head and one recipient)
            each = pieces if re.match(r"final-recipient:", pieces[0], re.IGNORECASE) else pieces[1:]
        else:
            each = [block.strip()]
        for piece in each:
            fields = email.message_from_string(piece + "\n\n")
            if fields.get("Final-Recipient") or fields.get("Original-Recipient") or fields.get("Action"):
                yield fields


def _action(fields: Message) -> str:
    words = header_of(fields, "Action").lower()
    if words.startswith("fail"):
        return "failed"
    for action in ("delayed", "delivered", "relayed", "expanded"):
        if words.startswith(action):
            return action
    return "delivered" if header_of(fields, "Status").startswith("2") else "failed"


def _failure(fields: Message, message: Message, text: str, original: Message | None) -> Finding:
    spoken = _without_type(header_of(fields, "Diagnostic-Code"))
    given, said = enhanced_status(header_of(fields, "Status")), enhanced_status(spoken)
    # The status field is often a summary ("5.0.0"); what the other side said is exact.
    is_vague = not given or given.endswith(".0.0")
    status = said if said and (is_vague or said[0] == given[0]) else given
    code = smtp_code(spoken)
    address = _failed_address(fields, message, text, original)
    if spoken and not (is_vague and not said and code is None):
        kind = classify(status=status, code=code, text=spoken)
    else:
        about = freeform.reason(freeform.words_about(address, text))
        kind = classify(
            status=said or enhanced_status(about) or status, code=smtp_code(about), text=f"{spoken} {about}"
        )
        status, spoken = status or enhanced_status(about), spoken or about
    return Finding(address, kind, status, spoken)


def _failed_address(fields: Message, message: Message, text: str, original: Message | None) -> str:
    for name in ("Original-Recipient", "Final-Recipient", "X-Actual-Recipient"):
        value = _without_type(header_of(fields, name))
        if "@" not in value and "+40" in value:
            value = _XTEXT.sub(lambda match: chr(int(match[1], 16)), value)
        address = address_in(value)
        if address:
            return address
    return address_in(header_of(message, "X-Failed-Recipients")) or _recipient_of(original) or address_in(text)


def _without_type(value: str) -> str:
    """Return a field like `rfc822; someone@example.org` without its type."""
    sort, semicolon, rest = value.partition(";")
    return rest.strip() if semicolon and re.fullmatch(r"[\w. -]{1,24}", sort.strip()) else value.strip()
