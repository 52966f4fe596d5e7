"""The query model: what a reader asked, in one form that every engine understands, whatever was typed."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime

# Longer input is cut: no reader types more, and an engine's time grows with it.
LONGEST_TEXT = 400
MOST_WORDS = 48
HITS_A_PAGE = 20
# Deeper pages cost an engine the sum of all pages before them, and nobody reads them.
LAST_PAGE = 50

# Marks around a highlighted word: private-use characters, taken out of documents and queries alike.
MARK_START, MARK_END = "\ue000", "\ue001"
_UNSPEAKABLE = re.compile("[\ue000-\uf8ff]")
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
class SearchQuery:
    """A question to an engine.

    `words` may each match by themselves, `phrases` must all match, word by word; without either, everything matches
    and the newest comes first. Filters of one family are alternatives; families are joined by "and". `at` is the
    moment for which visibility is asked.
    """

    at: datetime
    text: str = ""
    words: tuple[str, ...] = ()
    phrases: tuple[tuple[str, ...], ...] = ()
    kinds: tuple[str, ...] = ()
    topics: tuple[int, ...] = ()
    sort: Sort = Sort.RELEVANCE
    page: int = 1
    size: int = HITS_A_PAGE
    facets: bool = True
    highlight: bool = True

    @property
    def asks(self) -> bool:
        """Whether there is anything to look for in texts."""
        return bool(self.words or self.phrases)

    @property
    def offset(self) -> int:
        """How many hits come before this page's."""
        return (self.page - 1) * self.size


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
    text = "".join(" " if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp", "Zs"} else char for char in text)
    text = " ".join(text.split())
    return text if limit is None else text[:limit].rstrip()


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text, in order, each with its apostrophes but without a possessive s."""
    return tuple(_POSSESSIVE.sub("", word) for word in _WORD.findall(text))


def parse_query(  # noqa: PLR0913 (one argument a part of the address)
    text: str,
    *,
    at: datetime,
    kinds: tuple[str, ...] = (),
    topics: tuple[int, ...] = (),
    sort: Sort = Sort.RELEVANCE,
    page: int = 1,
    size: int = HITS_A_PAGE,
    limit: int = LONGEST_TEXT,
    most_words: int = MOST_WORDS,
) -> SearchQuery:
    """Turn what was typed into a query; any text is allowed, none raises.

    Quoted words are phrases. Words that carry no meaning by themselves are left out, unless nothing else is left.
    """
    text = clean_text(text, limit=limit)
    phrases = tuple(words for words in (words_of(match) for match in _PHRASE.findall(text)) if words)
    every = words_of(_PHRASE.sub(" ", text))
    phrases, every = phrases[:8], every[:most_words]
    words = tuple(dict.fromkeys(word for word in every if word.casefold() not in STOP_WORDS))
    if not words and not phrases:
        words = tuple(dict.fromkeys(every))
    return SearchQuery(
        at=at, text=text, words=words, phrases=phrases, kinds=kinds, topics=topics, sort=sort,
        page=max(1, min(page, LAST_PAGE)), size=size,
    )  # fmt: skip
