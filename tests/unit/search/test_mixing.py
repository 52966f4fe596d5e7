from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from search.fusion import fused
from search.related import mix_kinds

ITEMS = st.lists(st.tuples(st.sampled_from(["blog", "news", "guide"]), st.integers()), max_size=12)


@given(ITEMS, st.integers(2, 6))
def test_a_second_kind_comes_in_time_and_nothing_is_lost(items, by):
    mixed = mix_kinds(items, kind=lambda item: item[0], by=by)
    assert Counter(mixed) == Counter(items)
    if len({kind for kind, _ in items}) > 1:
        assert len({kind for kind, _ in mixed[:by]}) > 1


@given(ITEMS)
def test_a_mixed_list_stays_as_it_is(items):
    mixed = mix_kinds(items, kind=lambda item: item[0], by=3)
    if len({kind for kind, _ in items[:3]}) > 1:
        assert mixed == items


def test_two_rankings_that_agree_beat_one_first_place():
    scores = fused([(["a", "b", "c"], 1.0), (["d", "b", "c"], 1.0)])
    assert max(scores, key=lambda key: scores[key]) == "b"
