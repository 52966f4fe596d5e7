"""From Markdown with shortcodes and HTML in it to the blocks of a page's body."""

from content.importing.bodies.conversion import Body, convert_body
from content.importing.bodies.linking import Link, Resolver

__all__ = ["Body", "Link", "Resolver", "convert_body"]
