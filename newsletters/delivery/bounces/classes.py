"""What a refusal means for the address: gone for good, only for now, or not about the address at all.

A refusal says it three times, each time less exactly: by an enhanced status code (RFC 3463), by an SMTP code, and in
words. Codes decide where they are exact; where they are vague (5.0.0, a bare 550) or known to be used for anything
(5.7.1, 5.4.1), the words do.
"""

from __future__ import annotations

import re
from typing import Final

from newsletters.delivery.bounces import wording
from newsletters.delivery.models import Bounce

Kind = Bounce.Kind

_STATUS: Final = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.]*\d)")
_CODE: Final = re.compile(r"(?<![\d.#@-])([45]\d\d)(?=[\s\-:;,>)]|$)")

# RFC 3463 §3, and what IANA's registry and Exchange Online have added, by subject.detail of a permanent failure.
_SOFT_CODES: Final = frozenset(
    {
        "2.2",
        "2.3",
        "2.4",
        "3.1",
        "3.2",
        "3.4",
        "3.5",
        "4.3",
        "4.5",
        "4.6",
        "4.7",
        "4.14",
        "4.300",
        "4.312",
        "4.316",
        "5.3",
    }
)
_HARD_CODES: Final = frozenset({"1.1", "1.2", "1.3", "1.6", "1.9", "1.10", "1.351", "2.1", "4.4", "4.310", "7.17"})
_BLOCK_CODES: Final = frozenset(
    {"1.7", "1.8", "1.90", "3.3", "6.1", "6.2", "6.3", "6.7", "7.6", "7.7", "7.8", "7.9"}
    | {f"7.{detail}" for detail in (20, 21, 22, 23, 24, 25, 26, 27, 28, 29, 30)}
    | {f"7.{detail}" for detail in (57, 64, 124, 129, 133, 134, 135, 136, 501, 502, 503, 506, 508, 509, 511, 512, 515)}
    | {f"7.{detail}" for detail in (520, 606, 703, 705, 708, 750)}
)


def enhanced_status(text: str) -> str:
    """Return the first enhanced status code (RFC 3463) that says something, or the first at all, or ""."""
    found = [match[0] for match in _STATUS.finditer(text)]
    return next((status for status in found if not status.endswith(".0.0")), found[0] if found else "")


def smtp_code(text: str) -> int | None:
    """Return the first SMTP error code in a text."""
    found = _CODE.search(text)
    return int(found[1]) if found else None


def classify(*, status: str = "", code: int | None = None, text: str = "") -> Kind:  # noqa: PLR0911 (one return a rule)
    """Classify a permanent or final refusal by its enhanced status code, its SMTP code and its words."""
    words = " ".join(text.lower().split())
    if _is_temporary(status, code):
        if status.endswith(".0.0") and wording.SURELY_GONE.search(words):
            return Kind.HARD
        return _by_words_of_a_delay(words)
    subject_detail = status[2:] if status.startswith("5") else ""
    if subject_detail in _SOFT_CODES:
        return Kind.SOFT
    if subject_detail in _HARD_CODES:
        # Some write 5.1.1 or 5.2.1 over anything; only words that leave no doubt say otherwise.
        if wording.FULL.search(words) and not wording.GONE.search(words):
            return Kind.SOFT
        if wording.SURELY_BLOCKED.search(words) and not wording.GONE.search(words):
            return Kind.BLOCK
        return Kind.HARD
    if subject_detail in _BLOCK_CODES and not wording.SURELY_GONE.search(words):
        return Kind.BLOCK
    return _by_words(words, subject_detail=subject_detail, code=code)


def _is_temporary(status: str, code: int | None) -> bool:
    if status[:1] == "4":
        return True
    return not status and code is not None and code < 500  # noqa: PLR2004 (RFC 5321 §4.2.1)


def _by_words_of_a_delay(words: str) -> Kind:
    """A 4xx that was given up: for now, unless it was our reputation."""
    return Kind.BLOCK if wording.SURELY_BLOCKED.search(words) and not wording.FULL.search(words) else Kind.SOFT


def _by_words(words: str, *, subject_detail: str, code: int | None) -> Kind:  # noqa: PLR0911 (one return a rule)
    if wording.SURELY_GONE.search(words):
        return Kind.HARD
    if wording.FULL.search(words):
        return Kind.SOFT
    blocked, gone = wording.BLOCKED.search(words), wording.GONE.search(words)
    if gone and not (blocked and subject_detail.startswith(("7.", "6."))):
        # "Blocked" may outweigh "address rejected": providers put their policy into that very sentence.
        return Kind.HARD if not blocked or gone.start() <= blocked.start() else Kind.BLOCK
    if blocked or subject_detail.startswith(("7.", "6.")):
        return Kind.BLOCK
    if wording.LATER.search(words):
        return Kind.SOFT
    if subject_detail.startswith("1.") or subject_detail == "4.1":
        # 5.4.1 is what Exchange Online says of addresses that its directory does not hold.
        return Kind.HARD
    if subject_detail.startswith(("2.", "3.", "4.", "5.")):
        return Kind.HARD if code in _GONE_CODES and not subject_detail.startswith("3.") else Kind.SOFT
    return Kind.HARD if code in _GONE_CODES else Kind.SOFT


_GONE_CODES: Final = (550, 551, 553)
"""SMTP codes that speak of the mailbox (RFC 5321 §4.2.2)."""
