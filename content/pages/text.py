"""Plain text of pages: for search, reading time and summaries."""

from __future__ import annotations

import html
import math
import re
from typing import TYPE_CHECKING, Any

from wagtail.blocks import Block, ListBlock, RichTextBlock, StreamBlock, StructBlock
from wagtail.rich_text import get_text_for_indexing

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from wagtail.blocks import StreamValue

WORDS_A_MINUTE = 220
# Where Wagtail puts a space when it takes tags away; then the tags that Draftail writes, with quoted attributes.
_END_OF_TEXT = re.compile(r"</(?:p|h\d|li|blockquote)>|<(?:br|hr)\s*/>", re.IGNORECASE)
_TAG = re.compile(
    r"</?(?:p|h[1-6]|a|b|i|em|strong|s|del|u|mark|small|q|cite|sub|sup|code|kbd|ul|ol|li|br|hr|blockquote|div|span|embed)"
    r"""(?:\s(?:[^<>"']|"[^"<>]*"|'[^'<>]*')*)?/?>""",
    re.IGNORECASE,
)
_SPACE = re.compile(r"\s+")


def plain_text(stream: StreamValue, only: Collection[str] | None = None) -> str:
    """Return the searchable text of a stream's blocks, or of those whose name is in `only`; one line, no markup."""
    parts: list[str] = []
    for child in stream:
        if only is None or child.block_type in only:
            parts.extend(_texts(child.block, child.value))
    return _SPACE.sub(" ", " ".join(parts)).strip()


def _texts(block: Block, value: Any) -> Iterator[str]:
    """Give a block's texts as its own `get_searchable_content` does, but rich text by `rich_text_words`."""
    if not getattr(block, "search_index", True):
        return
    content = type(block).get_searchable_content
    if isinstance(block, RichTextBlock) and content is RichTextBlock.get_searchable_content:
        yield rich_text_words(str(value.source))
    elif isinstance(block, StructBlock) and content is StructBlock.get_searchable_content:
        for name, child in block.child_blocks.items():
            yield from _texts(child, value[name] if name in value else child.get_default())
    elif isinstance(block, ListBlock) and content is ListBlock.get_searchable_content:
        for item in value:
            yield from _texts(block.child_block, item)
    elif isinstance(block, StreamBlock) and content is StreamBlock.get_searchable_content:
        for child in value:
            yield from _texts(child.block, child.value)
    else:
        yield from map(str, block.get_searchable_content(value))


def rich_text_words(source: str) -> str:
    """Return what Wagtail's `get_text_for_indexing` returns, at a tenth of its cost, which is most of a rebuild's.

    Markup that Draftail does not write (comments, a lone "<", broken tags) is left to Wagtail's parser.
    """
    if "<" in _TAG.sub("", source):
        return get_text_for_indexing(source)
    return html.unescape(_TAG.sub("", _END_OF_TEXT.sub(" ", source)).strip())


def reading_minutes(text: str) -> int:
    """Return the minutes a reader needs, rounded up; 0 for nothing."""
    return math.ceil(len(text.split()) / WORDS_A_MINUTE)


def cut_at_word(text: str, length: int) -> str:
    """Cut `text` to at most `length` characters, at the end of a word, with an ellipsis where something is missing.

    A first word that is longer than `length` is cut inside, because nothing at all would say less.
    """
    if len(text) <= length:
        return text
    cut = text[: length - 1]
    if not text[length - 1].isspace() and " " in cut.strip():
        cut = cut.rsplit(None, 1)[0]
    return cut.rstrip(" ,;:\u2013-") + "…"
