"""From a query to a reader's answer: strict first, then forgiving, each step only where the one before gave little.

All words must match; where few documents have them all, words that exist nowhere are taken for the nearest that do;
where that does not help either, any of the words may match. An engine sees plain queries and knows nothing of this.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from search.engines.base import EngineUnavailable
from search.query import Sort
from search.spelling import MOST_WORDS_CORRECTED

if TYPE_CHECKING:
    from collections.abc import Callable

    from search.engines.base import Engine
    from search.query import Found, SearchQuery

# Fewer results than this are worth a more forgiving second question.
FEW = 5
# Nobody who asks with more words expects all of them on one page.
MOST_WORDS_ALL = 6


@dataclass(frozen=True, slots=True)
class Answer:
    """What was found, and how forgiving the question had to be."""

    found: Found
    query: SearchQuery
    corrections: dict[str, tuple[str, ...]] = field(default_factory=dict)
    is_loose: bool = False


def find(engine: Engine, query: SearchQuery, *, nearest: Callable[[str], tuple[str, ...]] | None = None) -> Answer:
    """Ask the engine: once where that is enough, at most four times.

    With `nearest`, which knows the documents whose meaning is near a text, once more: how forgiving the question must
    be is decided by words alone, and then both rankings are fused.
    """
    answer = find_words(engine, query)
    if nearest is None or query.phrases or not query.clauses or query.sort is not Sort.RELEVANCE:
        return answer
    query = replace(answer.query, nearest=nearest(query.text))
    if not query.nearest:
        return answer
    with suppress(EngineUnavailable):
        answer = replace(answer, found=engine.search(query), query=query)
    return answer


def find_words(engine: Engine, query: SearchQuery) -> Answer:
    """Find what holds the words asked for: strictly, then with other spellings, then with any of them.

    An engine that tires on the way leaves what has been found.
    """
    wanted = sum(not clause.required for clause in query.clauses)
    strict = replace(query, every=True) if 1 < wanted <= MOST_WORDS_ALL else query
    answer = Answer(engine.search(strict), strict)
    if answer.found.total >= FEW or not query.clauses:
        return answer
    with suppress(EngineUnavailable):
        corrections = engine.corrections(query.words[:MOST_WORDS_CORRECTED])
        if corrections:
            query, strict = query.corrected(corrections), strict.corrected(corrections)
            answer = Answer(engine.search(strict), strict, corrections)
        if answer.found.total < FEW and strict.every:
            loose = engine.search(query)
            if loose.total > answer.found.total:
                return Answer(loose, query, corrections, is_loose=True)
    return answer
