"""HTML to pieces: a rendered body is walked once, and every element becomes a block, rich text, or a finding."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import nh3
from bs4 import BeautifulSoup, Tag
from bs4.element import NavigableString

from content.importing.bodies.blocks import accordion_piece, callout_piece, embed_piece, quote_pieces, video_address
from content.importing.bodies.elements import FLOW, INLINE, PLAIN_INLINE, SAFE
from content.importing.bodies.pieces import Notes, Piece, folded, line_of_text, text_piece, words_of
from content.importing.bodies.tables import table_pieces
from content.importing.findings import What

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bs4.element import PageElement

    from content.importing.bodies.linking import Link

TARGET = "import-target"
"""The scheme under which a shortcode's link travels through Markdown."""
HELD = re.compile(r"COURANTHELD(\d+)END")
"""The word under which a shortcode's blocks travel through Markdown."""
_TARGET = re.compile(rf"{TARGET}:(\d+)")
_LINK_IN_WORDS = re.compile(
    r"\[(?P<words>[^\[\]]+)\]\((?P<address>https?://[^\s()]+)\)"
    r"|(?P<bare>https?://[^\s<>\"'“”]+[^\s<>\"'“”.,;:!?)\]])"
)
# Bold with nothing in it, and spaces that take no room.
_LEFT_OVER = re.compile(r"\*{4,}|[\u200b\u2060\ufeff]")
_SPACE = re.compile(r"[ \t\r\n\f]+")
_AROUND_BREAK = re.compile(r" ?<br/> ?")
_EDGE_BREAKS = re.compile(r"^(?:\s|<br/>)+|(?:\s|<br/>)+$")

_IMAGE_FILE = re.compile(r"\.(?:jpe?g|png|gif|webp|svg)$", re.IGNORECASE)
_LIST_END = len("</li></ul>")
_ATTRIBUTES = {
    "a": {"href", "name", "id"},
    **{f"h{level}": {"id"} for level in range(1, 7)},
    "img": {"src", "alt"},
    "iframe": {"src", "title"},
    "video": {"src"},
    "audio": {"src"},
    "source": {"src"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "code": {"class"},
    "ol": {"start"},
}
_SCHEMES = {"http", "https", "mailto", "tel", "ftp", "javascript", "data", "file", "import-target"}
_LINK_SCHEMES = {"http", "https", "mailto", "tel"}


class Walker:
    """Walks one rendered body.

    `held` are the pieces of shortcodes that travel as words, `targets` their links; `resolve` answers for a link,
    `image` makes the piece of an `<img>`.
    """

    def __init__(  # noqa: PLR0913 (what a walk needs to know)
        self,
        *,
        notes: Notes,
        held: list[list[Piece]],
        targets: list[tuple[str, int]],
        resolve: Callable[[str, bool], Link],
        image: Callable[[str, str, str, int], Piece | None],
        anchors: dict[str, str],
        line: int,
    ) -> None:
        self.notes, self.held, self.targets = notes, held, targets
        self.resolve, self.image, self.anchors, self.line = resolve, image, anchors, line

    def pieces(self, html: str) -> list[Piece]:
        """The pieces of a rendered body. The HTML is made safe and well formed first."""
        clean = nh3.clean(
            html, tags=SAFE, attributes=_ATTRIBUTES, url_schemes=_SCHEMES, link_rel=None, strip_comments=True
        )
        return self.flow(BeautifulSoup(clean, "html.parser").contents)

    # Blocks

    def flow(self, nodes: Iterable[PageElement]) -> list[Piece]:
        """Pieces of a sequence of nodes: runs of inline ones become paragraphs."""
        out: list[Piece] = []
        run: list[PageElement] = []
        for node in list(nodes):
            if isinstance(node, Tag) and (node.name in FLOW or node.name not in PLAIN_INLINE):
                out += self.paragraph(run)
                run = []
                out += self.block(node)
            elif isinstance(node, Tag) and node.name != "a" and node.find(FLOW):
                out += self.paragraph(run)
                run = []
                out += self.flow(node.contents)
            else:
                run.append(node)
        return out + self.paragraph(run)

    def block(self, tag: Tag) -> list[Piece]:
        """The pieces of one block-level element."""
        name = tag.name
        if name == "p":
            return self.flow(tag.contents) if tag.find(FLOW) else self.paragraph(tag.contents)
        if name in {"h1", "h2", "h3", "h4", "h5", "h6"}:
            return self.heading(tag)
        if name in {"ul", "ol"}:
            after: list[Piece] = []
            html = self.list_html(tag, after)
            return ([text_piece(html)] if html else []) + after
        make = {
            "table": self.table,
            "pre": self.code,
            "blockquote": self.quotation,
            "dl": self.definitions,
            "details": self.details,
            "iframe": self.frame,
            "video": self.frame,
            "audio": self.frame,
        }.get(name)
        if make is not None:
            return make(tag)
        if name == "hr":
            return []
        return self.flow(tag.contents)

    def paragraph(self, nodes: Iterable[PageElement]) -> list[Piece]:
        """A paragraph; blocks that stand inside it split it."""
        out: list[Piece] = []
        html = ""
        for part in self.inline(nodes):
            if isinstance(part, Piece):
                out += _paragraph_of(html)
                html = ""
                out.append(part)
            else:
                html += part
        return out + _paragraph_of(html)

    def heading(self, tag: Tag) -> list[Piece]:
        """A heading; what is not text in it follows it."""
        parts = self.inline(tag.contents)
        html = _SPACE.sub(" ", "".join(part for part in parts if isinstance(part, str))).strip()
        words = _SPACE.sub(" ", words_of(html.replace("<br/>", " "))).strip()
        after = [part for part in parts if isinstance(part, Piece)]
        if not words:
            return after
        for named in [tag, *tag.find_all("a")]:
            if isinstance(named, Tag) and (name := named.get("id") or named.get("name")):
                self.anchors[str(name)] = words
        out = [Piece("heading", {"text": words}, inline=escape(words, quote=False), level=int(tag.name[1]))]
        if links := re.findall(r"<a [^>]*>.*?</a>", html):
            out += [text_piece(f"<p>{link}</p>") for link in links]
        return out + after

    def table(self, tag: Tag) -> list[Piece]:
        """A table, or the contents of one that was only there for the layout."""
        if tag.find("table"):
            cells = [cell for cell in tag.find_all(["td", "th"]) if cell.find_parent("table") is tag]
            return [piece for cell in cells for piece in self.flow(cell.contents)]
        return table_pieces(tag, self.cell_html, self.flow, self.notes, self.line)

    def code(self, tag: Tag) -> list[Piece]:
        """A code listing, or shortcodes that an indentation made look like one."""
        text = tag.get_text().strip("\n")
        if HELD.fullmatch(text.strip()):
            return self.held_pieces(text)
        code = tag.find("code")
        classes = code.get("class") if isinstance(code, Tag) else None
        names = classes if isinstance(classes, list) else [classes or ""]
        language = next(
            (str(name).removeprefix("language-") for name in names if str(name).startswith("language-")), ""
        )
        lines = "<br/>".join(escape(line, quote=False) for line in text.split("\n"))
        return (
            [Piece("code", {"language": language, "code": text}, rich=f"<p>{lines}</p>", inline=lines)] if text else []
        )

    def quotation(self, tag: Tag) -> list[Piece]:
        """A quote with the name under it; what a quote cannot hold makes it a callout."""
        inside = self.flow(tag.contents)
        if not inside:
            return []
        html = "".join(piece.value for piece in inside if piece.type == "text")
        if (len(inside) > 1 and any(piece.type != "text" for piece in inside)) or re.search(r"<(?:a|ul|ol)\b", html):
            rich, after = folded(inside, self.notes, within="a quotation", line=self.line, headings="b")
            return [callout_piece("note", "", rich), *after] if rich else after
        if any(piece.type != "text" for piece in inside):
            return inside
        return quote_pieces([words for part in html.split("</p>") if (words := _plain(part))])

    def definitions(self, tag: Tag) -> list[Piece]:
        """A definition list: each term in bold over its definitions."""
        out: list[Piece] = []
        for item in tag.find_all(["dt", "dd"], recursive=False):
            if item.name == "dt":
                after: list[Piece] = []
                out += [text_piece(f"<p><b>{self.cell_html(item, after)}</b></p>"), *after]
            else:
                out += self.flow(item.contents)
        return out

    def details(self, tag: Tag) -> list[Piece]:
        """What opens on click is an accordion."""
        summary = tag.find("summary")
        title = _SPACE.sub(" ", summary.get_text()).strip() if isinstance(summary, Tag) else ""
        if isinstance(summary, Tag):
            summary.extract()
        rich, after = folded(self.flow(tag.contents), self.notes, within="an accordion", line=self.line)
        return [accordion_piece(title or "More", rich), *after]

    def frame(self, tag: Tag) -> list[Piece]:
        """A video becomes an embed; anything else from elsewhere becomes a link to it."""
        source = tag.find("source")
        url = str(tag.get("src") or (source.get("src") if isinstance(source, Tag) else "") or "")
        if url.startswith("//"):
            url = "https:" + url
        title = str(tag.get("title") or "")
        if video := video_address(url):
            return [embed_piece(video, title)]
        if not url.startswith(("http://", "https://")):
            self.notes.tell(What.HTML_REMOVED, f"<{tag.name}> without an address", self.line)
            return []
        self.notes.tell(What.HTML, f"<{tag.name}> of {urlsplit(url).netloc} became a link", self.line)
        return [text_piece(f'<p><a href="{escape(url)}">{escape(title or _name_of(url))}</a></p>')]

    # Lists

    def list_html(self, tag: Tag, after: list[Piece]) -> str:
        """A list as rich text; blocks in it that cannot stay move to after the whole list."""
        items: list[str] = []
        for item in tag.children:
            if isinstance(item, Tag) and item.name == "li":
                html = self.item_html(item, after)
            elif isinstance(item, Tag) and item.name in {"ul", "ol"}:
                html = self.list_html(item, after)
                if items and html:
                    items[-1] = items[-1].removesuffix("</li>") + html + "</li>"
                continue
            else:
                html = self.item_html(item, after) if str(item).strip() else ""
            if html:
                items.append(f"<li>{html}</li>")
        start = str(tag.get("start") or "")
        numbered = f' start="{start}"' if tag.name == "ol" and start.isdigit() and start != "1" else ""
        return f"<{tag.name}{numbered}>{''.join(items)}</{tag.name}>" if items else ""

    def item_html(self, node: PageElement, after: list[Piece]) -> str:
        """The inside of a list item: lines and nested lists."""
        lines: list[str] = []
        nested = ""
        for piece in self.flow(node.contents if isinstance(node, Tag) else [node]):
            if piece.type == "heading":
                lines.append(f"<b>{piece.inline}</b>")
            elif piece.type == "text" and piece.value.startswith(("<ul>", "<ol>", "<ol ")):
                nested += piece.value
            elif piece.type == "text" and nested:
                nested = nested[:-_LIST_END] + "<br/>" + line_of_text(piece.value) + nested[-_LIST_END:]
            elif piece.inline is not None:
                lines.append(piece.inline)
            else:
                after.append(piece)
                self.notes.tell(What.LAYOUT, f"{piece.type} moved from within a list to after it", self.line)
        return "<br/>".join(line for line in lines if line) + nested

    # Text

    def cell_html(self, tag: Tag, after: list[Piece]) -> str:
        """The inside of an element as lines of rich text; blocks that cannot be in one go to `after`."""
        lines = []
        for piece in self.flow(tag.contents):
            if piece.inline is not None:
                lines.append(piece.inline)
            else:
                after.append(piece)
                self.notes.tell(What.LAYOUT, f"{piece.type} moved from within <{tag.name}> to after it", self.line)
        return _tidy("<br/>".join(lines))

    def inline(self, nodes: Iterable[PageElement]) -> list[str | Piece]:
        """Inline nodes as safe rich text, with the blocks that stand between."""
        out: list[str | Piece] = []
        for node in nodes:
            if isinstance(node, NavigableString):
                if type(node) is NavigableString:
                    out += self.words(str(node))
            elif isinstance(node, Tag):
                out += self.element(node)
        return out

    def words(self, text: str) -> list[str | Piece]:
        """Text, in which words may stand for a shortcode's blocks or link."""
        out: list[str | Piece] = []
        text = _SPACE.sub(" ", text)
        position = 0
        for found in HELD.finditer(text):
            out.append(self.plain(text[position : found.start()]))
            out += self.held_pieces(found[0])
            position = found.end()
        out.append(self.plain(text[position:]))
        return out

    def plain(self, text: str) -> str:
        """Escaped text; a shortcode's link that stands by itself is shown by its target, a bare address is linked.

        Markdown's links within HTML, which no renderer reads, are links too.
        """
        text = _TARGET.sub(lambda found: self.target(found)[0], text)
        text = _LEFT_OVER.sub("", text)
        out, position = [], 0
        for found in _LINK_IN_WORDS.finditer(text):
            out.append(escape(text[position : found.start()], quote=False))
            address = found["address"] or found["bare"]
            out.append(self.anchor(address, escape(found["words"] or address, quote=False)))
            position = found.end()
        return "".join(out) + escape(text[position:], quote=False)

    def element(self, tag: Tag) -> list[str | Piece]:
        """An inline element."""
        if tag.name == "br":
            return ["<br/>"]
        if tag.name == "img":
            piece = self.image(str(tag.get("src") or ""), str(tag.get("alt") or ""), "", self.line)
            return [piece] if piece else []
        if tag.name == "a":
            return self.link(tag)
        parts = self.inline(tag.contents)
        name = INLINE.get(tag.name, "")
        if not name:
            return [*parts, " "] if tag.name in FLOW else parts
        if not "".join(part for part in parts if isinstance(part, str)).strip():
            return parts
        return [f"<{name}>{part}</{name}>" if isinstance(part, str) and part.strip() else part for part in _runs(parts)]

    def link(self, tag: Tag) -> list[str | Piece]:
        """A link; around a block without a file of its own it goes into the block's words."""
        href = str(tag.get("href") or "").strip()
        parts = _runs(self.inline(tag.contents))
        if not href:
            return parts
        out: list[str | Piece] = []
        for part in parts:
            if isinstance(part, Piece):
                if part.type == "text" and part.inline and "<a " not in part.inline:
                    linked = self.anchor(href, part.inline)
                    part = text_piece(f"<p>{linked}</p>")  # noqa: PLW2901 (the same piece, linked)
                elif part.type == "image" and not _IMAGE_FILE.search(urlsplit(href).path):
                    out += [text_piece(f"<p>{self.anchor(href, escape(href, quote=False))}</p>")]
                out.append(part)
            elif part.strip():
                lead, tail = part[: len(part) - len(part.lstrip())], part[len(part.rstrip()) :]
                words = re.sub(r"</?a\b[^>]*>", "", part.strip())
                out.append(lead + self.anchor(href, words) + tail)
            else:
                out.append(part)
        return out

    def anchor(self, href: str, words: str) -> str:
        """Words, linked to where `href` leads; only the words where it leads nowhere."""
        if found := _TARGET.match(href):
            target, line = self.target(found)
            link = self.resolve(target + href[found.end() :], True)
        else:
            line = self.line
            scheme = urlsplit(href).scheme.lower() if ":" in href else ""
            if scheme and scheme not in _LINK_SCHEMES:
                self.notes.tell(What.LINK, f"a link of the scheme {scheme}:", line)
                self.notes.links["words only"] += 1
                return words
            link = self.resolve(href, False)
        attributes = link.attributes()
        return f"<a {attributes}>{words}</a>" if attributes else words

    def target(self, found: re.Match[str]) -> tuple[str, int]:
        """The target that an address stands for, and its line."""
        number = int(found[1])
        return self.targets[number] if number < len(self.targets) else (found[0], self.line)

    def held_pieces(self, text: str) -> list[Piece]:
        """The pieces of the shortcodes named in `text`."""
        numbers = [int(found[1]) for found in HELD.finditer(text)]
        return [piece for number in numbers if number < len(self.held) for piece in self.held[number]]


def _runs(parts: list[str | Piece]) -> list[str | Piece]:
    """Neighbouring texts joined."""
    out: list[str | Piece] = []
    for part in parts:
        if isinstance(part, str) and out and isinstance(out[-1], str):
            out[-1] += part
        else:
            out.append(part)
    return out


def _tidy(html: str) -> str:
    return _EDGE_BREAKS.sub("", _AROUND_BREAK.sub("<br/>", _SPACE.sub(" ", html))).strip()


def _paragraph_of(html: str) -> list[Piece]:
    html = _tidy(html)
    return [text_piece(f"<p>{html}</p>")] if _plain(html) else []


def _plain(html: str) -> str:
    return _SPACE.sub(" ", words_of(html.replace("<br/>", "\n"))).strip("\xa0 ")


def _name_of(url: str) -> str:
    parts = urlsplit(url)
    return parts.netloc + parts.path
