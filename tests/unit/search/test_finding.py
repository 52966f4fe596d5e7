from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from search.engines.base import EngineUnavailable
from search.finding import FEW, find
from search.query import Found, parse_query

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)


class CountingEngine:
    """Answers with totals it is told, and remembers what it was asked."""

    def __init__(self, strict=0, loose=0, corrections=None, corrected=0):
        self.totals = {"strict": strict, "loose": loose, "corrected": corrected}
        self.spellings = corrections or {}
        self.asked = []

    def search(self, query):
        corrected = any(len(clause.alternatives) > 1 for clause in query.clauses)
        self.asked.append(query)
        name = "corrected" if corrected and query.every else "strict" if query.every else "loose"
        return Found(total=self.totals[name])

    def corrections(self, words):
        self.spellings_asked = words
        return self.spellings


def test_one_question_is_enough_where_all_words_are_found_often():
    engine = CountingEngine(strict=FEW)
    answer = find(engine, parse_query("delayed discharge", at=NOW))
    assert (len(engine.asked), answer.is_loose, answer.found.total) == (1, False, FEW)


def test_some_of_the_words_are_enough_where_few_have_all():
    engine = CountingEngine(strict=1, loose=40)
    answer = find(engine, parse_query("delayed discharge", at=NOW))
    assert (answer.is_loose, answer.found.total) == (True, 40)


def test_a_loose_question_that_finds_no_more_is_not_said_to_be_loose():
    answer = find(CountingEngine(strict=2, loose=2), parse_query("delayed discharge", at=NOW))
    assert (answer.is_loose, answer.found.total) == (False, 2)


def test_a_typing_error_is_corrected_before_words_are_given_up():
    engine = CountingEngine(strict=0, loose=40, corrections={"dischrage": ("discharge",)}, corrected=FEW)
    answer = find(engine, parse_query("delayed dischrage", at=NOW))
    assert answer.corrections == {"dischrage": ("discharge",)}
    assert (answer.is_loose, answer.found.total) == (False, FEW)


def test_a_long_question_does_not_ask_for_every_word():
    engine = CountingEngine(loose=FEW)
    find(engine, parse_query("one two three four five six seven eight", at=NOW))
    assert [query.every for query in engine.asked] == [False]


def test_filters_alone_are_one_question():
    engine = CountingEngine()
    find(engine, replace(parse_query("", at=NOW), kinds=("blog",)))
    assert len(engine.asked) == 1


def test_an_engine_that_tires_on_the_way_leaves_what_was_found():
    class TiringEngine(CountingEngine):
        def corrections(self, _):
            raise EngineUnavailable("too slow")

    answer = find(TiringEngine(strict=1, loose=40), parse_query("delayed discharge", at=NOW))
    assert (answer.found.total, answer.is_loose, answer.corrections) == (1, False, {})
