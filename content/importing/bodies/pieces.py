"""Blocks while a body is converted: what they are on the page, and what they are where only text can stand."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html import unescape
from typing import Any

from content.importing.findings import Finding, What

_TAG = re.compile(r"<[^>]+>")
_PARAGRAPHS = re.compile(r"</p>\s*<p>")


@dataclass(slots=True)
class Piece:
    """One block to be.

    `rich` is the same as rich text, for inside a callout or accordion; `inline` the same within a line, for a list
    item or a table's cell; None where there is no such thing and the block has to move out. `level` is a heading's.
    """

    type: str
    value: Any
    rich: str | None = None
    inline: str | None = None
    level: int = 0


@dataclass(slots=True)
class Notes:
    """What a conversion has to tell: findings, figures, and pages that are linked before they are made."""

    findings: list[Finding] = field(default_factory=list)
    codes: Counter[str] = field(default_factory=Counter)
    html: Counter[str] = field(default_factory=Counter)
    links: Counter[str] = field(default_factory=Counter)
    waiting: set[str] = field(default_factory=set)

    def tell(self, what: What, message: str, line: int = 0) -> None:
        """Add a finding."""
        self.findings.append(Finding(what, message, line))


def text_piece(html: str) -> Piece:
    """A piece of rich text."""
    return Piece("text", html, rich=html, inline=line_of_text(html))


def words_of(html: str) -> str:
    """The words of rich text that was made here, without its tags."""
    return unescape(_TAG.sub("", html))


def line_of_text(html: str) -> str:
    """Rich text as the inside of one paragraph or list item: paragraphs become lines."""
    html = html.strip()
    if html.startswith("<p>") and html.endswith("</p>"):
        html = html[3:-4]
    return _PARAGRAPHS.sub("<br/>", html).replace("<p>", "<br/>").replace("</p>", "")


def folded(
    pieces: list[Piece], notes: Notes, *, within: str, line: int, headings: str = "h3"
) -> tuple[str, list[Piece]]:
    """Turn pieces into one rich text for a callout or an accordion, and what cannot be in one and follows it."""
    html: list[str] = []
    after: list[Piece] = []
    for piece in pieces:
        if piece.type == "heading":
            words = piece.inline or ""
            html.append(f"<p><b>{words}</b></p>" if headings == "b" else f"<{headings}>{words}</{headings}>")
        elif piece.rich is not None:
            html.append(piece.rich)
            if piece.type == "embed":
                notes.tell(What.LAYOUT, f"a video within {within} became a link", line)
        else:
            after.append(piece)
            notes.tell(What.LAYOUT, f"{piece.type} moved from within {within} to after it", line)
    return "".join(html), after
