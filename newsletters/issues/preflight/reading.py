"""Reads a compiled mail as a reader's program would: links, pictures, headings, and the colours words are set in."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import TYPE_CHECKING, Final

from newsletters.mjml.table import VOID_HTML

if TYPE_CHECKING:
    from newsletters.issues.merging import Marks

_DECLARATION: Final = re.compile(r"([a-z-]+)\s*:\s*([^;]+)")
_HEADING: Final = re.compile(r"h[1-6]")
_UNREAD: Final = frozenset({"head", "style", "title", "script"})
_NUMBER: Final = re.compile(r"\d+(?:\.\d+)?")


@dataclass(slots=True)
class Link:
    """`text` is what a screen reader says; `hidden` from it links are for the eye only (a picture beside a title)."""

    href: str | None
    block_id: str
    text: str = ""
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Picture:
    """`alt` is None where there is no attribute at all."""

    src: str
    alt: str | None
    block_id: str


@dataclass(slots=True)
class Heading:
    """A heading with its level."""

    level: int
    block_id: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """A run of text with the style it is set in; `size` in px."""

    text: str
    colour: str
    background: str
    size: float
    bold: bool
    block_id: str


@dataclass(slots=True)
class MailDocument:
    """What stands in a mail, in its order."""

    links: list[Link] = field(default_factory=list)
    pictures: list[Picture] = field(default_factory=list)
    headings: list[Heading] = field(default_factory=list)
    words: list[Words] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Style:
    colour: str = "#000000"
    background: str = "#ffffff"
    size: float = 16.0
    bold: bool = False
    hidden: bool = False


def read_mail(marked_html: str, marks: Marks) -> MailDocument:
    """Read a compiled mail that still has its markers, which say what belongs to which block."""
    reader = _MailReader(marks)
    reader.feed(marked_html)
    reader.close()
    return reader.document


class _MailReader(HTMLParser):
    def __init__(self, marks: Marks) -> None:
        super().__init__(convert_charrefs=True)
        self.document = MailDocument()
        self._pattern = marks.pattern()
        self._blocks = marks.blocks
        self._block = ""
        self._open: list[tuple[str, _Style]] = [("", _Style())]

    @property
    def _style(self) -> _Style:
        return self._open[-1][1]

    def handle_comment(self, data: str) -> None:
        match = self._pattern.search(f"<!--{data}-->")
        if match is None:
            return
        kind, number = match[1] or match[3], int(match[2] or match[4])
        if kind == "b":
            self._block = self._blocks[number]
        elif kind == "x":
            self._block = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = dict(attrs)
        style = _styled(self._style, attributes, tag)
        if tag == "a":
            hidden = attributes.get("aria-hidden") == "true"
            self.document.links.append(Link(attributes.get("href"), self._block, hidden=hidden))
        elif tag == "img":
            self._add_picture(attributes)
        elif _HEADING.fullmatch(tag):
            self.document.headings.append(Heading(int(tag[1]), self._block))
        if tag not in VOID_HTML:
            self._open.append((tag, style))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attrs)
        if tag not in VOID_HTML:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        for depth in range(len(self._open) - 1, 0, -1):
            if self._open[depth][0] == tag:
                del self._open[depth:]
                return

    def handle_data(self, data: str) -> None:
        tags = {tag for tag, _ in self._open}
        if not data.strip() or tags & _UNREAD or self._style.hidden:
            return
        if "a" in tags:
            self.document.links[-1].text += data
        if any(_HEADING.fullmatch(tag) for tag in tags):
            self.document.headings[-1].text += data
        style = self._style
        self.document.words.append(
            Words(data.strip(), style.colour, style.background, style.size, style.bold, self._block)
        )

    def _add_picture(self, attributes: dict[str, str | None]) -> None:
        alt = attributes.get("alt") if "alt" in attributes else None
        if "alt" in attributes and alt is None:
            alt = ""
        self.document.pictures.append(Picture(attributes.get("src") or "", alt, self._block))
        if any(tag == "a" for tag, _ in self._open) and alt:
            self.document.links[-1].text += alt


def _styled(parent: _Style, attributes: dict[str, str | None], tag: str) -> _Style:
    """The style inside an element: inherited, then `bgcolor`, then the style attribute."""
    css = dict(_DECLARATION.findall((attributes.get("style") or "").lower()))
    background = _hex(css.get("background-color") or css.get("background") or attributes.get("bgcolor"))
    size = _NUMBER.match(css.get("font-size", ""))
    weight = css.get("font-weight", "").strip()
    bold = parent.bold or tag in {"b", "strong", "th"}
    if weight:
        bold = weight in {"bold", "bolder"} or (weight.isdigit() and int(weight) >= 600)  # noqa: PLR2004 (CSS: semi-bold)
    return _Style(
        colour=_hex(css.get("color")) or parent.colour,
        background=background or parent.background,
        size=float(size[0]) if size and "px" in css["font-size"] else parent.size,
        bold=bold,
        hidden=parent.hidden or css.get("display", "").strip() == "none",
    )


def _hex(value: str | None) -> str:
    """The first #rrggbb of a value, three digits made six; "" when there is none."""
    match = re.search(r"#([0-9a-f]{6}|[0-9a-f]{3})\b", (value or "").lower())
    if match is None:
        return ""
    digits = match[1]
    return "#" + (digits if len(digits) > 3 else "".join(2 * digit for digit in digits))  # noqa: PLR2004 (#rgb)
