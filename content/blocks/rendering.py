"""One function renders any block value for a destination: the web page, the mail, or the mail's text part."""

from __future__ import annotations

from enum import StrEnum
from typing import TYPE_CHECKING, Any

from django.utils.safestring import SafeString, mark_safe

if TYPE_CHECKING:
    from collections.abc import Mapping

    from wagtail.blocks import BoundBlock, StreamValue


class Destination(StrEnum):
    """Where a block's value is going; the value is the name of the template in the block's folder."""

    WEB = "web.html"
    MAIL = "mail.mjml"
    TEXT = "text.txt"


def render_block(
    bound_block: BoundBlock | StreamValue, destination: Destination, context: Mapping[str, Any] | None = None
) -> SafeString:
    """Render a block or a whole stream for `destination`.

    The destination travels in the template context, so a block that includes others (`{% include_block %}`)
    renders them for the same destination.

    Returns:
        HTML for the web, MJML for a mail, plain text (not escaped) for the text part.
    """
    merged = {**(context or {}), "destination": destination}
    return mark_safe(bound_block.render_as_block(context=merged))  # noqa: S308 (the blocks escape)
