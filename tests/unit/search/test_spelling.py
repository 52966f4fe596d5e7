from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.spelling import edits_allowed, edits_between

WORDS = st.text("abcd", max_size=8)


@pytest.mark.parametrize(
    ("left", "right", "edits"),
    [("flow", "flow", 0), ("flow", "flwo", 1), ("flow", "flo", 1), ("flow", "flows", 1), ("flow", "glow", 1),
     ("discharge", "dischrage", 1), ("measurement", "mesurment", 2)],
)  # fmt: skip
def test_edits_are_counted(left, right, edits):
    assert edits_between(left, right, 2) == edits


@given(WORDS, WORDS)
def test_the_distance_is_the_same_both_ways_and_zero_only_for_itself(left, right):
    assert edits_between(left, right, 8) == edits_between(right, left, 8)
    assert (edits_between(left, right, 8) == 0) == (left == right)


@given(WORDS, WORDS, st.integers(0, 3))
def test_a_limit_never_changes_what_lies_within_it(left, right, limit):
    true = edits_between(left, right, 99)
    assert edits_between(left, right, limit) == min(true, limit + 1)


def test_short_words_must_be_right():
    assert [edits_allowed("a" * length) for length in (2, 3, 5, 6, 12)] == [0, 1, 1, 2, 2]
