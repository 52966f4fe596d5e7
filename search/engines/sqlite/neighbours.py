"""Related documents by their terms, from the full-text index itself: its term lists hold every place of every word.

The seed's 50 terms with the highest tf·idf, each boosted by its frequency in the seed, scored by BM25 over the whole
text of each document. A list of common words costs the most to look up, so document frequencies are kept for a while:
they change slowly, and an inverse document frequency changes less.
"""

from __future__ import annotations

import json
import math
import threading
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import TYPE_CHECKING, Any

from search.analysis import terms_of
from search.engines.base import Described, Neighbour
from search.wording import is_widespread, named_words

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Sequence

    from search.analysis import Term

SEED_TERMS = 50
# A term of one document only cannot relate it to another.
FEWEST_DOCUMENTS = 2
K1, B = 1.2, 0.75
# Kept frequencies are forgotten when the number of documents has changed by this share.
DRIFT = 0.02
_WHOLE_TEXT = "title || char(10) || key_points || char(10) || summary || char(10) || body"


@dataclass(slots=True)
class _Statistics:
    number: int
    documents: int
    average_length: float
    frequencies: dict[str, int] = field(default_factory=dict)


class NeighbourFinder:
    """Finds neighbours and remembers term statistics between calls."""

    def __init__(self) -> None:
        """Start without statistics."""
        self._local = threading.local()

    def find(
        self, connection: sqlite3.Connection, number: int, key: str, *, at: datetime, limit: int
    ) -> list[Neighbour]:
        """Return the neighbours of the document at `key`, closest first."""
        seed = connection.execute(
            f"SELECT id, {_WHOLE_TEXT}, kin FROM documents_{number} WHERE key = ? AND NOT deleted",  # noqa: S608
            (key,),
        ).fetchone()
        if seed is None:
            return []
        identity, text, kin = seed
        statistics = self._statistics(connection, number)
        terms = self._seed_terms(connection, statistics, terms_of(text))
        if not terms:
            return []
        values: dict[str, Any] = {
            "self": identity, "kin": kin, "at": at.timestamp(), "limit": limit,
            "average": max(statistics.average_length, 1.0),
        }  # fmt: skip
        for place, (term, weight) in enumerate(terms):
            values[f"term{place}"], values[f"weight{place}"] = term.stem, weight
        words = {
            term.stem: term.word
            for term, _ in terms
            if not is_widespread(statistics.frequencies[term.stem], statistics.documents)
        }
        shares: dict[str, list[tuple[float, str]]] = {}
        scores: dict[str, float] = {}
        for other, score, stem, share in connection.execute(_statement(number, len(terms)), values):
            scores[other] = score
            if stem in words:
                shares.setdefault(other, []).append((share, words[stem]))
        return [Neighbour(other, score, named_words(shares.get(other, []))) for other, score in scores.items()]

    def _statistics(self, connection: sqlite3.Connection, number: int) -> _Statistics:
        documents, average = connection.execute(
            f"SELECT count(*), coalesce(avg(length), 0) FROM documents_{number} WHERE NOT deleted"  # noqa: S608
        ).fetchone()
        known: _Statistics | None = getattr(self._local, "statistics", None)
        if (
            known is None
            or known.number != number
            or abs(documents - known.documents) > DRIFT * min(documents, known.documents)
        ):
            known = self._local.statistics = _Statistics(number, documents, average)
        return known

    def _seed_terms(
        self, connection: sqlite3.Connection, statistics: _Statistics, terms: list[Term]
    ) -> list[tuple[Term, float]]:
        weighed: list[tuple[float, Term, float]] = []
        for term in terms:
            frequency = statistics.frequencies.get(term.stem)
            if frequency is None:
                row = connection.execute(
                    f"SELECT doc FROM terms_{statistics.number} WHERE term = ?",  # noqa: S608
                    (term.stem,),
                ).fetchone()
                frequency = statistics.frequencies[term.stem] = row[0] if row else 0
            if frequency >= FEWEST_DOCUMENTS:
                rarity = math.log(1 + (statistics.documents - frequency + 0.5) / (frequency + 0.5))
                weighed.append((term.count * rarity, term, term.count * rarity))
        weighed.sort(key=lambda item: (-item[0], item[1].stem))
        return [(term, weight) for _, term, weight in weighed[:SEED_TERMS]]


def _statement(number: int, terms: int) -> str:
    seed = ", ".join(f"(:term{place}, :weight{place})" for place in range(terms))
    docs, places = f"documents_{number}", f"places_{number}"
    return f"""
        WITH seed (term, weight) AS (VALUES {seed}),
        found AS MATERIALIZED (
            SELECT seed.term AS term, seed.weight AS weight, p.doc AS document, count(*) AS frequency
            FROM seed JOIN {places} p ON p.term = seed.term GROUP BY seed.term, p.doc
        ),
        shares AS MATERIALIZED (
            SELECT f.document, f.term, f.weight * f.frequency * {K1 + 1}
                / (f.frequency + {K1} * (1 - {B} + {B} * d.length / :average)) AS share
            FROM found f JOIN {docs} d ON d.id = f.document
            WHERE d.related AND d.id <> :self AND (d.kin = '' OR d.kin <> :kin)
                AND (d.live_from IS NULL OR d.live_from <= :at) AND (d.live_to IS NULL OR d.live_to > :at)
        ),
        best AS (
            SELECT s.document, d.key, sum(s.share) AS score FROM shares s JOIN {docs} d ON d.id = s.document
            GROUP BY s.document ORDER BY score DESC, d.key LIMIT :limit
        )
        SELECT b.key, b.score, s.term, s.share FROM best b JOIN shares s ON s.document = b.document
        ORDER BY b.score DESC, b.key
    """  # noqa: S608 (names and numbers from this package; terms are bound)


def described(connection: sqlite3.Connection, number: int, keys: Sequence[str]) -> dict[str, Described]:
    """Return what generation `number` holds of these keys."""
    rows = connection.execute(
        f"SELECT key, kind, related, kin, topics, published_on, live_from, live_to FROM documents_{number} "  # noqa: S608
        "WHERE key IN (SELECT value FROM json_each(?)) AND NOT deleted",
        (json.dumps(list(keys)),),
    )
    return {
        key: Described(
            key=key, kind=kind, related=bool(related), group=kin, topics=tuple(json.loads(topics)),
            published_on=date.fromisoformat(published_on) if published_on else None,
            live_from=None if live_from is None else datetime.fromtimestamp(live_from, UTC),
            live_to=None if live_to is None else datetime.fromtimestamp(live_to, UTC),
        )
        for key, kind, related, kin, topics, published_on, live_from, live_to in rows
    }  # fmt: skip


def texts(connection: sqlite3.Connection, number: int, keys: Sequence[str]) -> dict[str, str]:
    """Return the whole texts of those of these keys that take part in related lists."""
    rows = connection.execute(
        f"SELECT key, {_WHOLE_TEXT} FROM documents_{number} "  # noqa: S608
        "WHERE key IN (SELECT value FROM json_each(?)) AND related AND NOT deleted",
        (json.dumps(list(keys)),),
    )
    return dict(rows.fetchall())


def newest(
    connection: sqlite3.Connection, number: int, *, topics: Sequence[int], at: datetime, limit: int
) -> list[str]:
    """Return the newest documents of generation `number` that take part in related lists."""
    about = (
        f"AND id IN (SELECT document FROM topics_{number} WHERE topic IN (SELECT value FROM json_each(:topics)))"  # noqa: S608
        if topics
        else ""
    )
    rows = connection.execute(
        f"SELECT key FROM documents_{number} WHERE related AND NOT deleted "  # noqa: S608
        f"AND (live_from IS NULL OR live_from <= :at) AND (live_to IS NULL OR live_to > :at) {about} "
        "ORDER BY published_on DESC, key LIMIT :limit",
        {"topics": json.dumps(list(topics)), "at": at.timestamp(), "limit": limit},
    )
    return [key for (key,) in rows]
