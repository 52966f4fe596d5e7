"""Dates as twenty years of editors wrote them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from typing import Any

from content.pages.dates import DatePrecision

MONTHS = {
    name: number
    for number, names in enumerate(
        (
            ("january", "jan"), ("february", "feb"), ("march", "mar"), ("april", "apr"), ("may",), ("june", "jun"),
            ("july", "jul"), ("august", "aug"), ("september", "sep", "sept"), ("october", "oct"),
            ("november", "nov"), ("december", "dec"),
        ),
        start=1,
    )
    for name in names
}  # fmt: skip

_TIME = r"""
    (?P<hour>\d{1,2}):(?P<minute>\d{1,2})(?::(?P<second>\d{1,2})(?:[.,]\d+)?)?
    \s*(?P<half>[AaPp]\.?[Mm]\.?)?
    \s*(?P<offset>Z|UTC|GMT|[+-]\d{1,2}(?::?\d{2})?)?
"""
_NUMBERS = re.compile(
    rf"""(?P<year>\d{{4}})(?P<sep>[-/.])(?P<month>\d{{1,2}})(?:(?P=sep)(?P<day>\d{{1,2}})(?:(?:T|t|\s)\s*{_TIME})?)?""",
    re.VERBOSE | re.ASCII,
)
_WORDS = re.compile(
    rf"""
    (?:(?P<day>\d{{1,2}})(?:st|nd|rd|th)?\s+)?(?P<name>[A-Za-z]+)\.?(?:\s+(?P<day_after>\d{{1,2}})(?:st|nd|rd|th)?)?
    ,?\s+(?P<year>\d{{4}})(?:,?\s+{_TIME})?""",
    re.VERBOSE | re.ASCII,
)


class DateUnreadable(ValueError):  # noqa: N818 (named for what it says)
    """The text is not a date that anybody could agree on."""


@dataclass(frozen=True, slots=True)
class SourceDate:
    """A date from front matter.

    `day` is the day as written, in the writer's own time zone, because that is what readers were shown; `moment`
    is the same as an aware time, at the start of the day or month where no time was given.
    """

    day: date
    precision: DatePrecision
    moment: datetime


def parse_date(value: Any, *, zone: tzinfo) -> SourceDate:
    """Read a date with or without a time, with or without an offset; `zone` holds where none is given.

    Understood: `2015-04-24 4:06:49 -0400` (also without the leading zero), `2015-04-24T04:06:49Z`, `2015-04-24`,
    `2015-04`, `24 April 2015`, `April 24, 2015`, `April 2015`. An offset may be `-0400`, `-04:00`, `-04`, `Z`.

    Raises:
        DateUnreadable: anything else, including days that do not exist.
    """
    if isinstance(value, datetime):
        moment = value if value.tzinfo else value.replace(tzinfo=zone)
        return SourceDate(value.date(), DatePrecision.DAY, moment)
    if isinstance(value, date):
        return SourceDate(value, DatePrecision.DAY, datetime(value.year, value.month, value.day, tzinfo=zone))
    text = " ".join(str(value).split())
    found = _NUMBERS.fullmatch(text) or _WORDS.fullmatch(text)
    if found is None:
        raise DateUnreadable(f"{text!r} is not a date; write it as 2015-04-24 16:06:49 -0400 or 2015-04-24")
    parts = found.groupdict()
    try:
        return _assemble(parts, zone)
    except (ValueError, OverflowError) as error:
        raise DateUnreadable(f"{text!r} is not a date: {error}") from None


def _assemble(parts: dict[str, str | None], zone: tzinfo) -> SourceDate:
    name = parts.get("name")
    if name is not None and name.lower() not in MONTHS:
        raise ValueError(f"{name!r} is not a month")
    month = MONTHS[name.lower()] if name else int(parts["month"] or 0)
    written_day = parts["day"] or parts.get("day_after")
    day = date(int(parts["year"] or 0), month, int(written_day or 1))
    hour, minute, second = (int(parts[part] or 0) for part in ("hour", "minute", "second"))
    if half := (parts["half"] or "").lower().replace(".", ""):
        if not 1 <= hour <= 12:  # noqa: PLR2004 (a clock with two halves)
            raise ValueError(f"{hour} {half} is not an hour")
        hour = hour % 12 + (12 if half == "pm" else 0)
    moment = datetime(day.year, day.month, day.day, hour, minute, second, tzinfo=_offset(parts["offset"], zone))
    moment.astimezone(UTC)
    precision = DatePrecision.DAY if written_day else DatePrecision.MONTH
    return SourceDate(day, precision, moment)


def _offset(text: str | None, zone: tzinfo) -> tzinfo:
    if not text:
        return zone
    if text in {"Z", "UTC", "GMT"}:
        return UTC
    digits = text[1:].replace(":", "")
    hours, minutes = (int(digits), 0) if len(digits) <= 2 else (int(digits[:-2]), int(digits[-2:]))  # noqa: PLR2004
    if hours > 14 or minutes > 59:  # noqa: PLR2004 (no place on earth is further from Greenwich)
        raise ValueError(f"{text} is not an offset from Greenwich")
    sign = -1 if text[0] == "-" else 1
    return timezone(sign * timedelta(hours=hours, minutes=minutes))
