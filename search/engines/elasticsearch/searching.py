"""Questions to Elasticsearch, built with its query objects: one request matches, filters, counts, pages, marks."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from elasticsearch import NotFoundError
from elasticsearch.dsl import Q, Search

from search.analysis import terms_of
from search.engines.base import NoIndex, Suggestion
from search.engines.elasticsearch.schema import FIELD_WEIGHTS, LONGEST_BEGINNING
from search.fusion import FUSED_DEPTH, fused
from search.highlight import best_snippet
from search.query import MARK_END, MARK_START, Found, Hit, Sort
from search.spelling import MOST_CORRECTIONS, edits_allowed, edits_between

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from elasticsearch import Elasticsearch
    from elasticsearch.dsl.query import Query

    from search.query import Alternative, Clause, SearchQuery

SNIPPET_LENGTH = 200
# No words score so high, and a 32-bit score still tells neighbours of this size apart.
ABOVE_WORDS = 1_000_000.0
# More values than readers can look at; a facet shows the most frequent.
MOST_VALUES = 500
_FIELDS = [f"{name}^{weight}" for name, weight in FIELD_WEIGHTS.items()]
_FACETS = {"type": "kind", "topic": "topics", "author": "authors", "year": "year"}
_NEWEST: list[Any] = [{"published_on": {"order": "desc", "missing": "_last"}}, {"key": "asc"}]


def search(client: Elasticsearch, index: str, query: SearchQuery) -> Found:
    """Answer `query` from `index`; where words and meaning are fused, the ranking by words is asked for first."""
    ranking: list[str] = []
    if query.fuses:
        first = replace(query, page=1, size=FUSED_DEPTH, facets=False, highlight=False, nearest=())
        by_words = [hit["_id"] for hit in _ask(client, index, search_body(first) | {"_source": False})["hits"]["hits"]]
        scores = fused([(by_words, 1.0), (query.nearest, 1.0)])
        ranking = sorted(scores, key=lambda key: (-scores[key], key not in by_words, key))
    answer = _ask(client, index, search_body(query, ranking))
    hits = answer["hits"]
    return Found(
        hits=tuple(_hit(hit) for hit in hits["hits"]),
        total=hits["total"]["value"],
        facets={
            name: {
                str(bucket["key"]): bucket["doc_count"] for bucket in answer["aggregations"][name]["values"]["buckets"]
            }
            for name in (_FACETS if query.facets else ())
        },
    )


def search_body(query: SearchQuery, ranking: Sequence[str] = ()) -> dict[str, Any]:
    """Return the request for a query: filters apply after counting, so that a facet's counts ignore its own.

    The documents of `ranking` come first in its order, whatever their words (a constant each, above any score of
    words, and of both the higher counts): the engine's own fusion needs a paid licence.
    """
    matched = Q("bool", filter=[Q("term", deleted=False), *visible_at(query.at)])
    if query.clauses:
        scored = Q(
            "function_score", query=_wanted(query), field_value_factor={"field": "weight"}, boost_mode="multiply"
        )
        if ranking:
            placed = [
                Q("constant_score", filter=Q("ids", values=[key]), boost=ABOVE_WORDS - place)
                for place, key in enumerate(ranking)
            ]
            scored = Q("dis_max", queries=[scored, *placed])
        matched = Q("bool", must=[scored], filter=matched.filter)
    filters = _filters(query)
    asked = Search().query(matched).extra(track_total_hits=True, size=query.size, from_=query.offset)
    asked = asked.source(["title", "summary", "url", "kind"])
    if filters:
        asked = asked.post_filter(Q("bool", filter=list(filters.values())))
    if query.clauses and query.sort is Sort.RELEVANCE:
        asked = asked.sort({"_score": {"order": "desc"}}, *_NEWEST)
    else:
        asked = asked.sort(*_NEWEST[:1], {"_score": {"order": "desc"}}, *_NEWEST[1:])
    asked = asked.extra(track_scores=True)
    for name, field in _FACETS.items() if query.facets else ():
        others = [test for other, test in filters.items() if other != name]
        counted = asked.aggs.bucket(name, "filter", filter=Q("bool", filter=others))
        counted.bucket("values", "terms", field=field, size=MOST_VALUES)
    if query.clauses and query.highlight:
        asked = asked.highlight_options(
            pre_tags=[MARK_START], post_tags=[MARK_END], order="score", highlight_query=_marked(query).to_dict()
        )
        asked = asked.highlight("title", "summary", number_of_fragments=0)
        asked = asked.highlight(
            "body", number_of_fragments=1, fragment_size=SNIPPET_LENGTH, no_match_size=SNIPPET_LENGTH
        )
    return asked.to_dict()


def visible_at(at: datetime) -> list[Query]:
    """Return the filters for what readers may see at a moment."""
    moment = at.isoformat()
    return [
        ~Q("range", live_from={"gt": moment}),
        ~Q("range", live_to={"lte": moment}),
    ]


def _wanted(query: SearchQuery) -> Query:
    required = [_clause(clause) for clause in query.clauses if clause.required]
    wanted = [_clause(clause) for clause in query.clauses if not clause.required]
    if query.every:
        return Q("bool", must=[*required, *wanted])
    return Q("bool", must=required, should=wanted, minimum_should_match=0 if required else 1)


def _clause(clause: Clause) -> Query:
    alternatives = [_alternative(alternative) for alternative in clause.alternatives]
    return alternatives[0] if len(alternatives) == 1 else Q("bool", should=alternatives, minimum_should_match=1)


def _alternative(alternative: Alternative) -> Query:
    words = Q("combined_fields", query=" ".join(alternative.words), fields=_FIELDS, operator="and")
    if _is_phrase(alternative):
        # Scored by its words: a phrase's own score would multiply by the field's weight and drown every word beside it.
        return Q("bool", must=[words], filter=[_phrase(alternative)])
    return words


def _is_phrase(alternative: Alternative) -> bool:
    return alternative.adjacent and len(alternative.words) > 1


def _phrase(alternative: Alternative) -> Query:
    return Q("multi_match", query=" ".join(alternative.words), type="phrase", fields=list(FIELD_WEIGHTS))


def _marked(query: SearchQuery) -> Query:
    """Return what is marked in hits: phrases where they stand, words anywhere."""
    alternatives = [alternative for clause in query.clauses for alternative in clause.alternatives]
    words = " ".join(" ".join(item.words) for item in alternatives if not _is_phrase(item))
    tests = [_phrase(item) for item in alternatives if _is_phrase(item)]
    if words:
        tests.append(Q("multi_match", query=words, fields=list(FIELD_WEIGHTS)))
    return Q("bool", should=tests)


def _filters(query: SearchQuery) -> dict[str, Query]:
    chosen = {"type": query.kinds, "topic": query.topics, "author": query.authors, "year": query.years}
    return {name: Q("terms", **{_FACETS[name]: list(values)}) for name, values in chosen.items() if values}


def _hit(hit: dict[str, Any]) -> Hit:
    source, marked = hit["_source"], hit.get("highlight", {})
    summary = marked["summary"][0] if "summary" in marked else source["summary"]
    body = marked["body"][0] if "body" in marked else ""
    return Hit(
        key=hit["_id"],
        score=hit["_score"] or 0.0,
        kind=source["kind"],
        title=marked["title"][0] if "title" in marked else source["title"],
        url=source["url"],
        snippet=best_snippet(summary, body),
    )


def corrections(client: Elasticsearch, index: str, words: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Return, for each word that is in no document in any form, the nearest words that are, best first.

    One request asks for both: whether a form of the word is there, and what is near.
    """
    folded: dict[str, str] = {}
    for word in words:
        found = terms_of(word)
        if len(found) == 1 and edits_allowed(found[0].word):
            folded[word] = found[0].word
    if not folded:
        return {}
    body: dict[str, Any] = {
        "size": 0,
        "aggs": {"forms": {"filters": {"filters": {}}}},
        "suggest": {},
    }
    for place, (word, text) in enumerate(folded.items()):
        body["aggs"]["forms"]["filters"]["filters"][str(place)] = {
            "combined_fields": {"query": word, "fields": list(FIELD_WEIGHTS)}
        }
        body["suggest"][str(place)] = {
            "text": text,
            "term": {
                "field": "words", "suggest_mode": "missing", "prefix_length": 1, "min_word_length": 3, "size": 10,
                "max_edits": edits_allowed(text), "string_distance": "damerau_levenshtein",
            },
        }  # fmt: skip
    answer = _ask(client, index, body)
    nearest: dict[str, tuple[str, ...]] = {}
    for place, (word, text) in enumerate(folded.items()):
        if answer["aggregations"]["forms"]["buckets"][str(place)]["doc_count"]:
            continue
        options = [option for entry in answer["suggest"][str(place)] for option in entry["options"]]
        ranked = sorted(
            (edits_between(text, option["text"], edits_allowed(text)), -option["freq"], option["text"])
            for option in options
        )
        near = [item for item in ranked if item[0] <= edits_allowed(text)]
        if near:
            nearest[word] = tuple(text for edits, _, text in near if edits == near[0][0])[:MOST_CORRECTIONS]
    return nearest


def suggestions(
    client: Elasticsearch, index: str, words: Sequence[str], *, at: datetime, limit: int
) -> list[Suggestion]:
    """Return the documents whose title holds the words, the last of which may be only begun."""
    if not words:
        return []
    wanted = [Q("match", **{"title.exact": {"query": word}}) for word in words[:-1]]
    wanted.append(Q("match", **{"title.beginnings": {"query": words[-1][:LONGEST_BEGINNING], "operator": "and"}}))
    asked = Search().query(Q("bool", must=wanted, filter=[Q("term", deleted=False), *visible_at(at)]))
    asked = asked.source(["title", "url", "kind"]).sort({"_score": {"order": "desc"}}, *_NEWEST).extra(size=limit)
    answer = _ask(client, index, asked.to_dict())
    return [
        Suggestion(hit["_id"], hit["_source"]["title"], hit["_source"]["url"], hit["_source"]["kind"])
        for hit in answer["hits"]["hits"]
    ]


def _ask(client: Elasticsearch, index: str, body: dict[str, Any]) -> dict[str, Any]:
    try:
        answer = client.perform_request(
            "POST",
            f"/{index}/_search",
            headers={"content-type": "application/json", "accept": "application/json"},
            body=body,
        )
    except NotFoundError as error:
        raise NoIndex("there is no search index yet") from error
    return dict(answer.body)
