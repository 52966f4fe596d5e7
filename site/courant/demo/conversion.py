"""From a block as its author wrote it to the raw value that a StreamField stores.

The block classes themselves say what is a text, a page or a list, so a new block needs nothing here, and a field that
no block has is a fault instead of a loss. In the files a page is its address, an image or a document its name in
`images.yaml` or `documents.yaml`, a topic or a person its slug, a rich text Markdown, a table a list of rows.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol

from django.core.exceptions import ValidationError
from wagtail import blocks
from wagtail.contrib.table_block.blocks import TableBlock
from wagtail.documents.blocks import DocumentChooserBlock
from wagtail.images.blocks import ImageChooserBlock
from wagtail.snippets.blocks import SnippetChooserBlock

from courant.demo.faults import ContentFault
from courant.demo.prose import checked_url, rich_text

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from courant.demo.reading import Chunk

NAMESPACE = uuid.UUID("6f6a0c52-5b6c-5d2e-9f0e-3c6f1b1f4a77")


class References(Protocol):
    """What a converter asks for: the row behind each readable reference; `ValueError` when there is none."""

    def page_id(self, path: str) -> int | None:
        """The page at an address; None for an address that is no page."""

    def snippet_id(self, model: type, slug: str) -> int:
        """A topic, a profile or another thing with a slug."""

    def image_id(self, name: str) -> int:
        """An image of `images.yaml`."""

    def document_id(self, name: str) -> int:
        """A document of `documents.yaml`."""


class Converter:
    """Converts the chunks of one file against a StreamBlock."""

    def __init__(self, references: References, file: Path) -> None:
        """Convert what `file` holds, finding what it names through `references`."""
        self.references = references
        self.file = file

    def stream(self, block: blocks.BaseStreamBlock, chunks: Sequence[Chunk]) -> list[dict[str, Any]]:
        """Return the raw stream; ids follow from file and place, so that two loads are equal.

        Raises:
            ContentFault: a block that the stream does not have, a field that its block does not have, a reference to
                something that is not there, or a value that the block refuses.
        """
        raw: list[dict[str, Any]] = []
        for number, chunk in enumerate(chunks):
            child = block.child_blocks.get(chunk.name)
            if child is None:
                known = ", ".join(sorted(block.child_blocks))
                raise ContentFault(self.file, chunk.entry, f"there is no block {chunk.name!r} here; there are {known}")
            value = self.value(child, chunk.value, chunk.entry)
            try:
                child.clean(child.to_python(value))
            except ValidationError as error:
                raise ContentFault(self.file, chunk.entry, _in_words(error)) from error
            key = uuid.uuid5(NAMESPACE, f"{self.file.parent.name}/{self.file.name}/{number}")
            raw.append({"type": chunk.name, "value": value, "id": str(key)})
        return raw

    def value(self, block: blocks.Block, written: Any, entry: str) -> Any:
        """Return the raw value of one block."""
        if isinstance(block, blocks.BaseStructBlock):
            return self._struct(block, written, entry)
        if isinstance(block, blocks.ListBlock):
            if not isinstance(written, list):
                raise ContentFault(self.file, entry, "should be a list, each entry beginning with “- ”")
            return [
                self.value(block.child_block, item, f"{entry}, item {number}") for number, item in enumerate(written, 1)
            ]
        if isinstance(block, blocks.BaseStreamBlock):
            return self._nested_stream(block, written, entry)
        if isinstance(block, TableBlock):
            return self._table(written, entry)
        try:
            return self._leaf(block, written)
        except ValueError as error:
            raise ContentFault(self.file, entry, str(error)) from error

    def _leaf(self, block: blocks.Block, written: Any) -> Any:
        if written is None or written == "":
            return None if isinstance(block, blocks.ChooserBlock) else ""
        if isinstance(block, blocks.ChooserBlock):
            return self._chosen(block, str(written))
        if isinstance(block, blocks.BooleanBlock | blocks.IntegerBlock):
            return written
        if isinstance(block, blocks.RichTextBlock):
            return rich_text(str(written), self.references.page_id)
        if isinstance(block, blocks.URLBlock):
            return checked_url(str(written))
        return written.isoformat() if isinstance(written, datetime) else str(written).strip()

    def _chosen(self, block: blocks.ChooserBlock, written: str) -> int:
        if isinstance(block, ImageChooserBlock):
            return self.references.image_id(written)
        if isinstance(block, DocumentChooserBlock):
            return self.references.document_id(written)
        if isinstance(block, SnippetChooserBlock):
            return self.references.snippet_id(block.target_model, written)
        number = self.references.page_id(written)
        if number is None:
            raise ValueError(f"{written!r} is not a page")
        return number

    def _struct(self, block: blocks.BaseStructBlock, written: Any, entry: str) -> dict[str, Any]:
        if not isinstance(written, dict):
            raise ContentFault(self.file, entry, f"should be lines of “key: value” for {', '.join(block.child_blocks)}")
        unknown = sorted(set(written) - set(block.child_blocks))
        if unknown:
            known = ", ".join(block.child_blocks)
            raise ContentFault(self.file, entry, f"has no field {', '.join(map(repr, unknown))}; it has {known}")
        return {
            name: self.value(block.child_blocks[name], value, f"{entry}, {name}") for name, value in written.items()
        }

    def _nested_stream(self, block: blocks.BaseStreamBlock, written: Any, entry: str) -> list[dict[str, Any]]:
        raw: list[dict[str, Any]] = []
        for number, item in enumerate(written, 1):
            where = f"{entry}, item {number}"
            if not isinstance(item, dict) or len(item) != 1 or next(iter(item)) not in block.child_blocks:
                names = ", ".join(sorted(block.child_blocks))
                raise ContentFault(self.file, where, f"should be one of {names}, as “name: value”")
            (name, value), *_ = item.items()
            key = uuid.uuid5(NAMESPACE, f"{self.file.parent.name}/{self.file.name}/{where}")
            raw.append({"type": name, "value": self.value(block.child_blocks[name], value, where), "id": str(key)})
        return raw

    def _table(self, written: Any, entry: str) -> dict[str, Any]:
        if not isinstance(written, list) or len({len(row) if isinstance(row, list) else -1 for row in written}) != 1:
            raise ContentFault(self.file, entry, "should be a list of rows of equal length: “- [one, two]”")
        return {
            "data": [["" if cell is None else str(cell) for cell in row] for row in written],
            "cell": [],
            "mergeCells": [],
            "first_row_is_table_header": True,
            "first_col_is_header": True,
            "table_header_choice": "both",
            "table_caption": "",
        }


def _in_words(error: ValidationError) -> str:
    """All that a block's own validation has to say, in one line."""
    parts: list[str] = []

    def walk(found: Any, name: str) -> None:
        if isinstance(found, ValidationError):
            nested = {
                key: getattr(found, key) for key in ("block_errors", "non_block_errors") if getattr(found, key, None)
            }
            if nested:
                walk(list(nested.values()), name)
            else:
                parts.extend(f"{name}: {text}" if name else str(text) for text in found.messages)
        elif isinstance(found, dict):
            for key, value in found.items():
                walk(value, f"{name}, {key}" if name else str(key))
        elif isinstance(found, list):
            for value in found:
                walk(value, name)

    walk(error, "")
    return "; ".join(parts) or "is refused by its block"
