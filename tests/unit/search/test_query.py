from __future__ import annotations

import html
import re
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from search.highlight import marked_html
from search.query import LAST_PAGE, LONGEST_TEXT, MARK_END, MARK_START, MOST_WORDS, clean_text, parse_query

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
ANY_TEXT = st.text(alphabet=st.characters(codec=None), max_size=600)


def test_stop_words_are_left_out_while_there_are_others():
    assert parse_query("the flow of patients", at=NOW).words == ("flow", "patients")


def test_stop_words_alone_are_asked_as_they_stand():
    assert parse_query("to be or not to be", at=NOW).words == ("to", "be", "or", "not")


@pytest.mark.parametrize("quotes", ['"{}"', "“{}”", "„{}“", "«{}»"])
def test_quoted_words_are_a_phrase_whatever_the_quotation_marks(quotes):
    query = parse_query(f"ward {quotes.format('delayed discharge')}", at=NOW)
    assert query.phrases == (("delayed", "discharge"),)
    assert query.words == ("ward",)


def test_a_quotation_that_never_ends_goes_to_the_end():
    assert parse_query('ward "delayed discharge', at=NOW).phrases == (("delayed", "discharge"),)


def test_a_possessive_is_the_word_itself():
    assert parse_query("the patient's view, O'Brien\u2019s too", at=NOW).words == ("patient", "view", "O'Brien", "too")


def test_a_word_asked_twice_is_asked_once():
    assert parse_query("flow flow flow", at=NOW).words == ("flow",)


def test_length_and_words_are_capped():
    query = parse_query("word " * 5_000 + " ".join(f"w{n}" for n in range(5_000)), at=NOW)
    assert len(query.text) <= LONGEST_TEXT
    many = parse_query(" ".join(f"w{n}" for n in range(200)), at=NOW)
    assert len(many.words) <= MOST_WORDS


def test_pages_stop():
    assert parse_query("x", at=NOW, page=10**9).page == LAST_PAGE
    assert parse_query("x", at=NOW, page=-4).page == 1


@given(ANY_TEXT)
def test_any_text_makes_a_query_without_control_characters_or_marks(text):
    query = parse_query(text, at=NOW)
    spoken = "".join((query.text, *query.words, *(word for phrase in query.phrases for word in phrase)))
    assert not re.search("[\x00-\x1f\ud800-\udfff\ue000-\uf8ff]", spoken)
    assert len(query.text) <= LONGEST_TEXT
    assert len(query.words) <= MOST_WORDS


@given(ANY_TEXT)
def test_cleaning_twice_changes_nothing(text):
    assert clean_text(clean_text(text)) == clean_text(text)


@given(
    st.lists(st.one_of(st.sampled_from([MARK_START, MARK_END, "<mark>", "</mark>", "<script>", '"', "&"]), st.text()))
)
def test_highlights_escape_everything_and_always_pair(parts):
    text = "".join(parts)
    shown = str(marked_html(text))
    assert shown.count("<mark>") == shown.count("</mark>")
    without_marks = shown.replace("<mark>", "").replace("</mark>", "")
    assert "<" not in without_marks
    assert ">" not in without_marks
    assert html.unescape(without_marks) == text.replace(MARK_START, "").replace(MARK_END, "").replace("\0", "")


def test_a_highlight_is_marked():
    assert marked_html(f"a {MARK_START}b{MARK_END} <c>") == "a <mark>b</mark> &lt;c&gt;"


def test_cleaning_leaves_no_character_that_controls_or_separates_but_the_space():
    every = "".join(map(chr, range(0x110000)))
    left = {unicodedata.category(char) for char in set(clean_text(every)) - {" "}}
    assert not left & {"Cc", "Cs", "Zl", "Zp", "Zs"}
    for char in every[:0x3100]:
        separates = unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp", "Zs"}
        assert clean_text(f"a{char}b").split(" ") == (["a", "b"] if separates else [clean_text(f"a{char}b")])
