from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from courant.demo.moments import WEEKDAYS, later, moment

LONDON = ZoneInfo("Europe/London")
NOW = datetime(2026, 11, 23, 10, 30, tzinfo=LONDON)  # a Monday


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("today", "2026-11-23T09:00"),
        ("today at 17:45", "2026-11-23T17:45"),
        ("19 days ago", "2026-11-04T09:00"),
        ("1 day ago at 08:00", "2026-11-22T08:00"),
        ("in 3 weeks at 10:00", "2026-12-14T10:00"),
        ("Tuesday 2 weeks ago", "2026-11-10T09:00"),
        ("Sunday in 1 week at 23:59", "2026-12-06T23:59"),
        ("in 36 hours", "2026-11-24T22:30"),
        ("3 months ago", "2026-08-23T09:00"),
        ("2025-02-28 at 23:59", "2025-02-28T23:59"),
    ],
)
def test_a_relative_date_is_counted_from_now(text: str, expected: str) -> None:
    assert moment(text, now=NOW).isoformat(timespec="minutes")[:16] == expected


@pytest.mark.parametrize(
    "text",
    ["", "soon", "in 2 fortnights", "Thursday", "3 days", "today at 25:00", "Monday 2026-11-23", "in 2 hours at 10:00"],
)
def test_what_is_no_date_is_refused_with_its_own_words(text: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        moment(text, now=NOW)
    assert text in str(refused.value)


def test_months_end_where_the_shorter_month_ends() -> None:
    assert moment("1 month ago", now=datetime(2026, 3, 31, tzinfo=LONDON)).date().isoformat() == "2026-02-28"


@given(
    now=st.datetimes(min_value=datetime(2020, 1, 1), max_value=datetime(2040, 1, 1), timezones=st.just(LONDON)),  # noqa: DTZ001 (the time zone is given beside it)
    weeks=st.integers(1, 200),
    weekday=st.sampled_from(WEEKDAYS),
)
def test_a_weekday_lies_in_the_week_that_is_named(now: datetime, weeks: int, weekday: str) -> None:
    past = moment(f"{weekday} {weeks} weeks ago", now=now)
    ahead = moment(f"{weekday} in {weeks} weeks", now=now)
    assert past < now < ahead
    assert past.strftime("%A") == ahead.strftime("%A") == weekday
    monday = now.date() - timedelta(days=now.weekday())
    assert (past.date() - (monday - timedelta(weeks=weeks))).days == WEEKDAYS.index(weekday)


def test_an_end_is_counted_from_the_start() -> None:
    start = datetime(2026, 12, 1, 10, 0, tzinfo=LONDON)
    assert later("16:30", start=start).isoformat() == "2026-12-01T16:30:00+00:00"
    assert later("1 day later at 16:00", start=start).isoformat() == "2026-12-02T16:00:00+00:00"
    with pytest.raises(ValueError, match="is not an end"):
        later("in the evening", start=start)
