"""What a stream is made of, as a reader sees it: the entries of "On this page" and the anchors they lead to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils.text import slugify

if TYPE_CHECKING:
    from wagtail.blocks import StreamValue

LISTED = ("heading", "key_points", "references")
"""Blocks that start a section."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of "On this page"."""

    text: str
    anchor: str


def contents(stream: StreamValue) -> list[Entry]:
    """List the sections of a stream, and give each block its anchor, unique on the page.

    Safe to repeat: the same stream always gets the same anchors.
    """
    entries: list[Entry] = []
    taken: set[str] = set()
    for child in stream:
        if child.block_type not in LISTED:
            continue
        text = child.value.contents_text
        stem = slugify(text)[:60].strip("-") or "section"
        anchor, number = stem, 1
        while anchor in taken:
            number += 1
            anchor = f"{stem}-{number}"
        taken.add(anchor)
        child.value.anchor = anchor
        if text:
            entries.append(Entry(text, anchor))
    return entries
