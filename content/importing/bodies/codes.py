"""Shortcodes to pieces, by the rule that the mapping gives each."""

from __future__ import annotations

import re
from html import escape
from typing import TYPE_CHECKING, Any

from content.importing.bodies.blocks import accordion_piece, callout_piece, embed_piece, quote_piece, video_address
from content.importing.bodies.pieces import Piece, folded, text_piece
from content.importing.bodies.tables import cell_text, links_pieces, table_piece
from content.importing.findings import What
from content.importing.shortcodes import Shortcode, Words

if TYPE_CHECKING:
    from collections.abc import Iterable

    from content.importing.bodies.conversion import Conversion
    from content.importing.mapping import CodeRule
    from content.importing.shortcodes import Node

TITLE_LENGTH = 120
TONES = ("note", "tip", "warning")
IN_LINE = frozenset({"page-link", "file-link", "link", "emphasis", "text", "nothing"})
_HOLE = re.compile(r"\{([\w-]+)\}")
_LINK = re.compile(r"<a [^>]*>.*?</a>")


class CodeBlocks:
    """Makes a shortcode's pieces; asks the conversion for what is inside it."""

    def __init__(self, conversion: Conversion) -> None:
        self.conversion = conversion
        self.notes = conversion.notes

    def pieces(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """The pieces of a shortcode that becomes blocks."""
        make = {
            "callout": self.callout,
            "accordion": self.accordion,
            "quote": self.quote,
            "button": self.button,
            "embed": self.embed,
            "image": self.image,
            "further-reading": self.further_reading,
            "list": self.list_pieces,
            "item": self.list_pieces,
            "table": self.table,
            "row": self.inner,
            "cell": self.inner,
        }[rule.kind]
        return make(code, rule)

    def inner(self, code: Shortcode, rule: CodeRule | None = None) -> list[Piece]:
        """What stands between the tags."""
        del rule
        return self.conversion.pieces(code.children or [])

    def markdown(self, text: str, line: int) -> list[Piece]:
        """A value that is Markdown."""
        return self.conversion.pieces([Words(text, line)]) if text else []

    def words(self, text: str, line: int) -> str:
        """A value that is Markdown, as plain words."""
        return cell_text("".join(piece.inline or "" for piece in self.markdown(text, line))).replace("\n", " ")

    def callout(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """A note, box or card: text beside the text."""
        tones = rule.options.get("tones") or {}
        given = code.value(*rule.keys("tone"))
        tone = str(tones.get(given, given))
        title_html = "".join(
            piece.inline or "" for piece in self.markdown(code.value(*rule.keys("title", "title")), code.line)
        )
        title = cell_text(title_html).replace("\n", " ")
        lead = self.markdown(code.value(*rule.keys("text")), code.line)
        if len(title) > TITLE_LENGTH:
            lead, title = [text_piece(f"<p><b>{escape(title, quote=False)}</b></p>"), *lead], ""
        rich, after = folded([*lead, *self.inner(code)], self.notes, within="a callout", line=code.line, headings="b")
        if url := code.value(*rule.keys("url")):
            label = code.value(*rule.keys("button")) or title or url
            rich += f"<p>{self.conversion.walker.anchor(url, escape(label, quote=False))}</p>"
        if not rich:
            return after
        return [callout_piece(tone if tone in TONES else "note", title, rich), *after]

    def accordion(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """What opens on click."""
        title = self.words(code.value(*rule.keys("title", "title", 0)), code.line) or "More"
        rich, after = folded(self.inner(code), self.notes, within="an accordion", line=code.line)
        return [accordion_piece(title, rich), *after] if rich else after

    def quote(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """Somebody's words and who said them."""
        said = code.value(*rule.keys("text", "text", 0))
        inside = self.markdown(said, code.line) if said else self.inner(code)
        text = "\n\n".join(filter(None, (cell_text(piece.rich or "") for piece in inside)))
        name_html = "".join(p.inline or "" for p in self.markdown(code.value(*rule.keys("name", "cite")), code.line))
        role = self.words(code.value(*rule.keys("role")), code.line)
        links = _LINK.findall("".join(piece.rich or "" for piece in inside) + name_html)
        if not text:
            return []
        piece = quote_piece(text, cell_text(name_html).replace("\n", " "))
        piece.value["role"] = role
        others = [other for other in inside if other.rich is None]
        return [piece, *(text_piece(f"<p>{link}</p>") for link in links), *others]

    def button(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """A link that should not be missed."""
        url = code.value(*rule.keys("url", "href", "url", 0))
        text = self.words(code.value(*rule.keys("text", "text")), code.line) or cell_text(
            "".join(piece.inline or "" for piece in self.inner(code))
        )
        return self.conversion.button(url, text or url, code.line)

    def embed(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """A video."""
        template = rule.options.get("url") or "{0}"
        url, title = filled(template, code), self.words(code.value(*rule.keys("title", "title")), code.line)
        if video := video_address(url):
            return [embed_piece(video, title)]
        if not url.startswith("http"):
            self.notes.tell(What.SHORTCODE_BROKEN, f"{code.name} names no video", code.line)
            return self.inner(code)
        return [text_piece(f"<p>{self.conversion.walker.anchor(url, escape(title or url, quote=False))}</p>")]

    def image(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """An image: its file where there is one, or its words."""
        source = code.value(*rule.keys("src", "src", 0))
        caption = "".join(
            p.inline or "" for p in self.markdown(code.value(*rule.keys("caption", "caption")), code.line)
        )
        piece = self.conversion.image(source, code.value(*rule.keys("alt", "alt")), caption, code.line)
        return [*([piece] if piece else []), *self.inner(code)]

    def further_reading(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """A card to a page; neighbours are joined at the end."""
        target = code.value(*rule.keys("to", "link", 0))
        title = self.words(code.value(*rule.keys("title")), code.line)
        link = self.conversion.resolve(target, code=True)
        if link.page is None and not link.href:
            return self.inner(code)
        if link.page is None and not link.waiting and not link.href.startswith("http"):
            return self.markdown(
                f"[{target.strip('/').rsplit('/', 1)[-1].replace('-', ' ').capitalize()}]({link.href})", code.line
            )
        item: dict[str, Any] = {"page": link.page, "url": "", "title": "", "label": "", "date_text": "", "summary": ""}
        words = escape(
            target.strip("/").rsplit("/", 1)[-1].removesuffix(".md").replace("-", " ").capitalize(), quote=False
        )
        if link.page is None:
            item |= {"url": link.href, "title": words}
        shown = f"<a {link.attributes()}>{words}</a>"
        value = {"title": title, "items": [item]}
        return [Piece("further_reading", value, rich=f"<p>{shown}</p>", inline=shown), *self.inner(code)]

    def list_pieces(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """A list made of shortcodes; text between its items stands between two lists."""
        made = _List()
        for member in [code] if rule.kind == "item" else code.children or []:
            kind = self.conversion.kind(member)
            if isinstance(member, Words) or kind not in {"item", "list"}:
                if not isinstance(member, Words) or member.text.strip():
                    made.between(self.conversion.pieces([member]))
                continue
            if member is not code:
                self.conversion.count(member, "converted")
            if kind == "item":
                made.item(*self.item(member))
            else:
                made.below(self.list_pieces(member, self.conversion.mapping.shortcodes[member.name]))
        return made.finished()

    def item(self, code: Shortcode) -> tuple[str, list[Piece]]:
        """One item's line, and the blocks that cannot be in it."""
        inside = self.inner(code)
        line = "<br/>".join(piece.inline for piece in inside if piece.inline)
        return line, [piece for piece in inside if piece.inline is None]

    def table(self, code: Shortcode, rule: CodeRule) -> list[Piece]:
        """A table made of shortcodes for rows and cells."""
        columns = [str(column) for column in rule.keys("columns")]
        rows, links, after = [], [], list[Piece]()
        for row in self.members(code.children or [], "row"):
            cells = []
            for cell in self.members(row.children or [], "cell"):
                inside = self.inner(cell)
                after += [piece for piece in inside if piece.inline is None]
                html = "<br/>".join(piece.inline for piece in inside if piece.inline)
                links += _LINK.findall(html)
                cells.append(cell_text(html))
            if any(cells):
                rows.append(cells)
        if not rows:
            return self.inner(code)
        width = max(len(row) for row in [columns, *rows])
        data = [row + [""] * (width - len(row)) for row in ([columns, *rows] if columns else rows)]
        caption = self.words(code.value(*rule.keys("caption", "caption")), code.line)
        return [table_piece(data, caption=caption, head_row=bool(columns)), *links_pieces(links), *after]

    def members(self, nodes: Iterable[Node], kind: str) -> Iterable[Shortcode]:
        """The shortcodes of this kind, at any depth, counted."""
        for node in nodes:
            if isinstance(node, Shortcode):
                if self.conversion.kind(node) == kind:
                    self.conversion.count(node, "converted")
                    yield node
                else:
                    yield from self.members(node.children or [], kind)


class _List:
    """A list while its items come in."""

    def __init__(self) -> None:
        self.out: list[Piece] = []
        self.items: list[str] = []

    def item(self, html: str, after: list[Piece]) -> None:
        """One more item; blocks that cannot be in it end the list."""
        if html:
            self.items.append(f"<li>{html}</li>")
        self.between(after)

    def below(self, pieces: list[Piece]) -> None:
        """A list within the last item."""
        for piece in pieces:
            if self.items and piece.type == "text" and piece.value.startswith("<ul>"):
                self.items[-1] = self.items[-1].removesuffix("</li>") + piece.value + "</li>"
            else:
                self.between([piece])

    def between(self, pieces: list[Piece]) -> None:
        """Something that is no item."""
        if pieces:
            self.out = [*self.finished(), *pieces]

    def finished(self) -> list[Piece]:
        """What there is so far."""
        if self.items:
            self.out.append(text_piece(f"<ul>{''.join(self.items)}</ul>"))
            self.items = []
        return self.out


def filled(template: str, code: Shortcode) -> str:
    """A template with a shortcode's values in its holes: `{id}`, or `{0}` for the first by position."""
    return _HOLE.sub(lambda hole: code.value(int(hole[1]) if hole[1].isdigit() else hole[1]), template)
