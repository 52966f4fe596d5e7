"""Questions to the embedded index: one statement matches, filters, counts and pages; a second one marks the hits."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from search.engines.sqlite.schema import FIELD_WEIGHTS
from search.query import MARK_END, MARK_START, Found, Hit, Sort

if TYPE_CHECKING:
    import sqlite3

    from search.query import SearchQuery

SNIPPET_WORDS = 32
_COLUMN = {name: place for place, name in enumerate(FIELD_WEIGHTS)}


def search(connection: sqlite3.Connection, number: int, query: SearchQuery) -> Found:
    """Answer `query` from generation `number`."""
    match = match_expression(query)
    if query.asks and not match:
        return Found()
    values: dict[str, Any] = {
        "match": match, "at": query.at.timestamp(), "size": query.size, "offset": query.offset,
        **{f"kind{place}": kind for place, kind in enumerate(query.kinds)},
        **{f"topic{place}": topic for place, topic in enumerate(query.topics)},
    }  # fmt: skip
    matched: list[tuple[int, float]] = []
    facets: dict[str, dict[str, int]] = {"type": {}, "topic": {}}
    total = 0
    for family, name, amount in connection.execute(_statement(number, query), values):
        if family == "hit":
            matched.append((int(name), amount))
        elif family == "total":
            total = amount
        else:
            facets[family][str(name)] = amount
    return Found(hits=_hits(connection, number, query, match, matched), total=total, facets=facets)


def match_expression(query: SearchQuery) -> str:
    """Return the full-text expression: every word quoted, so that nothing typed is ever syntax.

    A word that holds an apostrophe becomes a phrase by itself. Words alone are alternatives; beside phrases they
    only raise the score.
    """
    phrases = [_quoted(" ".join(words)) for words in query.phrases]
    words = [_quoted(word) for word in query.words]
    if not phrases:
        return " OR ".join(words)
    required = " AND ".join(phrases)
    return f"{required} AND ({' OR '.join([phrases[0], *words])})" if words else required


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _statement(number: int, query: SearchQuery) -> str:
    docs, texts, topics = f"documents_{number}", f"texts_{number}", f"topics_{number}"
    weights = ", ".join(str(weight) for weight in FIELD_WEIGHTS.values())
    kinds = ", ".join(f":kind{place}" for place in range(len(query.kinds)))
    chosen = ", ".join(f":topic{place}" for place in range(len(query.topics)))
    kind_fits = f"d.kind IN ({kinds})" if kinds else "1"
    topic_fits = (
        f"EXISTS (SELECT 1 FROM {topics} t WHERE t.document = d.id AND t.topic IN ({chosen}))" if chosen else "1"  # noqa: S608
    )
    score = f"-bm25({texts}, {weights}) * d.weight" if query.asks else "0.0"
    source = f"{texts} JOIN {docs} d ON d.id = {texts}.rowid" if query.asks else f"{docs} d"
    condition = f"{texts} MATCH :match AND" if query.asks else ""
    order = "published_on DESC, score DESC" if query.sort is Sort.NEWEST else "score DESC, published_on DESC"
    facets = f"""
        UNION ALL SELECT 'type', kind, count(*) FROM matched WHERE topic_fits GROUP BY kind
        UNION ALL SELECT 'topic', t.topic, count(*) FROM matched m JOIN {topics} t ON t.document = m.id
            WHERE m.kind_fits GROUP BY t.topic"""  # noqa: S608
    return f"""
        WITH matched AS MATERIALIZED (
            SELECT d.id, d.key, d.kind, d.published_on, {score} AS score, {kind_fits} AS kind_fits,
                {topic_fits} AS topic_fits
            FROM {source}
            WHERE {condition} NOT d.deleted
                AND (d.live_from IS NULL OR d.live_from <= :at) AND (d.live_to IS NULL OR d.live_to > :at)
        )
        SELECT * FROM (
            SELECT 'hit', id, score FROM matched WHERE kind_fits AND topic_fits
            ORDER BY {order}, key LIMIT :size OFFSET :offset
        )
        UNION ALL SELECT 'total', '', count(*) FROM matched WHERE kind_fits AND topic_fits
        {facets if query.facets else ""}
    """  # noqa: S608 (names and numbers from this package; everything typed is bound)


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
    statement = marked if query.asks and query.highlight else plain
    rows = {row[0]: row[1:] for row in connection.execute(statement, {"match": match} if statement is marked else {})}
    return tuple(
        Hit(key=key, score=score, kind=kind, url=url, title=title, snippet=_best_snippet(summary, body))
        for identity, score in matched
        for key, kind, url, title, summary, body in (rows[identity],)
    )


def _best_snippet(summary: str, body: str) -> str:
    """Choose the text under a title: the summary where it holds a match, else the place in the body."""
    if MARK_START in summary or MARK_START not in body:
        return summary or body
    return body
