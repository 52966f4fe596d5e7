"""Tables of one generation of the embedded index, and the statements that write them.

A generation is a set of tables with its number in their names. Long texts stand last in a row, so that reading the
others never follows them over many pages of the file. Triggers keep the full-text tables (stemmed texts, words as
written for spellings, titles for suggestions) and the topic table equal to the document table, so a write is one
statement: the version is compared where the row is locked, and nothing can come between.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from search.analysis import TOKENISER, UNSTEMMED

if TYPE_CHECKING:
    from content.pages.documents import Document
    from search.engines.base import Write

GENERATIONS = """
CREATE TABLE IF NOT EXISTS generations (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    state TEXT NOT NULL CHECK (state IN ('live', 'building', 'previous'))
)
"""
# What each text field counts towards a document's score; the order is that of the full-text table's columns.
FIELD_WEIGHTS = {"title": 4.0, "key_points": 2.0, "summary": 2.0, "body": 1.0, "names": 2.0}
_TEXTS = ", ".join(FIELD_WEIGHTS)


def create_statements(number: int) -> list[str]:
    """Return what makes the tables of generation `number`."""
    docs, texts, topics = f"documents_{number}", f"texts_{number}", f"topics_{number}"
    new, old = (", ".join(f"{side}.{name}" for name in FIELD_WEIGHTS) for side in ("new", "old"))
    words, titles = f"words_{number}", f"titles_{number}"
    new_words, old_words = (
        " || ' ' || ".join(f"{side}.{name}" for name in ("title", "names", "key_points", "summary", "body"))
        for side in ("new", "old")
    )
    put = f"""
        INSERT INTO {texts} (rowid, {_TEXTS}) SELECT new.id, {new} WHERE NOT new.deleted;
        INSERT INTO {words} (rowid, words) SELECT new.id, {new_words} WHERE NOT new.deleted;
        INSERT INTO {titles} (rowid, title) SELECT new.id, new.title WHERE NOT new.deleted;
        INSERT INTO {topics} (topic, document) SELECT value, new.id FROM json_each(new.topics) WHERE NOT new.deleted;
    """  # noqa: S608 (names from this module)
    take = f"""
        INSERT INTO {texts} ({texts}, rowid, {_TEXTS}) SELECT 'delete', old.id, {old} WHERE NOT old.deleted;
        INSERT INTO {words} ({words}, rowid, words) SELECT 'delete', old.id, {old_words} WHERE NOT old.deleted;
        INSERT INTO {titles} ({titles}, rowid, title) SELECT 'delete', old.id, old.title WHERE NOT old.deleted;
        DELETE FROM {topics} WHERE document = old.id;
    """  # noqa: S608 (as above)
    return [
        f"""CREATE TABLE {docs} (
            id INTEGER PRIMARY KEY,
            key TEXT NOT NULL UNIQUE,
            version INTEGER NOT NULL,
            fingerprint TEXT NOT NULL,
            deleted INTEGER NOT NULL,
            kind TEXT NOT NULL,
            related INTEGER NOT NULL,
            kin TEXT NOT NULL,
            weight REAL NOT NULL,
            length INTEGER NOT NULL,
            published_on TEXT,
            live_from REAL,
            live_to REAL,
            url TEXT NOT NULL,
            topics TEXT NOT NULL,
            authors TEXT NOT NULL,
            title TEXT NOT NULL,
            names TEXT NOT NULL,
            summary TEXT NOT NULL,
            key_points TEXT NOT NULL,
            body TEXT NOT NULL
        )""",
        f"CREATE INDEX {docs}_newest ON {docs} (published_on)",
        f"CREATE INDEX {docs}_length ON {docs} (deleted, length)",
        f"CREATE TABLE {topics} (topic INTEGER, document INTEGER, PRIMARY KEY (topic, document)) WITHOUT ROWID",
        f"CREATE INDEX {topics}_document ON {topics} (document)",
        f"CREATE VIRTUAL TABLE {texts} USING fts5 ({_TEXTS}, content='{docs}', content_rowid='id', "  # noqa: ISC004
        f"tokenize='{TOKENISER}')",
        f"CREATE VIRTUAL TABLE {words} USING fts5 (words, content='', detail=none, tokenize='{UNSTEMMED}')",
        f"CREATE VIRTUAL TABLE spellings_{number} USING fts5vocab({words}, 'row')",
        f"CREATE VIRTUAL TABLE {titles} USING fts5 (title, content='', prefix='2 3', tokenize='{UNSTEMMED}')",
        f"CREATE VIRTUAL TABLE places_{number} USING fts5vocab({texts}, 'instance')",
        f"CREATE VIRTUAL TABLE terms_{number} USING fts5vocab({texts}, 'row')",
        f"CREATE TRIGGER {docs}_put AFTER INSERT ON {docs} BEGIN {put} END",
        f"""CREATE TRIGGER {docs}_replace AFTER UPDATE ON {docs} WHEN old.fingerprint <> new.fingerprint
            BEGIN {take} {put} END""",
    ]


_TABLES = ("places", "terms", "spellings", "titles", "words", "texts", "topics", "documents")


def drop_statements(number: int) -> list[str]:
    """Return what removes the tables of generation `number`."""
    return [f"DROP TABLE IF EXISTS {name}_{number}" for name in _TABLES]


_COLUMNS = (
    "key", "version", "fingerprint", "deleted", "kind", "url", "title", "key_points", "summary", "body", "names",
    "topics", "authors", "published_on", "live_from", "live_to", "related", "kin", "weight", "length",
)  # fmt: skip


def upsert_statement(number: int) -> str:
    """Return the one statement that writes a document or a tombstone, unless what is stored is newer."""
    docs = f"documents_{number}"
    places = ", ".join(f":{name}" for name in _COLUMNS)
    changes = ", ".join(f"{name} = excluded.{name}" for name in _COLUMNS[1:])
    return (
        f"INSERT INTO {docs} ({', '.join(_COLUMNS)}) VALUES ({places}) "  # noqa: S608 (names from this module)
        f"ON CONFLICT (key) DO UPDATE SET {changes} WHERE {docs}.version <= excluded.version"
    )


def row_of(write: Write) -> dict[str, Any]:
    """Return the values of a write for `upsert_statement`."""
    row: dict[str, Any] = dict.fromkeys(_COLUMNS, "")
    row.update(
        key=write.key, version=write.version, deleted=1, topics="[]", authors="[]", published_on=None, live_from=None,
        live_to=None, related=0, weight=1.0, length=0,
    )  # fmt: skip
    if write.document is not None:
        row.update(_document_values(write.document), deleted=0, fingerprint=write.fingerprint)
    return row


def _document_values(document: Document) -> dict[str, Any]:
    texts = (document.title, document.key_points, document.summary, document.body)
    return {
        "kind": document.kind,
        "url": document.url,
        "title": document.title,
        "key_points": document.key_points,
        "summary": document.summary,
        "body": document.body,
        "names": " · ".join((*document.topic_names, *document.authors)),
        "topics": json.dumps(sorted(set(document.topics))),
        "authors": json.dumps(document.authors, ensure_ascii=False),
        "published_on": document.published_on.isoformat() if document.published_on else None,
        "live_from": document.live_from.timestamp() if document.live_from else None,
        "live_to": document.live_to.timestamp() if document.live_to else None,
        "related": int(document.related),
        "kin": document.group,
        "weight": document.weight,
        "length": sum(len(text.split()) for text in texts),
    }
