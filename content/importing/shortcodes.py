"""Hugo's shortcodes, read as a tree: nested, paired or alone, with named, positional and quoted values.

`{{< name >}}` and `{{% name %}}` are read alike. Which shortcodes are paired is not written in them, so a shortcode
is paired when its closing tag follows; a `/>}}` closes itself. `{{</* name */>}}` is an example, and stays text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from content.importing.findings import Finding, What

if TYPE_CHECKING:
    from collections.abc import Iterator

_OPENING = re.compile(r"\{\{(?P<mark>[<%])")
_NAME = re.compile(r"\s*(?P<close>/?)\s*(?P<name>[\w./-]*[\w.-])")
_KEY = re.compile(r"(?P<key>[\w-]+)\s*=\s*")
_SPACE = re.compile(r"\s+")
_QUOTES = {'"': '"', "`": "`", "“": "”", "”": "”"}


@dataclass(slots=True)
class Shortcode:
    """One shortcode; `children` is None where it stands alone, and `raw` and `raw_close` are its tags as written."""

    name: str
    positional: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)
    line: int = 1
    raw: str = ""
    raw_close: str = ""
    children: list[Node] | None = None

    def value(self, *keys: str | int) -> str:
        """The first value there is of these names or positions; "" for none."""
        for key in keys:
            if isinstance(key, int):
                if key < len(self.positional):
                    return self.positional[key].strip()
            elif self.named.get(key, "").strip():
                return self.named[key].strip()
        return ""


@dataclass(slots=True)
class Words:
    """Text between shortcodes, beginning at `line`."""

    text: str
    line: int = 1


Node = Shortcode | Words


@dataclass(slots=True)
class _Tag:
    name: str
    raw: str
    line: int
    closing: bool = False
    alone: bool = False
    positional: list[str] = field(default_factory=list)
    named: dict[str, str] = field(default_factory=dict)


def parse_shortcodes(text: str, *, first_line: int = 1, findings: list[Finding] | None = None) -> list[Node]:
    """Read `text` as words and shortcodes; what is not well formed stays words and is a finding."""
    findings = [] if findings is None else findings
    root: list[Node] = []
    open_codes: list[tuple[Shortcode, list[Node]]] = []
    level = root
    for part in _parts(text, first_line, findings):
        if isinstance(part, Words):
            level.append(part)
        elif not part.closing:
            code = Shortcode(part.name, part.positional, part.named, part.line, part.raw)
            level.append(code)
            if not part.alone:
                open_codes.append((code, level))
                level = []
                code.children = level
        else:
            depth = next((n for n in range(len(open_codes) - 1, -1, -1) if open_codes[n][0].name == part.name), None)
            if depth is None:
                findings.append(Finding(What.SHORTCODE_BROKEN, f"{part.raw} closes nothing", part.line))
                level.append(Words(part.raw, part.line))
                continue
            level = _leave_alone(open_codes, depth + 1, level)
            code, level = open_codes.pop()
            code.raw_close = part.raw
    _leave_alone(open_codes, 0, level)
    return _joined(root)


def _leave_alone(open_codes: list[tuple[Shortcode, list[Node]]], down_to: int, level: list[Node]) -> list[Node]:
    """Turn the innermost shortcodes that were never closed into ones that stand alone; what followed them follows."""
    while len(open_codes) > down_to:
        code, outer = open_codes.pop()
        outer.extend(code.children or [])
        code.children = None
        level = outer
    return level


def _joined(nodes: list[Node]) -> list[Node]:
    joined: list[Node] = []
    for node in nodes:
        if isinstance(node, Shortcode):
            if node.children is not None:
                node.children = _joined(node.children)
            joined.append(node)
        elif node.text:
            if joined and isinstance(joined[-1], Words):
                joined[-1] = Words(joined[-1].text + node.text, joined[-1].line)
            else:
                joined.append(node)
    return joined


def written(nodes: list[Node]) -> str:
    """The source that these nodes were read from, to the letter."""
    return "".join(
        node.text if isinstance(node, Words) else node.raw + written(node.children or []) + node.raw_close
        for node in nodes
    )


def _parts(text: str, first_line: int, findings: list[Finding]) -> Iterator[Words | _Tag]:
    position, line = 0, first_line
    while found := _OPENING.search(text, position):
        if found.start() > position:
            yield Words(text[position : found.start()], line)
        line += text.count("\n", position, found.start())
        end, part = _read_tag(text, found, line, findings)
        yield part
        line += text.count("\n", found.start(), end)
        position = end
    if position < len(text):
        yield Words(text[position:], line)


def _read_tag(text: str, opening: re.Match[str], line: int, findings: list[Finding]) -> tuple[int, Words | _Tag]:
    """Read one tag; one that is not well formed gives its braces back as words."""
    ending = (">" if opening["mark"] == "<" else "%") + "}}"
    if text.startswith("/*", opening.end()):
        example = text.find("*/" + ending, opening.end())
        if example >= 0:
            inside = text[opening.end() + 2 : example]
            return example + 2 + len(ending), Words(f"{opening[0]}{inside}{ending}", line)
    close = text.find(ending, opening.end())
    name = _NAME.match(text, opening.end())
    if close < 0 or name is None or name.end() > close:
        findings.append(Finding(What.SHORTCODE_BROKEN, "no name or no end; left as it stands", line))
        return opening.end(), Words(opening[0], line)
    tag = _Tag(name["name"], "", line, closing=bool(name["close"]))
    end = _read_values(text, name.end(), ending, tag, findings)
    if end is None:
        findings.append(Finding(What.SHORTCODE_BROKEN, f"{tag.name} has no end; left as it stands", line))
        return opening.end(), Words(opening[0], line)
    tag.raw = text[opening.start() : end]
    return end, tag


def _read_values(text: str, position: int, ending: str, tag: _Tag, findings: list[Finding]) -> int | None:
    """Read a tag's values into it; where the tag ends, or None when it does not."""
    while position < len(text):
        if space := _SPACE.match(text, position):
            position = space.end()
        if text.startswith(ending, position):
            return position + len(ending)
        if text.startswith("/" + ending, position):
            tag.alone = True
            return position + 1 + len(ending)
        key = _KEY.match(text, position)
        if key:
            position = key.end()
        value, position = _read_value(text, position, ending, findings, tag.line)
        if key:
            tag.named[key["key"]] = value
        elif value:
            tag.positional.append(value)
    return None


def _read_value(text: str, position: int, ending: str, findings: list[Finding], line: int) -> tuple[str, int]:
    """Read a quoted or a bare value; a quote that never closes ends with the tag."""
    quote = text[position : position + 1]
    stop = text.find(ending, position)
    if quote in _QUOTES:
        end = position + 1
        while end < len(text) and text[end] != _QUOTES[quote]:
            end += 2 if text[end] == "\\" and quote == '"' else 1
        if end < len(text) and ending not in text[position:end] and not _OPENING.search(text, position, end):
            value = text[position + 1 : end]
            return (value.replace('\\"', '"').replace("\\\\", "\\") if quote == '"' else value), end + 1
        findings.append(Finding(What.SHORTCODE_BROKEN, "a quotation mark is never closed", line))
        stop = len(text) if stop < 0 else stop
        return text[position + 1 : stop], stop
    limit = len(text) if stop < 0 else stop
    if position == limit:
        return "", position
    end = position
    while end < limit and not text[end].isspace():
        end += 1
    if (
        end == limit
        and end > position + 1
        and text[end - 1] == "/"
        and not text[position:end].startswith(("http", "/"))
    ):
        end -= 1
    return text[position:end], end
