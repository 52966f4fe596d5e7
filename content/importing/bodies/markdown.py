"""Markdown to HTML, as Hugo's renderer reads it: tables, strikethrough, footnotes, definition lists, raw HTML.

Old sites are full of paragraphs that somebody indented, and of HTML indented for looks. Strictly read, both are code
listings; here an indented block is code only when it looks like code.
"""

from __future__ import annotations

import re
from functools import cache
from html import escape
from typing import TYPE_CHECKING

from markdown_it import MarkdownIt
from mdit_py_plugins.deflist import deflist_plugin
from mdit_py_plugins.footnote import footnote_plugin

from content.importing.bodies.elements import KNOWN_ELEMENTS

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterable

    from markdown_it.token import Token

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)([^<>]*)>?")
_HEADING_ID = re.compile(r"^([ ]{0,3}#{1,6}\s.*?)\s*#*\s*\{([^}\n]*)\}\s*$")
_ID = re.compile(r"(?:^|\s)#([\w-]+)")
_FENCE = re.compile(r"\s{0,3}(`{3,}|~{3,})")
_KRAMDOWN = re.compile(r"\{:\s*[^}\n]*\}")
# Editors wrote "##Title"; the renderers of the time made headings of it.
_TIGHT_HEADING = re.compile(r"^(#{2,6})(?=[^#\s])")
_CODE_SIGNS = re.compile(
    r"[{};]\s*$|^\s*(?:\$ |>>> |//|/\*|#include|import |def |function\b|var |const |git |curl |npm |<\?)|=>|\(\)"
)
_PROSE_MARKUP = re.compile(
    r"</?(?:t[dhr]|table|li|ul|ol|p|span|strong|em|b|i|a|br|div|pre|h[1-6]|img)\b|\]\(|\*\*|COURANTHELD"
)


@cache
def _parser(*, indented_code: bool) -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    if not indented_code:
        parser.disable("code")
    return parser.use(footnote_plugin).use(deflist_plugin)


def render_markdown(text: str, tags: Counter[str] | None = None, anchors: dict[str, str] | None = None) -> str:
    """Render Markdown to HTML that is not yet safe.

    `tags` counts the raw HTML tags met; `anchors` is given the names of headings that have one (`{#name}`).
    """
    lines = list(_without_attributes(text.split("\n"), {} if anchors is None else anchors))
    if any(line.startswith(("    ", "\t")) for line in lines):
        lines = _fenced(lines)
    parser = _parser(indented_code=False)
    tokens = parser.parse("\n".join(lines))
    for token in _raw(tokens):
        token.content = _TAG.sub(_known_only, token.content)
        if tags is not None:
            tags.update(name.lower() for close, name, _ in _TAG.findall(token.content) if not close)
    return parser.renderer.render(tokens, parser.options, {})


def looks_like_code(text: str) -> bool:
    """Whether an indented block was meant as code: signs of code in a third of its lines, and no prose's markup."""
    lines = [line for line in text.split("\n") if line.strip()]
    signs = sum(1 for line in lines if _CODE_SIGNS.search(line))
    return bool(lines) and not _PROSE_MARKUP.search(text) and signs * 3 >= len(lines)


def _fenced(lines: list[str]) -> list[str]:
    """Put a fence around indented blocks that are code, so that nothing else indented is."""
    for token in reversed(_parser(indented_code=True).parse("\n".join(lines))):
        if token.type != "code_block" or token.map is None:
            continue
        start, end = token.map
        while end > start and not lines[end - 1].strip():
            end -= 1
        whole = looks_like_code(token.content)
        for first, last in reversed([(start, end)] if whole else list(_chunks(lines, start, end))):
            if looks_like_code("\n".join(lines[first:last])):
                margin = min(len(line) - len(line.lstrip()) for line in lines[first:last] if line.strip())
                pad = " " * max(margin - 4, 0)
                block = [pad + line[margin:] if line.strip() else "" for line in lines[first:last]]
                lines[first:last] = [f"{pad}~~~~~", *block, f"{pad}~~~~~"]
    return lines


def _chunks(lines: list[str], start: int, end: int) -> Iterable[tuple[int, int]]:
    """The parts of a block that empty lines divide."""
    first = start
    for number in range(start, end + 1):
        if number == end or not lines[number].strip():
            if number > first:
                yield first, number
            first = number + 1


def _without_attributes(lines: list[str], anchors: dict[str, str]) -> Iterable[str]:
    """Take away what names classes and anchors; leave fenced code alone."""
    fence = ""
    for line in lines:
        if found := _FENCE.match(line):
            if not fence:
                fence = found[1]
            elif found[1].startswith(fence):
                fence = ""
        if fence:
            yield line
            continue
        if heading := _HEADING_ID.match(line):
            for name in _ID.findall(heading[2]):
                anchors[name] = heading[1].strip().lstrip("#").strip()
            line = heading[1]  # noqa: PLW2901 (the same line, without its attributes)
        yield _TIGHT_HEADING.sub(r"\1 ", _KRAMDOWN.sub("", line))


def _known_only(tag: re.Match[str]) -> str:
    """A tag of no element is what somebody wrote in angle brackets: it is shown."""
    return tag[0] if tag[2].lower() in KNOWN_ELEMENTS else escape(tag[0], quote=False)


def _raw(tokens: Iterable[Token]) -> Iterable[Token]:
    for token in tokens:
        if token.type in {"html_block", "html_inline"}:
            yield token
        if token.children:
            yield from _raw(token.children)
