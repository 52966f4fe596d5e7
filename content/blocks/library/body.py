"""What the body of a page may hold."""

from __future__ import annotations

from wagtail.blocks import StreamBlock

from content.blocks.base import ThreeDestinations
from content.blocks.library.text import HeadingBlock, TextBlock


class BodyStreamBlock(ThreeDestinations, StreamBlock):
    """Every block an article can be written with, in the order editors reach for them."""

    folder = "body"
    heading = HeadingBlock(group="Text")
    text = TextBlock(group="Text")
