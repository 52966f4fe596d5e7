"""The last step of a conversion: pieces become what the block library takes, whole, joined and safe."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING

import nh3
from django.utils.text import slugify

from content.importing.bodies.pieces import Notes, Piece, text_piece
from content.importing.findings import What
from content.pages.text import cut_at_word

if TYPE_CHECKING:
    from collections.abc import Iterable

HEADING_LENGTH = 200
NAME_LENGTH = 120
CAPTION_LENGTH = 200
ACCORDION_ITEMS = 30
CARDS = 8
_ANCHOR_LENGTH = 60
_SAFE = {"p", "br", "b", "i", "a", "ul", "ol", "li", "h3", "h4", "sup", "sub", "code"}
_IN_PAGE = re.compile(r'<a href="#([^"]*)">(.*?)</a>', re.DOTALL)
_BACK_ARROWS = {"\u21b5", "\u21a9", "\u2191", "^"}
"""What footnotes end with to lead back to the text; without their link they say nothing."""
_TAG = re.compile(r"<[^>]+>")


def settled(pieces: list[Piece], *, notes: Notes, anchors: dict[str, str], title: str, line: int) -> list[Piece]:
    """Pieces as a page wants them.

    Headings begin at the second level and leave none out; neighbours of one kind are joined, within what a block may
    hold; blocks that must have a title or a caption get one; links to a place in the page lead to its heading.
    """
    out = list(_titled(_joined(_levelled(pieces)), title))
    places = {_anchor(piece.value["text"]) for piece in out if piece.type == "heading"}

    def linked(html: str) -> str:
        def place(found: re.Match[str]) -> str:
            name = _anchor(anchors.get(found[1], found[1]))
            if name in places:
                return f'<a href="#{name}">{found[2]}</a>'
            if found[2].strip(" \ufe0e") in _BACK_ARROWS:
                return ""
            notes.tell(What.ANCHOR, f"#{found[1]}", line)
            return found[2]

        return _safe(_IN_PAGE.sub(place, html))

    for piece in out:
        if piece.type == "text":
            piece.value = linked(piece.value)
        elif piece.type == "callout":
            piece.value["text"] = linked(piece.value["text"])
        elif piece.type == "accordion":
            for item in piece.value["items"]:
                item["text"] = linked(item["text"])
    return out


def _levelled(pieces: list[Piece]) -> Iterable[Piece]:
    ranks = {level: rank for rank, level in enumerate(sorted({piece.level for piece in pieces if piece.level}))}
    for piece in pieces:
        if piece.type != "heading" or (ranks[piece.level] == 0 and len(piece.value["text"]) <= HEADING_LENGTH):
            yield piece
        else:
            tag = "h3" if ranks[piece.level] <= 1 else "h4"
            yield text_piece(f"<{tag}>{piece.inline}</{tag}>")


def _joined(pieces: Iterable[Piece]) -> list[Piece]:
    out: list[Piece] = []
    for piece in pieces:
        last = out[-1] if out else None
        if last is None or last.type != piece.type:
            out.append(piece)
        elif piece.type == "text":
            last.value += piece.value
        elif (piece.type == "accordion" and len(last.value["items"]) < ACCORDION_ITEMS) or (
            piece.type == "further_reading"
            and piece.value["title"] in {"", last.value["title"]}
            and len(last.value["items"]) < CARDS
        ):
            last.value["items"] += piece.value["items"]
        else:
            out.append(piece)
    return out


def _titled(pieces: list[Piece], title: str) -> Iterable[Piece]:
    """Give captions and titles to blocks that need one: their own first row, the heading above, the page's title."""
    above = title
    for piece in pieces:
        value = piece.value
        if piece.type == "heading":
            above = value["text"]
        elif piece.type == "table":
            value["caption"] = cut_at_word(value["caption"] or above or "Table", CAPTION_LENGTH)
        elif piece.type == "embed":
            value["title"] = cut_at_word(value["title"] or above or "Video", CAPTION_LENGTH)
        elif piece.type == "further_reading":
            value["title"] = cut_at_word(value["title"] or "Further reading", NAME_LENGTH)
        elif piece.type == "accordion":
            for item in value["items"]:
                item["title"] = cut_at_word(item["title"], HEADING_LENGTH)
        elif piece.type == "quote" and len(value["name"]) > NAME_LENGTH:
            said_by = escape(value["name"], quote=False)
            value["name"] = ""
            yield piece
            piece = text_piece(f"<p>{said_by}</p>")  # noqa: PLW2901 (what follows the quote)
        yield piece


def _anchor(text: str) -> str:
    """A heading's anchor, as `content.blocks.contents` makes it."""
    return slugify(_TAG.sub("", text))[:_ANCHOR_LENGTH].strip("-") or "section"


def _safe(html: str) -> str:
    """Pass a rich text through the sanitiser once more, whatever way it came."""
    clean = nh3.clean(
        html,
        tags=_SAFE,
        attributes={"a": {"href", "linktype", "id", "fragment"}, "ol": {"start"}},
        url_schemes={"http", "https", "mailto", "tel"},
        link_rel=None,
    )
    return clean.replace("<br>", "<br/>")
