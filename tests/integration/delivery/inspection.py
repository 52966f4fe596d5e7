"""Taking apart what a server got, message by message, and comparing it with what was meant.

The suite does it for a few hundred recipients, `make inspect-delivery` for 5,000 of 70 KB through a real worker.
"""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from dataclasses import dataclass, field
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.utils import parseaddr, parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final
from uuid import UUID

from newsletters.audience import links
from newsletters.delivery.models import Recipient
from newsletters.issues.compiled import CompiledIssue, SectionEnd, SectionStart, Static, Token, clean_value, render_for
from tests.factories.delivery import compiled_issue

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from newsletters.delivery.models import Mailing

NAMES: Final = (
    "Sam Example",
    "",
    "O'Brien",
    'Ann "Ace" Smith',
    "Zoë Ångström-Łukasiewicz",
    "👩‍👩‍👧‍👦 family 🇬🇧",
    "\u200fשלום עולם\u200f",  # noqa: RUF001 (Hebrew is meant)
    "محمد بن سلمان",
    "x" * 200,
    "é" * 200,
    "漢字" * 100,
    "From here",
    ". dot",
    "..",
    "a=b=C3=A9",
    "<b>&amp;</b>",
    "=?utf-8?q?trick?=",
    "two  spaces ",
    "line\r\nbreak: injected",
)
"""Names that have broken mails somewhere, each for its own reason."""

ONCE: Final = (
    "Date", "Message-ID", "To", "From", "Subject", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Precedence",
    "Feedback-ID", "MIME-Version", "Content-Type",
)  # fmt: skip
LONGEST_BODY_LINE: Final = 76
LONGEST_HEADER_LINE: Final = 78
_ADDRESS = re.compile(r"<https?://[^<>\s]+/([^/<>\s]+)/?>")


def awkward_issue(mailing_list: Any, *, topic_id: int, filling: str = "") -> CompiledIssue:
    """An issue whose every part is hard to encode: a merged subject, dots, long lines, accents, a topic's section."""
    return compiled_issue(
        mailing_list,
        sender_name='Zoë\'s "Alder" Institute',
        subject=(Token("name", "Dear reader"), Static(": what we learnt — and 👀 what is next")),
        html=(
            Static("<html><body>\n.<p>Dear "), Token("name", "reader"), Static(f",</p>{'ünïcödé ' * 40}{filling}"),
            SectionStart(topic_id), Static("<p>For followers, "), Token("name", "you"), Static("</p>"), SectionEnd(),
            Static('<a href="'), Token("unsubscribe_url"), Static('">Leave</a> <a href="'), Token("preferences_url"),
            Static('">Preferences</a> <a href="'), Token("archive_url"), Static('">Web</a></body></html>\nFrom us\n'),
        ),
        text=(
            Static("Dear "), Token("name", "reader"), Static(",\n.dots\n..\nFrom us, trailing \n"),
            SectionStart(topic_id), Static("For followers\n"), SectionEnd(),
            Token("unsubscribe_url"), Static("\n"), Token("preferences_url"), Static("\n-- \n"),
        ),
    )  # fmt: skip


def spread_names(mailing: Mailing, *, topic_id: int) -> None:
    """Give the ledger's recipients the awkward names by turns, and every third of them the topic."""
    for recipient in Recipient.objects.filter(mailing=mailing):
        merge = {**recipient.merge, "name": NAMES[recipient.number % len(NAMES)]}
        if recipient.number % 3 == 0:
            merge["topics"] = [topic_id]
        Recipient.objects.filter(mailing=mailing, number=recipient.number).update(merge=merge)


@dataclass
class Inspection:
    """What is wrong with a run's messages: nothing, when `faults` is empty."""

    messages: int = 0
    signed: int = 0
    faults: list[str] = field(default_factory=list)
    longest_line: int = 0


def inspect_run(
    mailing: Mailing,
    accepted: Sequence[tuple[str, str, bytes]],
    *,
    verify: Callable[[bytes], bool] | None = None,
) -> Inspection:
    """Take every message of a finished mailing apart; `accepted` are envelope sender, recipient and octets.

    `verify` says whether a DKIM signature holds; without it, messages must have none.
    """
    found = Inspection()
    compiled = mailing.compiled
    rows = {row.address: row for row in Recipient.objects.filter(mailing=mailing)}
    identifiers: Counter[str] = Counter()
    for _, recipient, raw in accepted:
        found.messages += 1
        row = rows.pop(recipient, None)
        if row is None:
            found.faults.append(f"{recipient}: not of this mailing, or twice")
            continue
        message = email.message_from_bytes(raw, policy=email.policy.default)
        assert isinstance(message, EmailMessage)
        identifiers[str(message["Message-ID"])] += 1
        wrong = [*_lines(raw, found), *_headers(message, mailing, row), *_bodies(message, compiled, row)]
        if verify is not None:
            holds = verify(raw)
            found.signed += holds
            wrong += [] if holds else ["its signature does not hold"]
        elif "DKIM-Signature" in message:
            wrong.append("a signature that nobody asked for")
        found.faults += [f"{row.number} ({row.merge['name'][:20]!r}): {words}" for words in wrong]
    found.faults += [f"{address}: accepted and not arrived" for address, row in rows.items() if row.state == 1]
    found.faults += [f"Message-ID {each} {count} times" for each, count in identifiers.items() if count > 1]
    return found


def _lines(raw: bytes, found: Inspection) -> list[str]:
    wrong = []
    if not raw.isascii():
        wrong.append("octets above 127")
    if b"\n" in raw.replace(b"\r\n", b"") or b"\r" in raw.replace(b"\r\n", b""):
        wrong.append("a bare CR or LF")
    head, _, body = raw.partition(b"\r\n\r\n")
    for line in body.split(b"\r\n"):
        found.longest_line = max(found.longest_line, len(line))
        if len(line) > LONGEST_BODY_LINE:
            wrong.append(f"a body line of {len(line)}")
        if line.startswith((b".", b"From ")):
            wrong.append("a body line that starts with a dot or From")
    # An address cannot be folded; RFC 5322 §2.1.1 allows it 998.
    long = [line for line in head.split(b"\r\n") if len(line) > LONGEST_HEADER_LINE and b"<http" not in line]
    return wrong + [f"a header line of {len(line)}: {line[:30]!r}" for line in long]


def _headers(message: EmailMessage, mailing: Mailing, row: Recipient) -> list[str]:
    wrong = [f"{name}: {len(message.get_all(name, []))} times" for name in ONCE if len(message.get_all(name, [])) != 1]
    wrong += [f"defect {type(defect).__name__}" for part in message.walk() for defect in part.defects]
    if wrong:
        return wrong
    compiled = mailing.compiled
    if parseaddr(str(message["To"]))[1] != row.address:
        wrong.append("To is somebody else")
    if str(message["From"].addresses[0].display_name) != compiled.sender_name:
        wrong.append(f"From is {message['From']}")
    if str(message["List-Unsubscribe-Post"]) != "List-Unsubscribe=One-Click":
        wrong.append("no one-click (RFC 8058 §3.1)")
    if mailing.list_id not in str(message["List-Id"]):
        wrong.append("List-Id")
    left = _ADDRESS.fullmatch(str(message["List-Unsubscribe"]).strip())
    if left is None or links.read_unsubscribe(left[1]) != (UUID(row.merge["id"]), mailing.mailing_list_id):
        wrong.append("List-Unsubscribe is not this person's")
    return wrong


def _bodies(message: EmailMessage, compiled: CompiledIssue, row: Recipient) -> list[str]:
    subscriber = UUID(row.merge["id"])
    values = {
        "name": row.merge["name"],
        "address": row.address,
        "archive_url": compiled.archive_url,
        "unsubscribe_url": links.unsubscribe_url(subscriber=subscriber, mailing_list=compiled.list_id or 0),
        "preferences_url": links.preferences_url(subscriber=subscriber, at=parsedate_to_datetime(str(message["Date"]))),
    }
    meant = render_for(compiled, values, row.merge.get("topics", ()))
    wrong = []
    # The raw header, because a value's double spaces are the policy's to lose and ours to keep.
    raw_subject = dict(message.raw_items())["Subject"]
    if str(make_header(decode_header(raw_subject.replace("\r\n", "").replace("\n", "")))) != clean_value(meant.subject):
        wrong.append(f"the subject is {message['Subject']!r}")
    kinds = [part.get_content_type() for part in message.iter_parts()]
    if message.get_content_type() != "multipart/alternative" or kinds != ["text/plain", "text/html"]:
        return [*wrong, f"its parts are {kinds}"]
    for part, expected in zip(message.iter_parts(), (meant.text, meant.html), strict=True):
        if part["Content-Transfer-Encoding"] != "quoted-printable":
            wrong.append("an encoding other than quoted-printable")
        content = part.get_payload(decode=True).decode("utf-8").replace("\r\n", "\n")
        if content != expected:
            wrong.append(f"{part.get_content_type()} is not what the preview shows")
    return wrong
