"""Blocks of running text."""

from __future__ import annotations

from typing import Any

from wagtail.blocks import CharBlock, RichTextBlock, StructBlock

from content.blocks.base import ThreeDestinations

RICH_TEXT_FEATURES = ["h3", "h4", "bold", "italic", "ol", "ul", "link", "document-link", "superscript", "subscript"]


class HeadingBlock(ThreeDestinations, StructBlock):
    """A section's heading; the table of contents is made of these."""

    folder = "heading"
    text = CharBlock(max_length=200)

    class Meta:
        icon = "title"
        label = "Heading"
        description = "Starts a section; shown in “On this page”."
        preview_value = {"text": "What carried the others"}


class TextBlock(ThreeDestinations, RichTextBlock):
    """Paragraphs, lists and links."""

    folder = "rich_text"

    def __init__(self, **kwargs: Any) -> None:
        """Limit the editor to what mail clients show as well as browsers do."""
        kwargs.setdefault("features", RICH_TEXT_FEATURES)
        super().__init__(**kwargs)

    class Meta:
        icon = "pilcrow"
        label = "Text"
        description = "Paragraphs, lists and links."
        preview_value = "<p>Three wards, one whiteboard, and <b>40 minutes</b> back every morning.</p>"
