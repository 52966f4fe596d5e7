from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.related import reason_in_words
from search.wording import EVERYDAY_WORDS, MOST_NAMED, is_widespread, named_words, says_something

SHARES = st.lists(
    st.tuples(
        st.floats(0, 100), st.sampled_from(["who", "we", "sepsis", "lactate", "ward", "2024", "x", "beds", "team"])
    )
)


def test_reasons_name_matters_not_the_words_of_any_sentence():
    assert named_words([(9.0, "who"), (8.0, "we"), (5.0, "sepsis"), (4.0, "2024"), (3.0, "lactate")]) == (
        "sepsis",
        "lactate",
    )
    assert named_words([(9.0, "who"), (8.0, "we")]) == ()


def test_words_that_decided_nothing_are_not_named():
    assert named_words([(50.0, "sepsis"), (1.0, "ward")]) == ("sepsis",)


@given(SHARES)
def test_named_words_are_few_different_and_telling(shares):
    named = named_words(shares)
    assert len(named) == len(set(named)) <= MOST_NAMED
    assert all(says_something(word) and word not in EVERYDAY_WORDS for word in named)
    assert set(named) <= {word for _, word in shares}


def test_every_reason_is_said_in_words():
    topics = {1: "Infection"}
    assert reason_in_words({"because": "topics", "topics": [1, 2]}, topics=topics) == "Both are about Infection"
    assert reason_in_words({"because": "topics", "topics": [2]}, topics=topics) == "Topics in common"
    assert reason_in_words({"because": "words", "words": ["sepsis"]}, topics={}) == "Both speak of sepsis"
    assert reason_in_words({"because": "words", "words": []}, topics={}) == "Many everyday words in common"
    said = {reason_in_words({"because": name}, topics={}) for name in ("meaning", "topic-mates", "newest", "editor")}
    assert len(said) == 4


def test_a_word_of_the_whole_site_is_no_reason_unless_the_site_is_small():
    assert is_widespread(900, 1_000)
    assert not is_widespread(100, 1_000)
    assert not is_widespread(4, 4)
