from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.importing.dates import DateUnreadable, parse_date
from content.pages.dates import DatePrecision

LONDON = ZoneInfo("Europe/London")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)


@pytest.mark.parametrize(
    ("written", "moment"),
    [
        ("2015-04-24 4:06:49 -0400", utc(2015, 4, 24, 8, 6, 49)),
        ("2015-04-24 04:06:49 -05:00", utc(2015, 4, 24, 9, 6, 49)),
        ("2015-04-24T04:06:49Z", utc(2015, 4, 24, 4, 6, 49)),
        ("2015-04-24T04:06:49.125+01:00", utc(2015, 4, 24, 3, 6, 49)),
        ("2015-04-24 16:06", utc(2015, 4, 24, 15, 6)),
        ("24 April 2015 4:06 pm", utc(2015, 4, 24, 15, 6)),
        ("  2015-1-5   9:00:00   +0530 ", utc(2015, 1, 5, 3, 30)),
        ("2015/04/24", utc(2015, 4, 23, 23)),
    ],
)
def test_a_date_is_read_whatever_its_offset_and_zeros(written: str, moment: datetime) -> None:
    assert parse_date(written, zone=LONDON).moment == moment


def test_the_day_is_the_writers_own() -> None:
    late = parse_date("2015-04-24 23:30:00 -0500", zone=LONDON)
    assert late.day == date(2015, 4, 24)
    assert late.moment.astimezone(UTC).date() == date(2015, 4, 25)


@pytest.mark.parametrize("written", ["2021-04", "April 2021", "Apr. 2021", "april, 2021"])
def test_a_month_alone_is_a_month(written: str) -> None:
    read = parse_date(written, zone=LONDON)
    assert (read.day, read.precision) == (date(2021, 4, 1), DatePrecision.MONTH)


@pytest.mark.parametrize("written", ["April 24, 2015", "24 Apr 2015", "Apr 24th 2015", "2015-04-24", "2015.4.24"])
def test_a_day_in_words_or_numbers_is_a_day(written: str) -> None:
    read = parse_date(written, zone=LONDON)
    assert (read.day, read.precision) == (date(2015, 4, 24), DatePrecision.DAY)


@pytest.mark.parametrize(
    "written",
    ["", "soon", "2015-02-30", "2015-13", "24 Brumaire 2015", "2015-04-24 25:00", "2015-04-24 9:00 +2500", "2015-04/24",
     "13:00 pm", "2015-04-24 13:00 pm", "0000-01-01", "20150424"],
)  # fmt: skip
def test_what_is_no_date_is_refused_with_what_was_written(written: str) -> None:
    with pytest.raises(DateUnreadable) as refused:
        parse_date(written, zone=LONDON)
    assert repr(written) in str(refused.value)


def test_dates_that_yaml_has_read_already_are_taken() -> None:
    assert parse_date(date(2020, 1, 2), zone=UTC).moment == utc(2020, 1, 2)
    assert parse_date(datetime(2020, 1, 2, 3, 4), zone=UTC).moment == utc(2020, 1, 2, 3, 4)  # noqa: DTZ001 (as YAML gives it)


@given(
    moment=st.datetimes(min_value=datetime(1990, 1, 2), max_value=datetime(2099, 12, 30)),  # noqa: DTZ001 (the offset is drawn)
    minutes=st.integers(-12 * 60, 14 * 60),
    padded=st.booleans(),
    colon=st.booleans(),
)
def test_every_moment_with_an_offset_comes_back(moment: datetime, minutes: int, padded: bool, colon: bool) -> None:
    sign, size = "-" if minutes < 0 else "+", abs(minutes)
    hour = f"{moment.hour:02}" if padded else str(moment.hour)
    offset = f"{sign}{size // 60:02}{':' if colon else ''}{size % 60:02}"
    read = parse_date(f"{moment:%Y-%m-%d} {hour}:{moment:%M:%S} {offset}", zone=LONDON)
    expected = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=minutes)))
    assert read.moment == expected
    assert read.day == moment.date()


@given(st.text(max_size=30))
def test_any_text_is_a_date_or_refused(written: str) -> None:
    try:
        read = parse_date(written, zone=LONDON)
    except DateUnreadable:
        return
    assert read.moment.tzinfo is not None
