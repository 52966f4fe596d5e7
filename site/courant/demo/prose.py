"""Markdown to the HTML that Wagtail's rich text stores: `<b>`, `<i>`, lists, smaller headings, page links."""

from __future__ import annotations

import html
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from markdown_it.token import Token
    from markdown_it.utils import EnvType, OptionsDict

OUTSIDE = frozenset({"example.org", "example.com"})
"""The only hosts the demo may link to (RFC 2606): it names nobody real."""

_SUPERSCRIPT = re.compile(r"\^(\w{1,8})\^")


class _Renderer(RendererHTML):
    """Renders links through the environment's `page_id`, and the tags that Wagtail's editor writes."""

    def strong_open(self, *_: Any) -> str:
        return "<b>"

    def strong_close(self, *_: Any) -> str:
        return "</b>"

    def em_open(self, *_: Any) -> str:
        return "<i>"

    def em_close(self, *_: Any) -> str:
        return "</i>"

    def softbreak(self, *_: Any) -> str:
        return " "

    def link_open(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        del options
        return _link(str(tokens[idx].attrGet("href")), env["page_id"])


_MARKDOWN = MarkdownIt("commonmark", {"html": False}, renderer_cls=_Renderer).disable(
    ["blockquote", "code", "fence", "hr", "html_block", "image", "html_inline", "autolink", "backticks"]
)


def rich_text(markdown: str, page_id: Callable[[str], int | None]) -> str:
    """Return Wagtail's rich text for `markdown`; `page_id` finds a page by its address.

    Paragraphs, lists, `###` and `####`, emphasis, `x^2^` and links. A link to an address of this site becomes a page
    link; `page_id` returns None for an address that exists without being a page (a topic, a person).

    Raises:
        ValueError: a link leads nowhere, or outside the hosts a demo may name.
    """
    rendered = _MARKDOWN.render(markdown, {"page_id": page_id})
    if "<h1" in rendered or "<h2" in rendered:
        raise ValueError("inside a text only ### and #### may be used; ## starts a heading block")
    return _SUPERSCRIPT.sub(r"<sup>\1</sup>", rendered).strip().replace(">\n<", "><")


def checked_url(url: str) -> str:
    """Return an outside address that the demo may name.

    Raises:
        ValueError: it is not `https://example.org/…` or `https://example.com/…`.
    """
    parts = urlsplit(url)
    if parts.scheme != "https" or parts.hostname not in OUTSIDE:
        raise ValueError(
            f"{url!r} leads outside: the demo links to https://example.org/… and https://example.com/… only"
        )
    return url


def _link(href: str, page_id: Callable[[str], int | None]) -> str:
    if href.startswith("mailto:"):
        if not href.endswith("@example.org"):
            raise ValueError(f"{href!r}: the demo's addresses end in @example.org")
        return f'<a href="{href}">'
    if href.startswith("/"):
        number = page_id(href)
        return f'<a href="{html.escape(href)}">' if number is None else f'<a linktype="page" id="{number}">'
    return f'<a href="{html.escape(checked_url(href))}">'
