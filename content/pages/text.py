"""Plain text of pages: for search, reading time and summaries."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection

    from wagtail.blocks import StreamValue

WORDS_A_MINUTE = 220
_SPACE = re.compile(r"\s+")


def plain_text(stream: StreamValue, only: Collection[str] | None = None) -> str:
    """Return the searchable text of a stream's blocks, or of those whose name is in `only`; one line, no markup."""
    parts: list[str] = []
    for child in stream:
        if only is None or child.block_type in only:
            parts.extend(str(part) for part in child.block.get_searchable_content(child.value))
    return _SPACE.sub(" ", " ".join(parts)).strip()


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
