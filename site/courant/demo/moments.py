"""Dates as the demo's texts write them: relative to the day it is loaded, so that the site never looks abandoned.

    19 days ago · in 3 weeks at 10:00 · Tuesday 2 weeks ago · Thursday in 5 weeks at 13:30 · today at 09:00 · 2026-11-23

A weekday names that day of the week (Monday to Sunday) which lies so many weeks away: "Tuesday 2 weeks ago" loaded on
a Friday is seventeen days back. An end may be given relative to a start: "16:30" (the same day), or
"1 day later at 16:00".
"""

from __future__ import annotations

import calendar
import re
from datetime import date, datetime, time, timedelta
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import tzinfo

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
DEFAULT_TIME = time(9, 0)
HELP = "write for example “19 days ago”, “Tuesday 2 weeks ago”, “in 3 weeks at 10:00”, “today at 09:00” or “2026-11-23”"

_MOMENT = re.compile(
    rf"""(?:(?P<weekday>{"|".join(WEEKDAYS)})\ )?
    (?:(?P<today>today)
      |(?P<iso>\d{{4}}-\d\d-\d\d)
      |in\ (?P<ahead>\d{{1,4}})\ (?P<ahead_unit>hour|day|week|month)s?
      |(?P<back>\d{{1,4}})\ (?P<back_unit>hour|day|week|month)s?\ ago)
    (?:\ at\ (?P<time>\d\d:\d\d))?""",
    re.VERBOSE,
)
_LATER = re.compile(r"(?:(?P<days>\d{1,2}) days? later at )?(?P<time>\d\d:\d\d)")


def moment(text: str, *, now: datetime) -> datetime:
    """Return the moment that `text` means when it is read at `now` (aware); nine in the morning unless it says.

    "in 36 hours" and "3 hours ago" count from `now` to the second; everything else names a day of `now`'s time zone.

    Raises:
        ValueError: not one of the forms above; the message says what to write.
    """
    found = _MOMENT.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not a date: {HELP}")
    unit = found["ahead_unit"] or found["back_unit"]
    count = int(found["ahead"] or 0) - int(found["back"] or 0)
    if unit == "hour":
        if found["weekday"] or found["time"]:
            raise ValueError(f"{text!r}: hours are counted from now, without a weekday or a time of day")
        return now + timedelta(hours=count)
    day = _day(found, unit, count, now.date())
    at = _time(found["time"], text) if found["time"] else DEFAULT_TIME
    return _aware(day, at, now.tzinfo)


def later(text: str, *, start: datetime) -> datetime:
    """Return an end given relative to `start`: "16:30" or "1 day later at 16:00".

    Raises:
        ValueError: neither of the two forms.
    """
    found = _LATER.fullmatch(text.strip())
    if found is None:
        raise ValueError(f"{text!r} is not an end: write for example “16:30” or “1 day later at 16:00”")
    day = start.date() + timedelta(days=int(found["days"] or 0))
    return _aware(day, _time(found["time"], text), start.tzinfo)


def _day(found: re.Match[str], unit: str | None, count: int, today: date) -> date:
    if found["iso"]:
        if found["weekday"]:
            raise ValueError(f"{found[0]!r}: an exact date needs no weekday")
        return date.fromisoformat(found["iso"])
    if unit == "month":
        day = _months_from(today, count)
    else:
        day = today + timedelta(days=count * (7 if unit == "week" else 1))
    if found["weekday"]:
        day += timedelta(days=WEEKDAYS.index(found["weekday"]) - day.weekday())
    return day


def _months_from(day: date, count: int) -> date:
    index = day.year * 12 + day.month - 1 + count
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(day.day, last))


def _time(text: str, whole: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError as error:
        raise ValueError(f"{whole!r}: {text} is not a time of day") from error


def _aware(day: date, at: time, zone: tzinfo | None) -> datetime:
    return datetime.combine(day, at, tzinfo=zone)
