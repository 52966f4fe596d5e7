"""The query model: what a reader asked, in one form that every engine understands, whatever was typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from datetime import datetime

# Longer input is cut: no reader types more, and an engine's time grows with it.
LONGEST_TEXT = 400
MOST_WORDS = 48
MOST_PHRASES = 8
HITS_A_PAGE = 20
# Deeper pages cost an engine the sum of all pages before them, and nobody reads them.
LAST_PAGE = 50

# Marks around a highlighted word: private-use characters, taken out of documents and queries alike.
MARK_START, MARK_END = "\ue000", "\ue001"
_UNSPEAKABLE = re.compile("[\ue000-\uf8ff]")
# Control and surrogate characters (Cc, Cs); what separates words (Zs, Zl, Zp) is known to `str.split`.
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PHRASE = re.compile(r'["“”„«»]([^"“”„«»]*)(?:["“”„«»]|$)')
_WORD = re.compile("[^\\W_]+(?:['\u2019][^\\W_]+)*")
_POSSESSIVE = re.compile("['\u2019][sS]$")

# Lucene's English list.
STOP_WORDS = frozenset(
    (  # noqa: SIM905 (a list of words reads best as words)
        "a an and are as at be but by for if in into is it no not of on or such that the their then there these they "
        "this to was will with"
    ).split()
)


class Sort(StrEnum):
    """How results are ordered."""

    RELEVANCE = "relevance"
    NEWEST = "newest"


@dataclass(frozen=True, slots=True)
class Alternative:
    """Words that match together: side by side in their order, or anywhere in the document."""

    words: tuple[str, ...]
    adjacent: bool = True


@dataclass(frozen=True, slots=True)
class Clause:
    """One thing asked for: a word or a phrase, and what is taken for the same (synonyms, corrected spellings)."""

    alternatives: tuple[Alternative, ...]
    required: bool = False

    @property
    def word(self) -> str:
        """The word as typed, where the clause is a single word; else ""."""
        first = self.alternatives[0].words
        return first[0] if len(first) == 1 and not self.required else ""


@dataclass(frozen=True, slots=True)
class SearchQuery:
    """A question to an engine.

    Required clauses (phrases in quotation marks) must all match. Of the others at least one must, or with `every`
    each of them; where there are required ones, the others only raise the score. Without clauses everything matches,
    and the newest comes first. Filters of one family are alternatives; families are joined by "and". `at` is the
    moment for which visibility is asked. `nearest` are keys of documents close in meaning, nearest first: they match
    too, whatever their words, and by relevance the order is that of both rankings fused (`search.fusion`).
    """

    at: datetime
    text: str = ""
    clauses: tuple[Clause, ...] = ()
    every: bool = False
    kinds: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    authors: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    size: int = HITS_A_PAGE
    facets: bool = True
    highlight: bool = True
    nearest: tuple[str, ...] = ()

    @property
    def phrases(self) -> tuple[tuple[str, ...], ...]:
        """The phrases that must match."""
        return tuple(clause.alternatives[0].words for clause in self.clauses if clause.required)

    @property
    def words(self) -> tuple[str, ...]:
        """The single words asked for, as typed."""
        return tuple(clause.word for clause in self.clauses if clause.word)

    @property
    def offset(self) -> int:
        """How many hits come before this page's."""
        return (self.page - 1) * self.size

    @property
    def fuses(self) -> bool:
        """Whether words and meaning are both asked: never for phrases, which are meant to the letter."""
        return bool(self.nearest and self.clauses and not self.phrases)

    def corrected(self, corrections: Mapping[str, Sequence[str]]) -> SearchQuery:
        """Return the query in which the other spellings of a word match too."""
        clauses = tuple(
            replace(
                clause,
                alternatives=(*clause.alternatives, *(Alternative((other,)) for other in corrections[clause.word])),
            )
            if clause.word in corrections
            else clause
            for clause in self.clauses
        )
        return replace(self, clauses=clauses)


@dataclass(frozen=True, slots=True)
class Hit:
    """One document found. `title` and `snippet` hold marks, not markup: see `search.highlight`."""

    key: str
    score: float
    kind: str
    title: str
    url: str
    snippet: str = ""


@dataclass(frozen=True, slots=True)
class Found:
    """An engine's answer: one page of hits, how many there are, and counts by facet that ignore their own filter."""

    hits: tuple[Hit, ...] = ()
    total: int = 0
    facets: dict[str, dict[str, int]] = field(default_factory=dict)


def clean_text(text: str, *, limit: int | None = None) -> str:
    """Return text without control, surrogate and private-use characters, composed (NFC), its spaces single."""
    if limit is not None:
        text = text[: limit * 4]
    text = _UNSPEAKABLE.sub("", unicodedata.normalize("NFC", text))
    text = " ".join(_CONTROL.sub(" ", text).split())
    return text if limit is None else text[:limit].rstrip()


def folded_text(text: str) -> str:
    """Return a query in the form in which queries are compared and counted: words in small letters, single spaces."""
    return " ".join(_folded(words_of(clean_text(text, limit=LONGEST_TEXT))))


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, in order, each with its apostrophes but without a possessive s."""
    return tuple(_POSSESSIVE.sub("", word) for word in _WORD.findall(text))


def parse_query(  # noqa: PLR0913 (one argument a part of the address)
    text: str,
    *,
    at: datetime,
    kinds: tuple[str, ...] = (),
    topics: tuple[int, ...] = (),
    authors: tuple[str, ...] = (),
    years: tuple[int, ...] = (),
    sort: Sort = Sort.RELEVANCE,
    page: int = 1,
    size: int = HITS_A_PAGE,
    limit: int = LONGEST_TEXT,
    most_words: int = MOST_WORDS,
    synonyms: SynonymTable | None = None,
) -> SearchQuery:
    """Turn what was typed into a query; any text is allowed, none raises.

    Quoted words are phrases. Words that carry no meaning by themselves are left out, unless nothing else is left.
    """
    text = clean_text(text, limit=limit)
    phrases = [words for words in (words_of(match) for match in _PHRASE.findall(text)) if words][:MOST_PHRASES]
    every = words_of(_PHRASE.sub(" ", text))[:most_words]
    clauses = [Clause((Alternative(words),), required=True) for words in phrases]
    clauses += _clauses(every, synonyms or SynonymTable(), keep_stop_words=False)
    if not clauses:
        clauses = _clauses(every, SynonymTable(), keep_stop_words=True)
    return SearchQuery(
        at=at, text=text, clauses=tuple(clauses), kinds=kinds, topics=topics, authors=authors, years=years, sort=sort,
        page=max(1, min(page, LAST_PAGE)), size=size,
    )  # fmt: skip


def _clauses(words: tuple[str, ...], synonyms: SynonymTable, *, keep_stop_words: bool) -> list[Clause]:
    clauses: dict[tuple[str, ...], Clause] = {}
    place = 0
    while place < len(words):
        length, others = synonyms.match(words, place)
        if length:
            said = words[place : place + length]
            alternatives = (Alternative(said, adjacent=False), *(Alternative(other) for other in others))
            clauses.setdefault(tuple(word.casefold() for word in said), Clause(alternatives))
            place += length
            continue
        word = words[place]
        if keep_stop_words or word.casefold() not in STOP_WORDS:
            clauses.setdefault((word.casefold(),), Clause((Alternative((word,)),)))
        place += 1
    return list(clauses.values())


class SynonymTable:
    """Words taken for the same: from a sequence of words to the other sequences of its groups."""

    def __init__(self, groups: Iterable[Sequence[str]] = ()) -> None:
        """Read groups of equivalent phrases, for example ("A&E", "emergency department")."""
        self.others: dict[tuple[str, ...], list[tuple[str, ...]]] = {}
        for group in groups:
            phrases = list(dict.fromkeys(words for phrase in group if (words := _folded(words_of(phrase)))))
            for words in phrases:
                known = self.others.setdefault(words, [])
                known += [other for other in phrases if other != words and other not in known]
        self.longest = max(map(len, self.others), default=0)

    def match(self, words: Sequence[str], place: int) -> tuple[int, list[tuple[str, ...]]]:
        """Return how many words from `place` on are the longest known sequence, and what else it is called."""
        for length in range(min(self.longest, len(words) - place), 0, -1):
            others = self.others.get(_folded(words[place : place + length]))
            if others:
                return length, others
        return 0, []


def _folded(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)
