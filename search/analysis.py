"""English terms of a text, exactly as the embedded engine cuts and stems them.

SQLite's own tokeniser does the work (`porter` over `unicode61`, the algorithm that Lucene's English analyser uses
too), so that the terms counted here are the terms in the index, whatever character a text holds.
"""

from __future__ import annotations

import sqlite3
import threading
from dataclasses import dataclass

from search.query import STOP_WORDS

UNSTEMMED = "unicode61 remove_diacritics 2"
TOKENISER = f"porter {UNSTEMMED}"
# Left over from "patient's", "don't" and the like.
FRAGMENTS = frozenset({"s", "t", "ll", "re", "ve", "d", "m"})
SHORTEST_TERM = 2


@dataclass(frozen=True, slots=True)
class Term:
    """A stem, how often it stands in the text, and the word it stood for first."""

    stem: str
    count: int
    word: str


class Analyser:
    """Counts terms; one a thread, since a connection must not be shared."""

    def __init__(self) -> None:
        """Open two tables in memory: one stems, the other keeps the words as written."""
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.executescript(
            f"CREATE VIRTUAL TABLE stems USING fts5(text, tokenize='{TOKENISER}', content='');"
            "CREATE VIRTUAL TABLE stem_places USING fts5vocab(stems, 'instance');"
            f"CREATE VIRTUAL TABLE words USING fts5(text, tokenize='{UNSTEMMED}', content='');"
            "CREATE VIRTUAL TABLE word_places USING fts5vocab(words, 'instance');"
        )

    def terms(self, text: str) -> list[Term]:
        """Return the terms of a text in the order of their first places, without stop words and numbers alone."""
        run = self.connection.execute
        run("BEGIN")
        run("INSERT INTO stems (rowid, text) VALUES (1, ?)", (text,))
        run("INSERT INTO words (rowid, text) VALUES (1, ?)", (text,))
        words = dict(run("SELECT offset, term FROM word_places"))
        counted = run("SELECT term, count(*), min(offset) FROM stem_places GROUP BY term ORDER BY 3").fetchall()
        run("ROLLBACK")
        return [
            Term(stem, count, words.get(first, stem))
            for stem, count, first in counted
            if carries_meaning(stem, words.get(first, stem))
        ]


def carries_meaning(stem: str, word: str) -> bool:
    """Whether a term may relate texts: no stop word, no number alone, no rest of a shortened word."""
    return not (
        len(stem) < SHORTEST_TERM or stem.isdigit() or word in STOP_WORDS or stem in FRAGMENTS or word in FRAGMENTS
    )


_local = threading.local()


def terms_of(text: str) -> list[Term]:
    """Return the terms of a text, with this thread's analyser."""
    analyser: Analyser | None = getattr(_local, "analyser", None)
    if analyser is None:
        analyser = _local.analyser = Analyser()
    return analyser.terms(text)
