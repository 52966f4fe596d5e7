"""Returned messages without a machine-readable part: what they look like, whom they name, and why.

The forms are those of Exim, qmail, Sendmail, Exchange 5.5, Domino, Yahoo and their kin; what none of the rules here
knows is shown to flufl.bounce, which knows dozens of older systems.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass
from email.utils import getaddresses
from typing import TYPE_CHECKING, Final

from flufl.bounce import all_failures

from newsletters.delivery.bounces import wording
from newsletters.delivery.bounces.anatomy import ADDRESS, address_in, header_of
from newsletters.delivery.bounces.classes import Kind, classify, enhanced_status, smtp_code

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator
    from email.message import Message

LONGEST: Final = 500
"""Characters kept of a diagnostic."""
_NEARBY: Final = 2_500
"""Characters after an address or an announcement in which its reason is looked for."""

_AUTOMATIC_SUBJECT: Final = re.compile(
    r"out[ -]of[ -](the[ -])?office|\booo\b"
    r"|auto(mated|matic(ally)?|matische?)?[ -:]*(reply|response|answer|antwort|svar)"
    r"|abwesen|abwezig|vacation|on (annual |maternity |parental |sick )?leave|away from|holiday|urlaub"
    r"|nicht im (büro|haus)"
    r"|r[ée]ponse automatique|absen(t|ce|za)|respuesta autom|resposta autom|fuera de la oficina|risposta automatica"
    r"|fuori sede|automatisch(e|es)? (antwort|antwoord|beantwoord)|autosvar|automatiskt svar|frånvaro|poissa"
    r"|автоответ|автоматический ответ|自動(応答|返信)|自动(回复|答复)|不在|automatyczna odpowied|otomatik yan"
    r"|(please )?confirm your (e-?mail|message|address)|verify your (e-?mail|message)|challenge"
    r"|ticket (received|created)"
    r"|(we|i) (have )?received your (message|e-?mail|request)|thank you for (your|contacting)",
    re.IGNORECASE,
)
_DELAYED: Final = re.compile(
    r"(deliver(y|ed)|message|mail)[^\n.]{0,80}(delayed|has not (yet )?been (delivered|sent)|deferred)"
    r"|(delay|delayed)[^\n.]{0,40}(deliver|mail|message)"
    r"|warning: (could not send|message)[^\n]{0,60}(hours?|delayed|minutes)"
    r"|no action is required on your part|this is a warning( message)? only|you do not need to resend"
    r"|(will|shall) (keep|continue)( on)? (trying|to (try|be retried))|will be retried|not yet (been )?delivered"
    r"|zustellung[^\n.]{0,40}verzögert|noch nicht zugestellt|retard[ée]e?|différée|retrasad|entrega.{0,20}atrasad"
    r"|in ritardo|vertraagd|задерж|отложен|配信の遅延|延迟",
    re.IGNORECASE,
)
_RETURNED_SUBJECT: Final = re.compile(
    r"undeliver|non[- ]?deliver|fail(ure|ed)|return(ed|ing)|delivery (status|error|problem|report|notif)"
    r"|reject|bounce"
    r"|could not be (delivered|sent)|not (be )?delivered|mail (error|system)|rejected|unknown (user|address)|warning"
    r"|user unknown|unzustellbar|nicht zugestellt|unzustellb|zustell|remise|non remis|échec|echec|non distribu"
    r"|no se (pudo|puede|ha)|devuelto|no entregad|n[ãa]o (foi )?entreg|devolvid|falha|mancat[ao] (consegna|recapito)"
    r"|non recapitat|consegna|onbestelbaar|niet (bezorgd|afgeleverd)|olevererbart|ikke leveret|kan inte levereras"
    r"|недостав|не доставлен|возврат|退信|无法投递|投递失败|配信(不能|エラー|できません)"
    r"|送信(エラー|できません)|配達不能"
    r"|niedostarcz|zwrot|nedoru[čc]|teslim edilemedi|kézbesít|системе|unable to deliver|mail delivery",
    re.IGNORECASE,
)
_DAEMON: Final = re.compile(
    r"mailer-?daemon|post_?master|mail[ -]?(delivery|system|server|administrator|router|gateway|er)\b|mdaemon"
    r"|maildelivery|no-?reply@"
    r"|system administrator|microsoftexchange|<>|bounces?[@+-]|lotus|mta@|administrator@|daemon@",
    re.IGNORECASE,
)
_ANNOUNCED: Final = re.compile(
    r"following (recipient|address|destination|user|person|message to)[^\n]*|did not reach the following[^\n]*"
    r"|(could not|cannot|couldn't|can't|could ?n.t|wasn.t|was not|not) be(en)? (delivered|sent)[^\n]*"
    r"|delivery (has failed|to the following|failed)[^\n]*|permanent fatal errors[^\n]*"
    r"|fail(ed|ure) (for|to|recipient)[^\n]*"
    r"|address(es)? failed[^\n]*|error (while )?deliver[^\n]*|failed addresses follow[^\n]*"
    r"|unable to deliver[^\n]*|undeliver[^\n]*"
    r"|recipients?:[^\n]*"
    r"|(wasn.t|was not|not) delivered to[^\n]*|unknown (user|recipient|address)[^\n]*|user unknown[^\n]*"
    r"|folgende[nr]? empf[^\n]*|nicht zugestellt[^\n]*|(destinataires?|personne\(s\)) (suivant|ci-)[^\n]*|remis[^\n]*"
    r"|siguientes? (destinatario|direcci)[^\n]*|seguintes? (destinat|endere)[^\n]*"
    r"|seguent[ei] (destinatar|indirizz)[^\n]*"
    r"|volgende (ontvanger|geadresseerde|adres)[^\n]*|следующ[^\n]*|以下の[^\n]*|以下收件人[^\n]*|下列[^\n]*",
    re.IGNORECASE,
)
_PARAGRAPH: Final = re.compile(
    r"^[ \t>]*<?(?P<address>(?:\"[^\"\n]+\"|[^\s<>:;,\"()]+)@[^\s<>:;,\"()]+)>?(?:\s*\([^\n)]*\))?\s*[:#]"
    r"(?P<reason>[^\n]*\n?(?:[ \t]*\S[^\n]*\n?)*)",
    re.MULTILINE,
)
# It tells of every rule that it tries.
logging.getLogger("flufl.bounce").setLevel(logging.CRITICAL)

_IDENTIFIERS: Final = re.compile(
    r"^.*\b(message[- ]?id|identifier|references|in-reply-to)\b.*$", re.IGNORECASE | re.MULTILINE
)
_SAID: Final = re.compile(r"rcpt to:\s*<?([^\s<>]+@[^\s<>]+)", re.IGNORECASE)
_OURSELVES: Final = ("mailer-daemon", "postmaster", "abuse", "noreply", "no-reply", "administrator", "hostmaster")


@dataclass(frozen=True, slots=True)
class Finding:
    """What a returned message says about one address."""

    address: str
    kind: Kind
    status: str = ""
    diagnostic: str = ""


def is_automatic(message: Message, text: str) -> bool:
    """Whether a machine answers for somebody who is away, or wants something confirmed: never a bounce."""
    submitted = header_of(message, "Auto-Submitted").lower()
    if message.get("X-Autoreply") or message.get("X-Autorespond") or message.get("X-Autogenerated"):
        return True
    if header_of(message, "Precedence").lower() in ("auto_reply", "auto-reply"):
        return True
    subject = header_of(message, "Subject")
    if _AUTOMATIC_SUBJECT.search(subject) and not _RETURNED_SUBJECT.search(subject):
        return True
    # Exim and Postfix mark their own bounces as auto-replied too, so the mark alone says nothing.
    return submitted.startswith("auto-replied") and not looks_returned(message, text)


def is_delay(message: Message, text: str) -> bool:
    """Whether it only says that delivery takes longer."""
    if message.get("X-Failed-Recipients"):
        return False
    subject = header_of(message, "Subject")
    words = f"{subject}\n{text[:_NEARBY]}"
    found = _DELAYED.search(words)
    if not found or not looks_returned(message, text):
        return False
    return not re.search(
        r"permanent(ly)? (fail|fatal|error)|giving up|given up|returned to sender"
        r"|could not be delivered (for|after|within)"
        r"|retry (timeout|time) (exceeded|not reached)|message expired|too (long|old)|has been (returned|removed)",
        words,
        re.IGNORECASE,
    )


def looks_returned(message: Message, text: str) -> bool:
    """Whether a mail system speaks, and speaks of a message that it returns."""
    sender = f"{header_of(message, 'From')} {header_of(message, 'Return-Path')} {header_of(message, 'Sender')}"
    if message.get_content_type() == "multipart/report" or "X-Failed-Recipients" in message:
        return True
    speaks = bool(_RETURNED_SUBJECT.search(header_of(message, "Subject")))
    is_daemon = bool(_DAEMON.search(sender)) or not header_of(message, "From")
    return is_daemon and (speaks or _gives_a_reason(text))


def _gives_a_reason(text: str) -> bool:
    return bool(_ANNOUNCED.search(text) or enhanced_status(text) or smtp_code(text)) or "qmail" in text[:500]


def findings(message: Message, text: str, original: Message | None, failed: Collection[str]) -> Iterator[Finding]:
    """Yield whom the report names, by the most exact of the ways that find anybody."""
    ours = _our_addresses(message, original)
    ways: tuple[Callable[[], Iterable[tuple[str, str]]], ...] = (
        lambda: ((address, words_about(address, text, failed)) for address in failed),
        lambda: _paragraphs(text, ours),
        lambda: _said_to(text, ours),
        lambda: _announced(text, _returned_to(original, text, ours), ours),
        lambda: _by_library(message, text, ours),
        lambda: ((address, words_about(address, text)) for address in _addresses(text, ours)[:1]),
        lambda: _returned_to(original, "", ours),
    )
    for way in ways:
        named = list(way())
        if named:
            yield from (_finding(address, words, text) for address, words in named)
            return


def words_about(address: str, text: str, others: Collection[str] = ()) -> str:
    """Return what stands from an address's first mention on, up to another's; the whole text where it has none."""
    lower = text.lower()
    place = lower.find(address.lower()) if address else -1
    if place < 0:
        return text
    ends = [found for other in others if other != address and (found := lower.find(other.lower(), place + 1)) >= 0]
    start = place if others and set(others) != {address} else max(text.rfind("\n\n", 0, place), place - 400, 0)
    return text[start : min([place + _NEARBY, *ends])]


def reason(text: str) -> str:
    """Return the lines that give a reason: those with a code and what they go on with, or all of them."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    chosen: list[str] = []
    for index, line in enumerate(lines):
        if enhanced_status(line) or smtp_code(line):
            chosen.extend(each for each in lines[index : index + 3] if each not in chosen)
    return " ".join(" ".join(chosen or lines).split())[: 2 * LONGEST]


def _finding(address: str, words: str, text: str) -> Finding:
    why = reason(words)
    status, code = enhanced_status(why), smtp_code(why)
    if not status and code is None and not _has_words(why):
        why = reason(text)
        status, code = enhanced_status(why), smtp_code(why)
    kind = classify(status=status, code=code, text=why)
    if status and status.startswith("4") and re.search(r"5\d\d|\b5\.\d", why):
        kind = classify(status="", code=None, text=why)
    return Finding(address, kind, status, why[:LONGEST])


def _has_words(text: str) -> bool:
    words = text.lower()
    return any(pattern.search(words) for pattern in (wording.FULL, wording.BLOCKED, wording.GONE, wording.LATER))


def _our_addresses(message: Message, original: Message | None) -> frozenset[str]:
    """Return who sends and gets the report, and who sent the original: none of them is who it is about."""
    names = ("From", "Sender", "Return-Path", "Reply-To", "To", "Cc", "Delivered-To")
    values = [header_of(message, name) for name in names]
    if original is not None:
        values += [header_of(original, name) for name in ("From", "Sender", "Return-Path", "Reply-To")]
    ours = {address.lower() for _, address in getaddresses(values) if "@" in address}
    theirs = (
        {address.lower() for _, address in getaddresses([header_of(original, "To")])} if original is not None else set()
    )
    return frozenset(ours - theirs)


def _addresses(text: str, ours: Collection[str]) -> list[str]:
    found: list[str] = []
    for match in ADDRESS.finditer(_IDENTIFIERS.sub("", text)):
        address = match[1].strip("'").rstrip(".")
        local = address.rpartition("@")[0].lower()
        if "." not in address.rpartition("@")[2] or local.startswith(_OURSELVES):
            continue
        if address.lower() not in ours and address not in found:
            found.append(address)
    return found


def _paragraphs(text: str, ours: Collection[str]) -> Iterator[tuple[str, str]]:
    """Qmail's, Exim's and Yahoo's form: an address, a colon, and the reason beside or below it."""
    for match in _PARAGRAPH.finditer(text):
        address = address_in(match["address"])
        if address and address in _addresses(address, ours) and match["reason"].strip():
            yield address, match["reason"]


def _returned_to(original: Message | None, text: str, ours: Collection[str]) -> Iterator[tuple[str, str]]:
    """Whoever the original went to, if the report names them too; with no text to look in, whoever it went to."""
    if original is None:
        return
    address = address_in(header_of(original, "To"))
    if address and address.lower() not in ours and (not text or address.lower() in text.lower()):
        yield address, words_about(address, text)


def _said_to(text: str, ours: Collection[str]) -> Iterator[tuple[str, str]]:
    """Whoever a transcript of the conversation names."""
    said = [address for match in _SAID.finditer(text) for address in _addresses(match[1], ours)[:1]]
    for address in dict.fromkeys(said):
        yield address, words_about(address, text, list(dict.fromkeys(said)))


def _announced(text: str, returned_to: Iterable[tuple[str, str]], ours: Collection[str]) -> Iterator[tuple[str, str]]:
    """Whoever an announcement is followed by; whom the original went to, where the announcement is of somebody else."""
    announced, original = list(_after_announcements(text, ours)), list(returned_to)
    has_original = {address for address, _ in original} <= {address for address, _ in announced}
    yield from announced if has_original else original


def _after_announcements(text: str, ours: Collection[str]) -> Iterator[tuple[str, str]]:
    for start in _ANNOUNCED.finditer(text):
        rest = text[start.start() : start.start() + _NEARBY]
        heads = [
            address
            for line in rest.splitlines()
            for address in _addresses(line[:90], ours)[:1]
            if _heads(line, address)
        ]
        chosen = list(dict.fromkeys(heads)) or _addresses(rest, ours)[:1]
        if chosen:
            yield from ((address, words_about(address, rest, chosen)) for address in chosen)
            return


def _heads(line: str, address: str) -> bool:
    """Whether a line begins with an address, but for marks around it."""
    before = line[: line.lower().find(address.lower())]
    return not re.sub(r"\b(rfc822|smtp|to|an|à|para|recipient|mailto)\b|[\W_\d]", "", before, flags=re.IGNORECASE)


def _by_library(message: Message, text: str, ours: Collection[str]) -> Iterator[tuple[str, str]]:
    """What flufl.bounce knows of dozens of older systems."""
    try:
        temporary, permanent = all_failures(message)
    except Exception:  # noqa: BLE001 (a library reading what anybody may send)
        return
    for octets in sorted(set(temporary) | set(permanent)):
        address = octets.decode("utf-8", "replace") if isinstance(octets, bytes) else str(octets)
        if address.lower() not in ours:
            yield address, words_about(address, text)
