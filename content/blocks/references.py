"""What the blocks of one stream point at (pages, images, documents), fetched together: one query a kind of thing.

Wagtail fetches a chooser's targets block type by block type, and a rich text's links text by text, so a page's
queries would grow with its blocks. Here the raw stream is read first, then everything in it is asked for at once.
"""

from __future__ import annotations

import copy
import re
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.utils.functional import cached_property
from wagtail.blocks import ListBlock, PageChooserBlock, RichTextBlock, StreamBlock, StreamValue, StructBlock
from wagtail.documents import get_document_model
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images import get_image_model
from wagtail.images.blocks import ImageChooserBlock
from wagtail.models import Page

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from django.db.models import Model, QuerySet
    from wagtail.blocks import Block

_LINK = re.compile(r"<a\b[^>]*>")
_LINK_TYPE = re.compile(r'linktype="(page|document)"')
_LINK_ID = re.compile(r'\bid="(\d+)"')


@dataclass(slots=True)
class Ids:
    """The primary keys a stream names."""

    pages: set[int] = field(default_factory=set)
    images: set[int] = field(default_factory=set)
    documents: set[int] = field(default_factory=set)

    def add_links(self, html: str) -> None:
        """Add what the links of a rich text point at."""
        for tag in _LINK.findall(html):
            kind, number = _LINK_TYPE.search(tag), _LINK_ID.search(tag)
            if kind and number:
                (self.pages if kind[1] == "page" else self.documents).add(int(number[1]))

    def add_raw(self, block: Block, raw: Any) -> None:
        """Add what a block's raw value names, whatever it is made of."""
        if raw is None:
            return
        for child, value in _inside(block, raw):
            self.add_raw(child, value)
        if isinstance(block, RichTextBlock):
            self.add_links(str(raw))
        elif isinstance(block, PageChooserBlock):
            self.pages.add(raw)
        elif isinstance(block, ImageChooserBlock):
            self.images.add(raw)
        elif isinstance(block, DocumentChooserBlock):
            self.documents.add(raw)


def _inside(block: Block, raw: Any) -> Iterator[tuple[Block, Any]]:
    """The blocks a block is made of, each with its raw value."""
    if isinstance(block, StructBlock):
        for name, child in block.child_blocks.items():
            yield child, raw.get(name)
    elif isinstance(block, ListBlock):
        for item in raw:
            yield block.child_block, item["value"] if _is_list_item(item) else item
    elif isinstance(block, StreamBlock):
        for item in raw:
            if item["type"] in block.child_blocks:
                yield block.child_blocks[item["type"]], item["value"]


def _is_list_item(item: Any) -> bool:
    """Whether a raw list's item is in the form with an id (Wagtail 2.16 and later) rather than a bare value."""
    return isinstance(item, dict) and item.get("type") == "item" and "value" in item


def _pages() -> QuerySet[Page]:
    return Page.objects.select_related("card", "card__cover").defer("search_description")


@dataclass
class References:
    """The things behind the ids; each kind is fetched when the first of it is asked for."""

    ids: Ids = field(default_factory=Ids)

    @classmethod
    def of_raw(cls, block: Block, raw: Any) -> References:
        """Those of a raw value."""
        ids = Ids()
        ids.add_raw(block, raw)
        return cls(ids)

    @classmethod
    def of_html(cls, *texts: str) -> References:
        """Those of rich texts that stand alone."""
        ids = Ids()
        for text in texts:
            ids.add_links(text)
        return cls(ids)

    @cached_property
    def pages(self) -> dict[int, Page]:
        """Pages by id, each with its card."""
        return _pages().in_bulk(self.ids.pages) if self.ids.pages else {}

    @cached_property
    def images(self) -> dict[int, Any]:
        """Images by id."""
        return get_image_model().objects.in_bulk(self.ids.images) if self.ids.images else {}

    @cached_property
    def documents(self) -> dict[int, Any]:
        """Documents by id."""
        return get_document_model().objects.in_bulk(self.ids.documents) if self.ids.documents else {}


_current: ContextVar[References | None] = ContextVar("references", default=None)


@contextmanager
def available(references: References) -> Iterator[None]:
    """Let choosers take what they name from `references` while they turn raw values into objects."""
    token = _current.set(references)
    try:
        yield
    finally:
        _current.reset(token)


def _in_order(values: Iterable[int | None], found: dict[int, Any]) -> list[Any]:
    """The objects in the order of the ids; a copy each time, as Wagtail does, since blocks may annotate them."""
    return [copy.copy(found[value]) if value in found else None for value in values]


class PageBlock(PageChooserBlock):
    """Chooses a page, which comes with its card."""

    def bulk_to_python(self, values: Sequence[int | None]) -> list[Model | None]:
        """Take the pages from the stream's references; ask for them where there are none."""
        references = _current.get()
        found = references.pages if references else _pages().in_bulk([value for value in values if value])
        return _in_order(values, found)


class ImageBlockField(ImageChooserBlock):
    """Chooses an image."""

    def bulk_to_python(self, values: Sequence[int | None]) -> list[Model | None]:
        """Take the images from the stream's references; ask for them where there are none."""
        references = _current.get()
        return _in_order(values, references.images) if references else super().bulk_to_python(values)


class DocumentBlock(DocumentChooserBlock):
    """Chooses a document."""

    def bulk_to_python(self, values: Sequence[int | None]) -> list[Model | None]:
        """Take the documents from the stream's references; ask for them where there are none."""
        references = _current.get()
        return _in_order(values, references.documents) if references else super().bulk_to_python(values)


class PooledStreamValue(StreamValue):
    """A stream whose blocks fetch what they point at together."""

    @cached_property
    def references(self) -> References:
        """What the whole stream points at."""
        return References.of_raw(self.stream_block, self.get_prep_value())

    def _prefetch_blocks(self, type_name: str) -> None:
        """Convert the raw values of one block type, with the stream's references at hand.

        Wagtail's own hook for fetching in bulk; private, so `test_a_body_of_every_block_asks_once_a_kind` guards it.
        """
        with available(self.references):
            super()._prefetch_blocks(type_name)


class PooledStreamBlock(StreamBlock):
    """A stream block whose values fetch what they point at together; the base of every body."""

    def to_python(self, value: Any) -> StreamValue:
        """Convert as Wagtail does, and pool the fetching."""
        stream = super().to_python(value)
        if type(stream) is StreamValue:
            stream.__class__ = PooledStreamValue
        return stream

    def get_context(self, value: StreamValue, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Hand the references to the children's templates."""
        context: dict[str, Any] = super().get_context(value, parent_context=parent_context)
        pooled = isinstance(value, PooledStreamValue)
        context["references"] = value.references if pooled else References.of_raw(self, value.get_prep_value())
        return context
