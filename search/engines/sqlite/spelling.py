"""Spellings and suggestions from the embedded index: what words there are, and titles that go on as typed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from search.analysis import terms_of
from search.engines.base import Suggestion
from search.spelling import MOST_CORRECTIONS, edits_allowed, edits_between

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence
    from datetime import datetime


def corrections(connection: sqlite3.Connection, number: int, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each word that is in no document in any form, the nearest words that are, best first.

    The first letter is taken to be right, as most typed ones are: so only a part of the vocabulary is compared.
    """
    found: dict[str, tuple[str, ...]] = {}
    for word in words:
        [*terms] = terms_of(word)
        if len(terms) != 1 or edits_allowed(terms[0].word) == 0:
            continue
        folded = terms[0].word
        if _exists(connection, f"terms_{number}", terms[0].stem):
            continue
        allowed = edits_allowed(folded)
        candidates = connection.execute(
            f"SELECT term, doc FROM spellings_{number} WHERE term >= ? AND term < ? "  # noqa: S608
            "AND length(term) BETWEEN ? AND ?",
            (folded[0], chr(ord(folded[0]) + 1), len(folded) - allowed, len(folded) + allowed),
        )
        near = sorted(
            (edits, -documents, term)
            for term, documents in candidates
            if (edits := edits_between(folded, term, allowed)) <= allowed
        )
        if near:
            fewest = near[0][0]
            found[word] = tuple(term for edits, _, term in near if edits == fewest)[:MOST_CORRECTIONS]
    return found


def _exists(connection: sqlite3.Connection, table: str, term: str) -> bool:
    return connection.execute(f"SELECT 1 FROM {table} WHERE term = ?", (term,)).fetchone() is not None  # noqa: S608


def suggestions(
    connection: sqlite3.Connection, number: int, words: Sequence[str], *, at: datetime, limit: int
) -> list[Suggestion]:
    """Return the documents whose title holds the words, the last of which may be only begun."""
    if not words:
        return []
    quoted = ['"' + word.replace('"', '""') + '"' for word in words]
    match = " AND ".join([*quoted[:-1], f"{quoted[-1]}*"])
    rows = connection.execute(
        f"SELECT d.key, d.title, d.url, d.kind FROM titles_{number} t JOIN documents_{number} d ON d.id = t.rowid "  # noqa: S608
        f"WHERE titles_{number} MATCH :match AND NOT d.deleted "
        "AND (d.live_from IS NULL OR d.live_from <= :at) AND (d.live_to IS NULL OR d.live_to > :at) "
        "ORDER BY t.rank, d.published_on DESC, d.key LIMIT :limit",
        {"match": match, "at": at.timestamp(), "limit": limit},
    )
    return [Suggestion(*row) for row in rows]
