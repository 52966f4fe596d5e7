"""Merge fields on their way through MJML, the engine and the CSS inliner, which none of them may touch.

An editor writes `{{name|friend}}`. Before compiling, each becomes a marker of letters and digits with a random part,
so that it survives in text and in attributes and cannot be typed by accident; sections and blocks get markers inside
comments. After compiling, the text is cut at the markers.
"""

from __future__ import annotations

import html
import re
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from newsletters.issues.compiled import FIELDS, SectionEnd, SectionStart, Static, Token

if TYPE_CHECKING:
    from newsletters.issues.compiled import Part, Parts

FIELD: Final = re.compile(r"\{\{\s*([a-z_]+)\s*(?:\|([^{}]*))?\}\}")
"""`{{name}}` or `{{name|default}}`."""

BRACES: Final = re.compile(r"\{\{.{0,40}|.{0,40}\}\}", re.DOTALL)
"""What is left of a merge field that was not understood."""


def replace_fields(text: str) -> str:
    """Replace merge fields by their defaults, for readers who are nobody in particular; links of a person vanish."""
    return FIELD.sub(lambda match: (match[2] or "").strip() if match[1] in FIELDS else match[0], text)


@dataclass(slots=True)
class Marks:
    """The markers of one compilation."""

    nonce: str = field(default_factory=lambda: f"q{secrets.token_hex(6)}q")
    parts: list[Part] = field(default_factory=list)
    blocks: list[str] = field(default_factory=list)

    def mark_fields(self, text: str, *, escaped: bool, values: dict[str, str] | None = None) -> str:
        """Put markers where known merge fields stand; `escaped` says that the text is HTML, and its defaults are too.

        A field in `values` has the same value for everybody and is written at once.
        """

        def mark(match: re.Match[str]) -> str:
            name, default = match[1], (match[2] or "").strip()
            if name not in FIELDS:
                return match[0]
            if values and name in values:
                return html.escape(values[name]) if escaped else values[name]
            return self._marker("t", Token(name, html.unescape(default) if escaped else default))

        return FIELD.sub(mark, text)

    def start_section(self, topic_id: int) -> str:
        """The marker of a section's start."""
        return self._marker("s", SectionStart(topic_id))

    def end_section(self) -> str:
        """The marker of a section's end."""
        return self._marker("s", SectionEnd())

    def start_block(self, block_id: str) -> str:
        """The marker of a block's start, for its cost and for faults in it."""
        self.blocks.append(block_id)
        return f"{self.nonce}b{len(self.blocks) - 1}z"

    def end_block(self) -> str:
        """The marker of a block's end."""
        return f"{self.nonce}x0z"

    def _marker(self, kind: str, part: Part) -> str:
        self.parts.append(part)
        return f"{self.nonce}{kind}{len(self.parts) - 1}z"

    def pattern(self) -> re.Pattern[str]:
        """What finds the markers, with the brackets of the comment around those that stand in one."""
        return re.compile(rf"<!--{self.nonce}([sbx])(\d+)z-->|{self.nonce}([tsbx])(\d+)z")

    def cut(self, text: str) -> Parts:
        """Cut the text at its markers into the parts of a compiled issue."""
        parts: list[Part] = []
        at = 0
        pending = ""
        for match in self.pattern().finditer(text):
            pending += text[at : match.start()]
            at = match.end()
            if (match[1] or match[3]) in "bx":
                continue
            if pending:
                parts.append(Static(pending))
                pending = ""
            parts.append(self.parts[int(match[2] or match[4])])
        pending += text[at:]
        if pending:
            parts.append(Static(pending))
        return tuple(parts)

    def block_sizes(self, text: str) -> dict[str, int]:
        """How many bytes of UTF-8 lie between the markers of each block, markers not counted; sums over both."""
        sizes: dict[str, int] = {}
        current, at = "", 0
        for match in self.pattern().finditer(text):
            kind = match[1] or match[3]
            if current:
                sizes[current] = sizes.get(current, 0) + len(text[at : match.start()].encode())
            at = match.end()
            if kind == "b":
                current = self.blocks[int(match[2] or match[4])]
            elif kind == "x":
                current = ""
        return sizes

    def block_at_line(self, source: str, line: int) -> str:
        """The id of the block whose source holds this line (from 1); "" for the frame around the blocks."""
        position = sum(len(each) for each in source.splitlines(keepends=True)[: line - 1])
        found = ""
        for match in self.pattern().finditer(source):
            if match.start() > position:
                break
            kind = match[1] or match[3]
            if kind == "b":
                found = self.blocks[int(match[2] or match[4])]
            elif kind == "x":
                found = ""
        return found
