"""How vacancies are spoken of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content.vacancies.wording import closes_soon, closing_in_words, count_in_words, number_in_words

MONDAY = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("closes_at", "words"),
    [
        (datetime(2026, 11, 23, 17, 0, tzinfo=UTC), "Closes today, 17:00"),
        (datetime(2026, 11, 24, 23, 59, tzinfo=UTC), "Closes tomorrow, 23:59"),
        (datetime(2026, 11, 24, 0, 0, tzinfo=UTC), "Closes today, midnight"),
        (datetime(2026, 11, 29, 12, 0, tzinfo=UTC), "Closes Sunday 29 November"),
        (datetime(2026, 12, 10, 12, 0, tzinfo=UTC), "Closes 10 December"),
        (datetime(2027, 1, 10, 12, 0, tzinfo=UTC), "Closes 10 January 2027"),
    ],
)
def test_closing_moments_in_words(closes_at: datetime, words: str) -> None:
    assert closing_in_words(closes_at, MONDAY) == words


def test_days_are_londons_days() -> None:
    """23:30 UTC in July is half past midnight in London, on the next day."""
    at = datetime(2026, 7, 6, 9, 0, tzinfo=UTC)
    assert closing_in_words(datetime(2026, 7, 6, 23, 30, tzinfo=UTC), at) == "Closes tomorrow, 00:30"


@pytest.mark.parametrize(
    ("text", "number", "said"),
    [
        ("{count} roles are open.", 6, "Six roles are open."),
        ("{count} roles are open.", 1, "One role is open."),
        ("{count} vacancies are open.", 1, "One vacancy is open."),
        ("We have {count} open roles.", 13, "We have 13 open roles."),
        ("Look: {count} roles are open.", 2, "Look: Two roles are open."),
        ("Join us.", 3, "Join us."),
    ],
)
def test_counts_in_words(text: str, number: int, said: str) -> None:
    assert count_in_words(text, number) == said


@given(st.integers(min_value=0, max_value=500))
def test_every_number_has_a_word(number: int) -> None:
    assert number_in_words(number)


def test_soon_is_a_week() -> None:
    assert closes_soon(MONDAY + timedelta(days=7), MONDAY)
    assert not closes_soon(MONDAY + timedelta(days=7, seconds=1), MONDAY)
