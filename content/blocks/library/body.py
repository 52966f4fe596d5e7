"""What the body of a page may hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from content.blocks.base import ThreeDestinations
from content.blocks.contents import contents
from content.blocks.library.links import ButtonBlock, FurtherReadingBlock
from content.blocks.library.media import DownloadBlock, EmbedBlock, ImageBlock, TableBlock
from content.blocks.library.text import (
    AccordionBlock,
    CalloutBlock,
    ChallengesBlock,
    CodeBlock,
    HeadingBlock,
    KeyPointsBlock,
    QuoteBlock,
    ReferencesBlock,
    TextBlock,
)
from content.blocks.references import PooledStreamBlock

if TYPE_CHECKING:
    from wagtail.blocks import StreamValue


class BodyStreamBlock(ThreeDestinations, PooledStreamBlock):
    """Every block an article can be written with, in the order editors reach for them."""

    folder = "body"
    heading = HeadingBlock(group="Text")
    text = TextBlock(group="Text")
    key_points = KeyPointsBlock(group="Text")
    challenges = ChallengesBlock(group="Text")
    quote = QuoteBlock(group="Text")
    callout = CalloutBlock(group="Text")
    accordion = AccordionBlock(group="Text")
    code = CodeBlock(group="Text")
    references = ReferencesBlock(group="Text")
    image = ImageBlock(group="Media")
    table = TableBlock(group="Media")
    embed = EmbedBlock(group="Media")
    download = DownloadBlock(group="Media")
    button = ButtonBlock(group="Links")
    further_reading = FurtherReadingBlock(group="Links")

    def get_context(self, value: StreamValue, parent_context: dict[str, Any] | None = None) -> dict[str, Any]:
        """Give every section its anchor before the first is rendered."""
        contents(value)
        return super().get_context(value, parent_context=parent_context)
