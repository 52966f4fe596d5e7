"""Numbers and closing moments in words, as the site says them."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import formats, timezone

if TYPE_CHECKING:
    from datetime import datetime

NUMBERS = (
    "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
)  # fmt: skip
SOON_DAYS = 7
"""A vacancy that closes within a week is "closing soon"."""

_ONE_OF_MANY = re.compile(r"\b([Oo]ne) (\w+?)(ies|s) are\b")


def number_in_words(number: int) -> str:
    """Return "six" for 6; digits from 13 on."""
    return NUMBERS[number] if 0 <= number < len(NUMBERS) else str(number)


def count_in_words(text: str, number: int) -> str:
    """Put a number into "{count} roles are open", with a capital at the start of a sentence and one role that is."""
    word = number_in_words(number)
    before, mark, after = text.partition("{count}")
    if not mark:
        return text
    if not before.strip() or before.rstrip().endswith((".", "!", "?", ":")):
        word = word[:1].upper() + word[1:]
    said = f"{before}{word}{count_in_words(after, number) if '{count}' in after else after}"
    return _ONE_OF_MANY.sub(_singular, said) if number == 1 else said


def _singular(match: re.Match[str]) -> str:
    return f"{match[1]} {match[2]}{'y' if match[3] == 'ies' else ''} is"


def closing_in_words(closes_at: datetime, at: datetime | None = None) -> str:
    """Say when a vacancy closes, for example "Closes tomorrow, 23:59" or "Closes Sunday 29 November".

    Midnight belongs to the day before, as people mean it: what closes at 00:00 on the 5th closes on the 4th, 24:00.
    """
    here = timezone.localtime(at)
    then = timezone.localtime(closes_at)
    midnight = (then.hour, then.minute, then.second) == (0, 0, 0)
    day = (then - timedelta(seconds=1)).date() if midnight else then.date()
    clock = "midnight" if midnight else f"{then:%H:%M}"
    days = (day - here.date()).days
    if days == 0:
        return f"Closes today, {clock}"
    if days == 1:
        return f"Closes tomorrow, {clock}"
    if 1 < days <= SOON_DAYS:
        return f"Closes {formats.date_format(day, 'l j F')}"
    return f"Closes {formats.date_format(day, 'j F Y' if day.year != here.year else 'j F')}"


def closes_soon(closes_at: datetime, at: datetime | None = None) -> bool:
    """Whether less than a week is left."""
    return closes_at - (at or timezone.now()) <= timedelta(days=SOON_DAYS)
