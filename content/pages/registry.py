"""What must flow against the arrows: lower rooms own these registries, upper rooms fill them in `AppConfig.ready`.

- `document_sources`: where search finds what it indexes.
- `sections`: the pages with fixed addresses that `setup_site` makes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from content.pages.documents import Document


@dataclass(frozen=True, slots=True)
class DocumentSource:
    """A family of findable things.

    `prefix` starts its documents' keys; `models` are the models whose saves and deletes change a document, each
    with a function from an instance to the ids affected; `ids` yields every id that should be findable;
    `documents` turns ids into documents, leaving out what is not published (what it leaves out is deleted).
    """

    prefix: str
    models: tuple[tuple[type[Any], Callable[[Any], list[int]]], ...]
    ids: Callable[[], Iterator[int]]
    documents: Callable[[list[int]], list[Document]]


@dataclass(frozen=True, slots=True)
class Section:
    """A page with a fixed address under the home page: its slug, title, and how to make it.

    `build` returns an unsaved page of the right type; `menu` puts it in the header under that label.
    """

    slug: str
    build: Callable[[], Any]
    menu: str = ""
    order: int = 100


@dataclass(slots=True)
class Registry:
    """The registries of the site, filled while Django starts."""

    document_sources: dict[str, DocumentSource] = field(default_factory=dict)
    sections: dict[str, Section] = field(default_factory=dict)
    source_listeners: list[Callable[[DocumentSource], None]] = field(default_factory=list)

    def add_document_source(self, source: DocumentSource) -> None:
        """Register where search finds documents; the prefix must be new."""
        if source.prefix in self.document_sources:
            msg = f"document source {source.prefix!r} is registered already"
            raise ValueError(msg)
        self.document_sources[source.prefix] = source
        for listener in self.source_listeners:
            listener(source)

    def listen_to_sources(self, listener: Callable[[DocumentSource], None]) -> None:
        """Call `listener` for every source registered so far and from now on: applications start in any order."""
        self.source_listeners.append(listener)
        for source in self.document_sources.values():
            listener(source)

    def add_section(self, section: Section) -> None:
        """Register a section; the slug must be new."""
        if section.slug in self.sections:
            msg = f"section {section.slug!r} is registered already"
            raise ValueError(msg)
        self.sections[section.slug] = section


registry = Registry()
