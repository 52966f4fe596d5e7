"""Related documents from Elasticsearch: the seed's stored term vector gives its terms, one query the nearest documents.

`more_like_this` is not used: with its defaults it finds nothing for short pages, and it cannot boost a term by how
often the seed says it.
"""

from __future__ import annotations

import math
from datetime import date, datetime
from typing import TYPE_CHECKING, Any

from search.analysis import carries_meaning, terms_of
from search.engines.base import Described, Neighbour
from search.engines.elasticsearch.searching import visible_at
from search.wording import is_widespread, named_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from elasticsearch import Elasticsearch

SEED_TERMS = 50
# Asked for, because some are numbers or fragments, which relate nothing.
TERMS_ASKED = 70
FEWEST_DOCUMENTS = 2
_TEXTS = ("title", "key_points", "summary", "body")


def neighbours(client: Elasticsearch, index: str, key: str, *, at: datetime, limit: int) -> list[Neighbour]:
    """Return the neighbours of the document at `key`, closest first."""
    seed = _sources(client, index, [key], [*_TEXTS, "kin"]).get(key)
    if seed is None:
        return []
    terms = _seed_terms(client, index, key)
    if not terms:
        return []
    excluded: list[dict[str, Any]] = [{"ids": {"values": [key]}}]
    if seed.get("kin"):
        excluded.append({"term": {"kin": seed["kin"]}})
    answer = client.search(
        index=index,
        query={
            "bool": {
                "should": [
                    {"term": {"all": {"value": stem, "boost": float(count), "_name": stem}}} for stem, count, _ in terms
                ],
                "minimum_should_match": 1,
                "filter": [{"term": {"related": True}}, *(test.to_dict() for test in visible_at(at))],
                "must_not": excluded,
            }
        },
        size=limit,
        sort=[{"_score": "desc"}, {"key": "asc"}],
        source=False,
        track_total_hits=False,
        include_named_queries_score=True,
    ).body
    named = {stem for stem, _, is_named in terms if is_named}
    words = {term.stem: term.word for term in terms_of(_whole_text(seed))}
    return [
        Neighbour(
            hit["_id"],
            hit["_score"],
            named_words(
                (share, words.get(stem, stem)) for stem, share in hit["matched_queries"].items() if stem in named
            ),
        )
        for hit in answer["hits"]["hits"]
    ]


def _seed_terms(client: Elasticsearch, index: str, key: str) -> list[tuple[str, int, bool]]:
    """Return the seed's terms with the highest tf·idf, each with its frequency and whether it may be named."""
    answer = client.termvectors(
        index=index,
        id=key,
        fields=["all"],
        term_statistics=True,
        field_statistics=True,
        positions=False,
        offsets=False,
        payloads=False,
        realtime=False,
        filter={"max_num_terms": TERMS_ASKED, "min_doc_freq": FEWEST_DOCUMENTS, "min_term_freq": 1},
    ).body
    vector = answer.get("term_vectors", {}).get("all")
    if not vector:
        return []
    documents = max(vector["field_statistics"]["doc_count"], 1)
    found = []
    for stem, said in vector["terms"].items():
        if carries_meaning(stem, stem):
            rarity = math.log(1 + (documents - said["doc_freq"] + 0.5) / (said["doc_freq"] + 0.5))
            is_named = not is_widespread(said["doc_freq"], documents)
            found.append((-said["term_freq"] * rarity, stem, said["term_freq"], is_named))
    return [(stem, count, is_named) for _, stem, count, is_named in sorted(found)[:SEED_TERMS]]


def described(client: Elasticsearch, index: str, keys: Sequence[str]) -> dict[str, Described]:
    """Return what the index holds of these keys."""
    fields = ["kind", "related", "kin", "topics", "published_on", "live_from", "live_to", "deleted"]
    return {
        key: Described(
            key=key,
            kind=source["kind"],
            related=source["related"],
            group=source["kin"],
            topics=tuple(source["topics"]),
            published_on=date.fromisoformat(source["published_on"]) if "published_on" in source else None,
            live_from=datetime.fromisoformat(source["live_from"]) if "live_from" in source else None,
            live_to=datetime.fromisoformat(source["live_to"]) if "live_to" in source else None,
        )
        for key, source in _sources(client, index, keys, fields).items()
    }


def texts(client: Elasticsearch, index: str, keys: Sequence[str]) -> dict[str, str]:
    """Return the whole texts of those of these keys that take part in related lists."""
    found = _sources(client, index, keys, [*_TEXTS, "related"])
    return {key: _whole_text(source) for key, source in found.items() if source["related"]}


def newest(client: Elasticsearch, index: str, *, topics: Sequence[int], at: datetime, limit: int) -> list[str]:
    """Return the newest documents of the index that take part in related lists."""
    filters: list[dict[str, Any]] = [{"term": {"related": True}}, *(test.to_dict() for test in visible_at(at))]
    if topics:
        filters.append({"terms": {"topics": list(topics)}})
    answer = client.search(
        index=index,
        query={"bool": {"filter": filters}},
        size=limit,
        sort=[{"published_on": {"order": "desc", "missing": "_last"}}, {"key": "asc"}],
        source=False,
        track_total_hits=False,
    ).body
    return [hit["_id"] for hit in answer["hits"]["hits"]]


def _sources(
    client: Elasticsearch, index: str, keys: Sequence[str], fields: Sequence[str]
) -> dict[str, dict[str, Any]]:
    if not keys:
        return {}
    answer = client.mget(index=index, ids=list(keys), source_includes=[*fields, "deleted"]).body
    return {
        item["_id"]: item["_source"] for item in answer["docs"] if item.get("found") and not item["_source"]["deleted"]
    }


def _whole_text(source: dict[str, Any]) -> str:
    return "\n".join(source.get(name, "") for name in _TEXTS)
