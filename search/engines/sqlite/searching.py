"""Questions to the embedded index: one statement matches, filters, counts and pages; a second one marks the hits."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from search.engines.sqlite.schema import FIELD_WEIGHTS
from search.fusion import FUSED_DEPTH, RRF_K
from search.highlight import best_snippet
from search.query import MARK_END, MARK_START, Found, Hit, Sort

if TYPE_CHECKING:
    import sqlite3

    from search.query import Clause, SearchQuery

SNIPPET_WORDS = 32
# The families of filters; each count ignores its own filter.
FACETS = ("type", "topic", "author", "year")
_COLUMN = {name: place for place, name in enumerate(FIELD_WEIGHTS)}


def search(connection: sqlite3.Connection, number: int, query: SearchQuery) -> Found:
    """Answer `query` from generation `number`."""
    match = match_expression(query)
    values: dict[str, Any] = {
        "match": match,
        "at": query.at.timestamp(),
        "size": query.size,
        "offset": query.offset,
        "nearest": json.dumps(query.nearest),
    }
    for name, chosen in _filters(query).items():
        values.update((f"{name}{place}", value) for place, value in enumerate(chosen))
    matched: list[tuple[int, float]] = []
    facets: dict[str, dict[str, int]] = {name: {} for name in FACETS}
    total = 0
    for family, name, amount in connection.execute(_statement(number, query), values):
        if family == "hit":
            matched.append((int(name), amount))
        elif family == "total":
            total = amount
        else:
            facets[family][str(name)] = amount
    return Found(hits=_hits(connection, number, query, match, matched), total=total, facets=facets)


def _filters(query: SearchQuery) -> dict[str, tuple[Any, ...]]:
    return {"type": query.kinds, "topic": query.topics, "author": query.authors, "year": tuple(map(str, query.years))}


def match_expression(query: SearchQuery) -> str:
    """Return the full-text expression: every word quoted, so that nothing typed is ever syntax.

    A word that holds an apostrophe becomes a phrase by itself.
    """
    required = [_clause(clause) for clause in query.clauses if clause.required]
    wanted = [_clause(clause) for clause in query.clauses if not clause.required]
    if query.every:
        return " AND ".join([*required, *wanted])
    if required and wanted:
        return " AND ".join([*required, f"({' OR '.join([required[0], *wanted])})"])
    return " AND ".join(required) or " OR ".join(wanted)


def _clause(clause: Clause) -> str:
    alternatives = [
        _quoted(" ".join(alternative.words))
        if alternative.adjacent
        else f"({' AND '.join(_quoted(word) for word in alternative.words)})"
        for alternative in clause.alternatives
    ]
    return alternatives[0] if len(alternatives) == 1 else f"({' OR '.join(alternatives)})"


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _statement(number: int, query: SearchQuery) -> str:
    docs, texts, topics = f"documents_{number}", f"texts_{number}", f"topics_{number}"
    weights = ", ".join(str(weight) for weight in FIELD_WEIGHTS.values())
    tests = {
        "type": "d.kind IN ({})",
        "topic": f"EXISTS (SELECT 1 FROM {topics} t WHERE t.document = d.id AND t.topic IN ({{}}))",  # noqa: S608
        "author": "EXISTS (SELECT 1 FROM json_each(d.authors) WHERE value IN ({}))",
        "year": "substr(d.published_on, 1, 4) IN ({})",
    }
    fits = {
        name: tests[name].format(", ".join(f":{name}{place}" for place in range(len(chosen)))) if chosen else "1"
        for name, chosen in _filters(query).items()
    }
    asks = bool(query.clauses)
    score = f"-bm25({texts}, {weights}) * d.weight" if asks else "0.0"
    source = f"{texts} JOIN {docs} d ON d.id = {texts}.rowid" if asks else f"{docs} d"
    condition = f"{texts} MATCH :match AND" if asks else ""
    order = "score DESC, published_on DESC"
    if query.sort is Sort.NEWEST:
        order = "published_on DESC, score DESC"
    elif query.fuses:
        order = f"rank DESC, {order}"
    columns = ", ".join(f"{test} AS fits_{name}" for name, test in fits.items())
    all_fit = " AND ".join(f"fits_{name}" for name in FACETS)
    counted = {
        "type": "SELECT kind AS value FROM matched m",
        "topic": f"SELECT t.topic AS value FROM matched m JOIN {topics} t ON t.document = m.id",  # noqa: S608
        "author": "SELECT a.value FROM matched m, json_each(m.authors) a",
        "year": "SELECT substr(published_on, 1, 4) AS value FROM matched m",
    }
    facets = ""
    for name, values in counted.items():
        others = " AND ".join(f"m.fits_{other}" for other in FACETS if other != name)
        facets += (
            f" UNION ALL SELECT '{name}', value, count(*) FROM ({values} WHERE {others}) "  # noqa: S608
            "WHERE value IS NOT NULL GROUP BY value"
        )
    visible = "NOT d.deleted AND (d.live_from IS NULL OR d.live_from <= :at) AND (d.live_to IS NULL OR d.live_to > :at)"
    shown = "d.id, d.key, d.kind, d.published_on, d.authors"
    near, hits, also = "", "matched", ""
    if query.fuses:
        near, hits = _fusion(all_fit), "fused"
        also = f"""
            UNION ALL SELECT {shown}, NULL, {columns} FROM {docs} d WHERE d.key IN (SELECT key FROM near) AND {visible}
                AND d.id NOT IN (SELECT rowid FROM {texts} WHERE {texts} MATCH :match)"""  # noqa: S608 (as below)
    return f"""
        WITH near (key, place) AS (SELECT value, key + 1 FROM json_each(:nearest)),
        matched AS MATERIALIZED (
            SELECT {shown}, {score} AS score, {columns} FROM {source} WHERE {condition} {visible} {also}
        ) {near}
        SELECT * FROM (
            SELECT 'hit', id, coalesce(score, 0) AS score FROM {hits} WHERE {all_fit}
            ORDER BY {order}, key LIMIT :size OFFSET :offset
        )
        UNION ALL SELECT 'total', '', count(*) FROM matched WHERE {all_fit}
        {facets if query.facets else ""}
    """  # noqa: S608 (names and numbers from this package; everything typed is bound)


def _fusion(all_fit: str) -> str:
    """Return the tables that fuse the ranking by words (NULL: matched by meaning alone) with the one by meaning."""
    return f"""
        , placed AS (
            SELECT m.*, row_number() OVER (ORDER BY m.score DESC NULLS LAST, m.published_on DESC, m.key) AS by_words,
                near.place AS by_meaning
            FROM matched m LEFT JOIN near ON near.key = m.key WHERE {all_fit}
        ),
        fused AS (
            SELECT *, iif(score IS NULL OR by_words > {FUSED_DEPTH}, 0.0, 1.0 / ({RRF_K} + by_words))
                + coalesce(1.0 / ({RRF_K} + by_meaning), 0.0) AS rank
            FROM placed
        )"""  # noqa: S608 (names and numbers from this package)


def _hits(
    connection: sqlite3.Connection, number: int, query: SearchQuery, match: str, matched: list[tuple[int, float]]
) -> tuple[Hit, ...]:
    ids = ", ".join(str(identity) for identity, _ in matched)
    if not ids:
        return ()
    docs, texts = f"documents_{number}", f"texts_{number}"
    plain = f"SELECT id, key, kind, url, title, summary, '' FROM {docs} d WHERE id IN ({ids})"  # noqa: S608
    marks = f"'{MARK_START}', '{MARK_END}'"
    marked = f"""
        SELECT d.id, d.key, d.kind, d.url,
            highlight({texts}, {_COLUMN["title"]}, {marks}), highlight({texts}, {_COLUMN["summary"]}, {marks}),
            snippet({texts}, {_COLUMN["body"]}, {marks}, '…', {SNIPPET_WORDS})
        FROM {texts} JOIN {docs} d ON d.id = {texts}.rowid
        WHERE {texts} MATCH :match AND {texts}.rowid IN ({ids})"""  # noqa: S608
    rows: dict[int, tuple[str, ...]] = {}
    if not query.clauses or not query.highlight or query.fuses:  # near in meaning: there may be no word to mark
        rows = {row[0]: row[1:] for row in connection.execute(plain)}
    if query.clauses and query.highlight:
        rows |= {row[0]: row[1:] for row in connection.execute(marked, {"match": match})}
    return tuple(
        Hit(key=key, score=score, kind=kind, url=url, title=title, snippet=best_snippet(summary, body))
        for identity, score in matched
        for key, kind, url, title, summary, body in (rows[identity],)
    )
