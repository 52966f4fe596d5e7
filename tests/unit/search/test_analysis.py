from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from search.analysis import terms_of


def test_forms_of_a_word_are_one_term_shown_as_it_was_written_first():
    [term] = [term for term in terms_of("Flows of patients flow, flowing") if term.stem == "flow"]
    assert (term.count, term.word) == (3, "flows")


def test_stop_words_numbers_and_remains_of_possessives_are_no_terms():
    assert [term.stem for term in terms_of("The patient's 2024 was it and don't")] == ["patient", "don"]


def test_accents_do_not_matter():
    assert [term.stem for term in terms_of("café")] == [term.stem for term in terms_of("cafe")]


@given(st.text(max_size=300))
def test_any_text_has_terms_that_count_at_least_one(text):
    assert all(term.count >= 1 and term.stem for term in terms_of(text))
