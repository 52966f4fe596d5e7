"""Mapping, analysers and documents of one physical index.

Everything is said explicitly and the mapping is strict: a field that is not named here is refused, never guessed. What
it needs of a server are the modules every normal installation has (analysis-common above all); no scripts, no ingest
pipelines, no paid features.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from elasticsearch.dsl import Boolean, Date, Float, Integer, Keyword, Mapping, Text
from elasticsearch.dsl import analyzer as named_analyzer
from elasticsearch.dsl import char_filter as named_char_filter
from elasticsearch.dsl import token_filter as named_filter

if TYPE_CHECKING:
    from content.pages.documents import Document
    from search.engines.base import Write

# Raised with every change below; `search_index status` says when an index has another number, a rebuild mends it.
SCHEMA = 2

# What each text field counts towards a document's score.
FIELD_WEIGHTS = {"title": 4, "key_points": 2, "summary": 2, "body": 1, "names": 2}
# Titles are suggested from their words' beginnings up to this length.
LONGEST_BEGINNING = 20
# Lucene refuses a document with a keyword beyond 32,766 bytes; a longer one is stored and no facet.
LONGEST_KEYWORD = 1_000

# The standard tokeniser keeps "gov.uk", "1,000" and "snake_case" whole; readers' words are cut there, so texts must be.
_joints = named_char_filter(
    "courant_joints", "mapping", mappings=[f"{joint} => \\u0020" for joint in (".", ",", ":", ";", "_", "\u00b7")]
)
_possessive = named_filter("courant_possessive", "stemmer", language="possessive_english")
_stop = named_filter("courant_stop", "stop", stopwords="_english_")
_beginnings = named_filter("courant_beginnings", "edge_ngram", min_gram=1, max_gram=LONGEST_BEGINNING)

# Readers' words and texts alike. Stop words stay, so that a phrase may hold them; the query model leaves them out.
english = named_analyzer(
    "courant_english",
    char_filter=[_joints],
    tokenizer="standard",
    filter=[_possessive, "lowercase", "asciifolding", "porter_stem"],
)
# What related lists compare: the same without stop words.
terms = named_analyzer(
    "courant_terms",
    char_filter=[_joints],
    tokenizer="standard",
    filter=[_possessive, "lowercase", "asciifolding", _stop, "porter_stem"],
)
# Words as written, for spellings and exact matches.
plain = named_analyzer(
    "courant_plain",
    char_filter=[_joints],
    tokenizer="standard",
    filter=[_possessive, "lowercase", "asciifolding"],
)
beginnings = named_analyzer(
    "courant_beginnings",
    char_filter=[_joints],
    tokenizer="standard",
    filter=[_possessive, "lowercase", "asciifolding", _beginnings],
)


def index_mapping() -> Mapping:
    """Return the mapping of a physical index."""
    mapping = Mapping()
    mapping.meta("dynamic", "strict")
    mapping.meta("_meta", schema=SCHEMA)
    for name in ("key", "kind", "kin"):
        mapping.field(name, Keyword())
    mapping.field("authors", Keyword(ignore_above=LONGEST_KEYWORD))
    for name in ("fingerprint", "url"):
        mapping.field(name, Keyword(index=False, doc_values=False))
    for name in ("deleted", "related"):
        mapping.field(name, Boolean())
    for name in ("published_on", "live_from", "live_to"):
        mapping.field(name, Date())
    mapping.field("year", Integer())
    mapping.field("topics", Integer())
    mapping.field("weight", Float())
    mapping.field("all", Text(analyzer=terms, term_vector="yes", index_options="freqs"))
    mapping.field("words", Text(analyzer=plain, norms=False, index_options="docs"))
    title = Text(
        analyzer=english,
        index_options="offsets",
        copy_to=["all", "words"],
        fields={
            "exact": Text(analyzer=plain),
            "beginnings": Text(analyzer=beginnings, search_analyzer=plain, norms=False),
        },
    )
    mapping.field("title", title)
    for name in ("key_points", "summary", "body"):
        mapping.field(name, Text(analyzer=english, index_options="offsets", copy_to=["all", "words"]))
    mapping.field("names", Text(analyzer=english, index_options="offsets", copy_to=["words"]))
    return mapping


def index_settings() -> dict[str, Any]:
    """Return the settings of a physical index while it is being built: refreshed only when asked, for speed."""
    return {
        "number_of_shards": 1,
        "auto_expand_replicas": "0-1",
        "refresh_interval": "-1",
        "max_result_window": 10_000,
        "analysis": index_mapping()._collect_analysis(),  # noqa: SLF001 (what Index.save itself calls)
    }


def source_of(write: Write) -> dict[str, Any]:
    """Return the stored form of a write; a tombstone says only that it is one."""
    if write.document is None:
        return {"key": write.key, "deleted": True, "related": False, "fingerprint": ""}
    return {**_document_source(write.document), "key": write.key, "deleted": False, "fingerprint": write.fingerprint}


def _document_source(document: Document) -> dict[str, Any]:
    source: dict[str, Any] = {
        "kind": document.kind,
        "url": document.url,
        "title": document.title,
        "key_points": document.key_points,
        "summary": document.summary,
        "body": document.body,
        "names": [*document.topic_names, *document.authors],
        "topics": sorted(set(document.topics)),
        "authors": list(document.authors),
        "related": document.related,
        "kin": document.group,
        "weight": document.weight,
    }
    if document.published_on is not None:
        source |= {"published_on": document.published_on.isoformat(), "year": document.published_on.year}
    if document.live_from is not None:
        source["live_from"] = document.live_from.isoformat()
    if document.live_to is not None:
        source["live_to"] = document.live_to.isoformat()
    return source
