"""One body: Markdown, shortcodes and HTML in, a list of blocks out, with everything that a person should know."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from dataclasses import dataclass, field
from html import escape
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Any

from content.importing.bodies.codes import IN_LINE, CodeBlocks, filled
from content.importing.bodies.elements import UNREMARKABLE, outcome_of_element
from content.importing.bodies.images import image_words
from content.importing.bodies.markdown import render_markdown
from content.importing.bodies.pieces import Notes, Piece, text_piece, words_of
from content.importing.bodies.settling import settled
from content.importing.bodies.trees import HELD, TARGET, Walker
from content.importing.findings import Finding, What
from content.importing.shortcodes import Shortcode, Words, parse_shortcodes, written
from content.pages.text import cut_at_word

if TYPE_CHECKING:
    from content.importing.bodies.linking import Link, Resolver
    from content.importing.mapping import Mapping
    from content.importing.shortcodes import Node

BUTTON_LENGTH = 80
TEXT_LENGTH = 300
BLOCK_IDS = uuid.UUID("5b1b2f0e-6f5e-4f0c-9a57-7c1f3d0a9f11")
_BLANK_END = re.compile(r"(?:^|\n)([ \t]*)$")
_TARGET = re.compile(rf"{TARGET}:(\d+)")
_BLANK_START = re.compile(r"[ \t]*(?:\n|$)")


@dataclass(slots=True)
class Body:
    """A converted body: the stream's raw data, and what there is to tell about it."""

    blocks: list[dict[str, Any]]
    findings: list[Finding]
    figures: dict[str, dict[str, int]]
    waiting: list[str] = field(default_factory=list)


def convert_body(  # noqa: PLR0913 (a source, and what belongs to it)
    text: str,
    *,
    mapping: Mapping,
    resolver: Resolver,
    first_line: int = 1,
    before: tuple[dict[str, str], ...] = (),
    after: tuple[dict[str, str], ...] = (),
    seed: str = "",
    title: str = "",
) -> Body:
    """Convert a body to a stream's raw data.

    `before` and `after` are blocks that the mapping makes from front matter; `seed` makes the blocks' ids, so that
    the same source always gives the same blocks. `title` is the page's, for blocks that must have one and have none.
    """
    text = without_markers(text)
    conversion = Conversion(text, mapping=mapping, resolver=resolver, first_line=first_line)
    notes = conversion.notes
    pieces = conversion.pieces(parse_shortcodes(text, first_line=first_line, findings=notes.findings))
    pieces = [*conversion.made(before), *pieces, *conversion.made(after)]
    pieces = settled(pieces, notes=notes, anchors=conversion.anchors, title=title, line=first_line)
    blocks = [_raw_block(piece, f"{seed}#{number}") for number, piece in enumerate(pieces)]
    blocks = conversion.as_written(blocks)
    for tag, count in conversion.tags.items():
        outcome = outcome_of_element(tag)
        notes.html[f"{tag}: {outcome}"] += count
        if outcome == "left out":
            notes.tell(What.HTML_REMOVED, f"<{tag}>", conversion.line_of(f"<{tag}"))
        elif outcome == "text kept" and tag not in UNREMARKABLE:
            notes.tell(What.HTML, f"<{tag}>", conversion.line_of(f"<{tag}"))
    figures = {
        "blocks": dict(Counter(block["type"] for block in blocks)),
        "shortcodes": dict(notes.codes),
        "html": dict(notes.html),
        "links": dict(notes.links),
    }
    return Body(blocks, notes.findings, figures, sorted(notes.waiting))


def without_markers(text: str) -> str:
    """The source with our own markers made ordinary words of the same length, so that none of them is taken for one."""
    return text.replace("COURANTHELD", "Courantheld").replace(f"{TARGET}:", f"{TARGET.replace('-', '_')}:")


def _raw_block(piece: Piece, seed: str) -> dict[str, Any]:
    """A block as a stream stores it; its id, and those of the items in it, follow from where it stands."""
    value = piece.value
    if isinstance(value, dict) and isinstance(value.get("items"), list):
        items = [
            {"type": "item", "value": item, "id": str(uuid.uuid5(BLOCK_IDS, f"{seed}.{number}"))}
            for number, item in enumerate(value["items"])
        ]
        value = {**value, "items": items}
    return {"type": piece.type, "value": value, "id": str(uuid.uuid5(BLOCK_IDS, seed))}


class Conversion:
    """The state of one conversion; see `convert_body`."""

    def __init__(self, text: str, *, mapping: Mapping, resolver: Resolver, first_line: int) -> None:
        self.text, self.first_line = text, first_line
        self.mapping, self.resolver = mapping, resolver
        self.notes = Notes()
        self.tags: Counter[str] = Counter()
        self.anchors: dict[str, str] = {}
        self.held: list[list[Piece]] = []
        self.sources: list[str] = []
        self.targets: list[tuple[str, int]] = []
        self.codes = CodeBlocks(self)
        self.walker = self._walker(first_line)

    def _walker(self, line: int) -> Walker:
        return Walker(
            notes=self.notes,
            held=self.held,
            targets=self.targets,
            resolve=lambda target, code: self.resolve(target, code=code),
            image=self.raw_image,
            anchors=self.anchors,
            line=line,
        )

    def pieces(self, nodes: list[Node]) -> list[Piece]:
        """The pieces of words and shortcodes, in their order."""
        markdown = dedented(self.markdown(nodes))
        if not markdown.strip():
            return []
        outer, self.walker = self.walker, self._walker(nodes[0].line if nodes else self.first_line)
        try:
            return self.walker.pieces(render_markdown(markdown, self.tags, self.anchors))
        finally:
            self.walker = outer

    def markdown(self, nodes: list[Node]) -> str:
        """Markdown in which a shortcode is a word or an address that comes back as its pieces or its link."""
        out: list[str] = []
        for number, node in enumerate(nodes):
            if isinstance(node, Words):
                out.append(node.text)
                continue
            kind = self.kind(node)
            if kind in IN_LINE or not kind:
                out.append(self.in_line(node, kind))
                continue
            self.count(node, "converted")
            pieces = self.codes.pieces(node, self.mapping.shortcodes[node.name])
            self.held.append(pieces)
            self.sources.append(written([node]))
            word = f"COURANTHELD{len(self.held) - 1}END"
            indent = _BLANK_END.search("".join(out)[-200:]) if out else re.match(r"()", "")
            following = nodes[number + 1] if number + 1 < len(nodes) else None
            ends = following is None or (isinstance(following, Words) and _BLANK_START.match(following.text))
            if kind == "image" and not (indent and ends):
                out.append(word)
            else:
                out.append(f"\n\n{indent[1] if indent else ''}{word}\n\n")
        return "".join(out)

    def in_line(self, code: Shortcode, kind: str) -> str:
        """What a shortcode within a line is in Markdown; of an unknown one only what stands inside."""
        inside = self.markdown(code.children or [])
        if not kind:
            self.count(code, "not understood")
            self.notes.tell(What.SHORTCODE, code.name, code.line)
            return inside
        self.count(code, "converted")
        rule = self.mapping.shortcodes[code.name]
        if kind == "emphasis":
            return f"<b>{inside}</b>" if inside.strip() and "\n\n" not in inside else inside
        if kind == "page-link":
            return self.target(code.value(*rule.keys("to", 0)), code.line) + inside
        if kind == "link":
            url, label = filled(rule.options.get("url") or "{0}", code), filled(rule.options.get("label") or "", code)
            return f'<a href="{escape(url)}">{escape(label or url, quote=False)}</a>{inside}'
        if kind == "file-link":
            return self.file_link(code) + inside
        return inside if kind == "text" else ""

    def file_link(self, code: Shortcode) -> str:
        """A link to a file that is not part of the source."""
        rule = self.mapping.shortcodes[code.name]
        name, label = code.value(*rule.keys("file", "file", 0)), code.value(*rule.keys("label", "label"))
        if self.resolver.resolve(name, code=True).document is not None:
            return f'<a href="{self.target(name, code.line)}">{label or PurePosixPath(name).name}</a>'
        base = str(rule.options.get("base") or "")
        where = f"linked at {base}" if base else "not linked"
        self.notes.tell(What.FILE, f"{name}: {where}", code.line)
        url = base + name.lstrip("/")
        if not label:
            return url if base else name
        return f'<a href="{escape(url)}">{label}</a>' if base else label

    def as_written(self, value: Any) -> Any:
        """Put the source back where a shortcode stood in something that is kept to the letter, like code."""
        if isinstance(value, dict):
            return {key: self.as_written(each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.as_written(each) for each in value]
        if not isinstance(value, str) or ("COURANTHELD" not in value and TARGET not in value):
            return value
        value = HELD.sub(lambda found: self.sources[int(found[1])] if int(found[1]) < len(self.sources) else "", value)
        return _TARGET.sub(lambda found: self.walker.target(found)[0].replace(f"{TARGET}:", ""), value)

    def target(self, target: str, line: int) -> str:
        """An address under which a target travels through Markdown."""
        self.targets.append((target, line))
        return f"{TARGET}:{len(self.targets) - 1}"

    def kind(self, node: Node) -> str:
        """What a shortcode becomes; "" for words and for what the mapping does not name."""
        if not isinstance(node, Shortcode) or node.name not in self.mapping.shortcodes:
            return ""
        return self.mapping.shortcodes[node.name].kind

    def count(self, code: Shortcode, outcome: str) -> None:
        """Count a shortcode's outcome."""
        self.notes.codes[f"{code.name}: {outcome}"] += 1

    def resolve(self, target: str, *, code: bool) -> Link:
        """Ask where a link leads, and note the answer."""
        link = self.resolver.resolve(target, code=code)
        if link.waiting:
            self.notes.waiting.add(link.waiting)
        if link.finding is not None:
            self.notes.tell(link.finding, target, self.line_of(target))
        is_page = link.page is not None or link.waiting
        outcome = (
            "to a page" if is_page else "to a document" if link.document else "elsewhere" if link.href else "words only"
        )
        self.notes.links[outcome] += 1
        return link

    def line_of(self, words: str) -> int:
        """The line of the file in which these words first stand; 0 when they do not."""
        position = self.text.find(words)
        return self.first_line + self.text.count("\n", 0, position) if position >= 0 else 0

    def raw_image(self, source: str, alt: str, caption: str, line: int) -> Piece | None:
        """An image of Markdown or HTML."""
        return self.image(source, alt, caption, self.line_of(source) or line)

    def image(self, source: str, alt: str, caption: str, line: int) -> Piece | None:
        """An image; where its file is not there its words, in brackets, as a reader without images would be told.

        `caption` is rich text within a line. None when there are no words at all; the report names it.
        """
        name = PurePosixPath(source).name or "?"
        words, is_name = image_words(alt, source)
        if is_name:
            self.notes.tell(
                What.ALT_IS_FILE_NAME, f"{alt!r} of {name}" + (f"; kept as {words!r}" if words else ""), line
            )
        picture = self.resolver.picture(source)
        if not words and not caption:
            self.notes.tell(What.IMAGE_SILENT, name, line)
        if picture is not None:
            # Decorative where nobody has said what it shows: the report asks for the words.
            told = {"alt_text": cut_at_word(words, TEXT_LENGTH), "decorative": not words}
            under = {"caption": cut_at_word(words_of(caption), TEXT_LENGTH), "credit": ""}
            return Piece("image", {"image": picture, **told, **under})
        if not words and not caption:
            return None
        self.notes.tell(What.IMAGE, name, line)
        alt = words
        words = escape(alt, quote=False)
        if caption and _letters(caption) != _letters(alt):
            shown = f"[Image: {words}]<br/><i>{caption}</i>" if alt else f"[Image: {caption}]"
        else:
            shown = f"[Image: {words or caption}]"
        piece = text_piece(f"<p>{shown}</p>")
        piece.inline = shown
        return piece

    def button(self, url: str, text: str, line: int) -> list[Piece]:
        """A button to a page or an address; only its words where it leads nowhere."""
        link = self.resolve(url, code=False) if url else None
        if link is None or not (link.page or link.href):
            self.notes.tell(What.LINK, f"a button without an address: {text}", line)
            return [text_piece(f"<p>{escape(text, quote=False)}</p>")] if text else []
        value = {"text": text, "page": link.page, "url": "" if link.page else link.href, "quiet": False}
        shown = f"<a {link.attributes()}>{escape(text, quote=False)}</a>"
        is_address = link.page or link.waiting or link.href.startswith(("http://", "https://"))
        if len(text) > BUTTON_LENGTH or not is_address:
            return [text_piece(f"<p>{shown}</p>")]
        return [Piece("button", value, rich=f"<p>{shown}</p>", inline=shown)]

    def made(self, given: tuple[dict[str, str], ...]) -> list[Piece]:
        """Pieces that the mapping makes from front matter: embeds, buttons, text."""
        out: list[Piece] = []
        for values in given:
            if values["block"] == "button":
                out += self.button(values.get("url", ""), values.get("text", "") or values.get("url", ""), 0)
            elif values["block"] == "embed":
                code = Shortcode("append", named={"url": values.get("url", ""), "title": values.get("title", "")})
                out += self.codes.embed(code, _EMBED)
            else:
                out += self.walker.pieces(values.get("html") or f"<p>{escape(values.get('text', ''), quote=False)}</p>")
        return out


def dedented(text: str) -> str:
    """Markdown without the indentation that all its lines share, as between indented shortcodes."""
    lines = text.strip("\n").split("\n")
    margins = [len(line) - len(line.lstrip(" ")) for line in lines if line.strip()]
    margin = min(margins, default=0)
    return "\n".join(line[margin:] for line in lines) if margin else text


def _letters(text: str) -> str:
    return re.sub(r"<[^>]*>|[\W_]+", "", text).lower()


class _EmbedRule:
    """The rule of an embed that the mapping appends: the address is given whole."""

    kind = "embed"
    options = {"url": "{url}"}  # noqa: RUF012 (never changed)

    @staticmethod
    def keys(option: str, *default: str | int) -> tuple[str | int, ...]:
        """The default names."""
        del option
        return default


_EMBED: Any = _EmbedRule()
