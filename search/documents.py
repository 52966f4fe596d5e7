"""Documents on their way to an engine: read as the database is now, cleaned, with a fingerprint to compare by."""

from __future__ import annotations

import hashlib
import json
from dataclasses import fields, replace
from typing import TYPE_CHECKING

from content.pages.registry import registry
from search.query import clean_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from content.pages.documents import Document

# A text beyond this is cut: no page has so much, and an attached file may have any amount.
LONGEST_BODY = 400_000


def current_documents(keys: Iterable[str]) -> dict[str, Document]:
    """Return the documents that exist now among `keys`; what is missing from the answer is not published."""
    ids: dict[str, list[int]] = {}
    for key in keys:
        prefix, _, number = key.partition(":")
        if number.isdigit():
            ids.setdefault(prefix, []).append(int(number))
    found: dict[str, Document] = {}
    for prefix, numbers in ids.items():
        source = registry.document_sources.get(prefix)
        if source is not None:
            found.update((document.key, cleaned(document)) for document in source.documents(numbers))
    return found


def cleaned(document: Document) -> Document:
    """Return the document with texts that hold no control characters and none of the marks of highlights."""
    return replace(
        document,
        title=clean_text(document.title),
        summary=clean_text(document.summary),
        key_points=clean_text(document.key_points, limit=LONGEST_BODY),
        body=clean_text(document.body, limit=LONGEST_BODY),
        topic_names=tuple(clean_text(name) for name in document.topic_names),
        authors=tuple(clean_text(name) for name in document.authors),
    )


def fingerprint(document: Document) -> str:
    """Return a hash of everything the document says, the same in every process."""
    said = {item.name: getattr(document, item.name) for item in fields(document)}
    return hashlib.sha256(json.dumps(said, sort_keys=True, default=str).encode()).hexdigest()[:32]


def full_text(document: Document) -> str:
    """Everything a document says, as one text: what related lists compare."""
    return "\n".join(part for part in (document.title, document.key_points, document.summary, document.body) if part)
