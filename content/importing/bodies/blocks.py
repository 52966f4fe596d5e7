"""Pieces of single blocks: embeds, callouts, accordions, quotes; each with what it is where only text can stand."""

from __future__ import annotations

import re
from html import escape

from content.blocks.library.values import video_of
from content.importing.bodies.pieces import Piece, line_of_text

_SIGNED = re.compile(r"(?P<text>[“\"].+[”\"“])\s*(?:\u2014|\u2013|--|\u2015|-)\s*(?P<name>\S[^“”\"]{1,110})", re.DOTALL)
_MARKED = re.compile(r"[“\"]([^“”\"]+)[”\"“]", re.DOTALL)
_ATTRIBUTION = re.compile(r"^\s*(?:\u2014|\u2013|--|\u2015)\s*(?=\S)")


def video_address(url: str) -> str:
    """The public address of a YouTube or Vimeo video, from any of the forms it is written in; "" for another."""
    url = url.strip()
    host, number = video_of(f"https:{url}" if url.startswith("//") else url)
    if host == "YouTube" and number != "videoseries":  # a playlist's player has a name as long as an id
        return f"https://www.youtube.com/watch?v={number}"
    return f"https://vimeo.com/{number}" if host == "Vimeo" else ""


def embed_piece(url: str, title: str) -> Piece:
    """A video that loads on click; a link where no block can stand."""
    link = f'<a href="{escape(url)}">{escape(title or "Watch the video")}</a>'
    return Piece("embed", {"url": url, "title": title}, rich=f"<p>{link}</p>", inline=link)


def callout_piece(tone: str, title: str, rich: str) -> Piece:
    """A callout; inside another block its title is a bold line."""
    lead = f"<p><b>{escape(title, quote=False)}</b></p>" if title else ""
    return Piece(
        "callout", {"tone": tone, "title": title, "text": rich}, rich=lead + rich, inline=line_of_text(lead + rich)
    )


def accordion_piece(title: str, rich: str) -> Piece:
    """An accordion of one; several in a row are joined at the end."""
    lead = f"<p><b>{escape(title, quote=False)}</b></p>"
    return Piece("accordion", {"items": [{"title": title, "text": rich}]}, rich=lead + rich)


def quote_piece(text: str, name: str) -> Piece:
    """A quote; inside another block a paragraph in quotation marks."""
    text = without_marks(text)
    line = f"“{escape(text, quote=False)}”" + (f" — {escape(name, quote=False)}" if name else "")
    line = line.replace("\n\n", "<br/>")
    return Piece("quote", {"text": text, "name": name, "role": ""}, rich=f"<p>{line}</p>", inline=line)


def quote_pieces(paragraphs: list[str]) -> list[Piece]:
    """Quotes from paragraphs: one each where each names who said it, else one with the name from its last line."""
    signed = [_SIGNED.fullmatch(paragraph) for paragraph in paragraphs]
    if paragraphs and all(signed):
        return [quote_piece(found["text"], found["name"]) for found in signed if found]
    name = ""
    if len(paragraphs) > 1 and _ATTRIBUTION.match(paragraphs[-1]):
        name = _ATTRIBUTION.sub("", paragraphs.pop())
    return [quote_piece("\n\n".join(paragraphs), name)] if paragraphs else []


def without_marks(text: str) -> str:
    """A quote without the marks around it, which the site adds; marks within stay."""
    found = _MARKED.fullmatch(text)
    return found[1] if found else text
