"""Markdown to HTML, as Hugo's renderer reads it: tables, strikethrough, footnotes, definition lists, raw HTML."""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

if TYPE_CHECKING:
    from collections.abc import Iterable

    from markdown_it.token import Token

_TAG = re.compile(r"<([A-Za-z][A-Za-z0-9-]*)")
_HEADING_ID = re.compile(r"^([ ]{0,3}#{1,6}\s.*?)\s*#*\s*\{[#.:][^}\n]*\}\s*$")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_KRAMDOWN = re.compile(r"\{:\s*[^}\n]*\}")
# Editors wrote "##Title"; the renderers of the time made headings of it.
_TIGHT_HEADING = re.compile(r"^(#{2,6})(?=[^#\s])")


@cache
def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    return parser.use(footnote_plugin).use(deflist_plugin)


def render_markdown(text: str, html_tags: Counter[str] | None = None) -> str:
    """Render Markdown to HTML that is not yet safe; `html_tags` counts the raw tags met."""
    parser = _parser()
    tokens = parser.parse("\n".join(_without_attributes(text.split("\n"))))
    if html_tags is not None:
        html_tags.update(_raw_tags(tokens))
    return parser.renderer.render(tokens, parser.options, {})


def _without_attributes(lines: list[str]) -> Iterable[str]:
    """Take away what names classes and anchors; leave fenced code alone."""
    fence = ""
    for line in lines:
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif found[1].startswith(fence):
                fence = ""
        yield line if fence else _TIGHT_HEADING.sub(r"\1 ", _KRAMDOWN.sub("", _HEADING_ID.sub(r"\1", line)))


def _raw_tags(tokens: Iterable[Token]) -> Iterable[str]:
    for token in tokens:
        if token.type in {"html_block", "html_inline"}:
            for name in _TAG.findall(token.content):
                yield name.lower()
        if token.children:
            yield from _raw_tags(token.children)
