"""Reads MJML into a tree with positions, strictly: what the engine would drop or trip over is a fault here.

Faults are collected, not raised one by one, so that an editor sees all of them at once.
"""

from __future__ import annotations

import bisect
import re
from dataclasses import dataclass, field
from typing import Final

from newsletters.mjml.faults import Fault, MjmlError
from newsletters.mjml.table import TAGS, VOID_HTML, Content

MAX_DEPTH: Final = 100
"""Levels of nesting; MJML itself needs 7, and the engine dies without a word beyond a few thousand."""

MAX_LENGTH: Final = 2_000_000
"""Characters of source: twenty times what Gmail shows."""

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9:._-]*")
_SPACE = re.compile(r"\s*")
_TAG_END = re.compile(r"\s*(/?)>")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
_ATTRIBUTE = re.compile(
    r"""(?P<name>[^\s"'<>/=]+)(?:\s*=\s*(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|(?P<bare>[^\s"'=<>`]+)))?"""
)


@dataclass(slots=True)
class Attribute:
    """One attribute; `value` is as written (entities not resolved), None when there is none, as in `<td nowrap>`."""

    name: str
    value: str | None
    position: int


@dataclass(slots=True)
class Element:
    """A tag with its attributes and content; `children` holds elements, `Text` and `Comment` in order."""

    name: str
    attributes: list[Attribute]
    position: int
    children: list[Element | Text | Comment] = field(default_factory=list)

    def get_attribute(self, name: str) -> Attribute | None:
        """The first attribute of that name."""
        return next((each for each in self.attributes if each.name == name), None)


@dataclass(frozen=True, slots=True)
class Text:
    """Characters as written."""

    text: str
    position: int


@dataclass(frozen=True, slots=True)
class Comment:
    """A comment with its brackets."""

    text: str
    position: int


class Reader:
    """One reading of one source; `faults` fills up while it goes on."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.faults: list[Fault] = []
        self._at = 0
        self._top = Element("", [], 0)
        self._stack = [self._top]
        self._line_starts = [0, *(match.end() for match in re.finditer("\n", source))]

    def fault(self, position: int, message: str) -> None:
        """Note a fault at a position of the source."""
        line = bisect.bisect_right(self._line_starts, position)
        self.faults.append(Fault(line, position - self._line_starts[line - 1] + 1, message))

    def read(self) -> Element:
        """Read the source into its `<mjml>` element.

        Raises:
            MjmlError: there is no tree to speak of; smaller faults are left in `faults`.
        """
        if len(self.source) > MAX_LENGTH:
            self.fault(0, f"{len(self.source)} characters of source; a mail may have {MAX_LENGTH}")
            raise MjmlError(self.faults)
        if match := _CONTROL.search(self.source):
            self.fault(match.start(), f"the character U+{ord(match[0]):04X} cannot stand in a mail; delete it")
            raise MjmlError(self.faults)
        while self._at < len(self.source):
            self._read_next()
            if len(self._stack) > MAX_DEPTH:
                message = f"more than {MAX_DEPTH} levels of nesting; put fewer tags into one another"
                self.fault(self._stack[-1].position, message)
                raise MjmlError(self.faults)
        for left in self._stack[1:]:
            self.fault(left.position, f"<{left.name}> is never closed; write </{left.name}>")
        return self._root()

    def _root(self) -> Element:
        roots = [child for child in self._top.children if isinstance(child, Element)]
        for child in self._top.children:
            if isinstance(child, Text) and child.text.strip():
                self.fault(child.position, "text outside <mjml>; put it into a tag such as <mj-text>")
        if not roots or roots[0].name != "mjml":
            self.fault(roots[0].position if roots else 0, "the source has to start with <mjml>")
            raise MjmlError(self.faults)
        for extra in roots[1:]:
            self.fault(extra.position, f"<{extra.name}> after </mjml>; one mail is one <mjml>")
        return roots[0]

    def _read_next(self) -> None:
        source, at = self.source, self._at
        current = self._stack[-1]
        tag = TAGS.get(current.name)
        if tag is not None and tag.content is Content.CSS:
            match = re.compile(rf"</{current.name}\s*>", re.IGNORECASE).search(source, at)
            self._take_text(match.start() if match else len(source))
            if match:
                self._stack.pop()
                self._at = match.end()
        elif source.startswith("<!--", at):
            self._take_comment()
        elif source.startswith(("<!", "<?"), at):
            self.fault(at, "neither a document type, CDATA nor a processing instruction belongs into a mail; delete it")
            end = source.find(">", at)
            self._at = len(source) if end < 0 else end + 1
        elif source.startswith("</", at) and (match := _NAME.match(source, at + 2)):
            self._take_end(match[0].lower(), match.end())
        elif source.startswith("<", at) and (match := _NAME.match(source, at + 1)):
            self._take_start(match[0].lower(), match.end())
        elif source.startswith("<", at):
            self.fault(at, "a “<” that starts no tag; write &lt;")
            self._at += 1
        else:
            end = source.find("<", at)
            self._take_text(len(source) if end < 0 else end)

    def _take_text(self, end: int) -> None:
        if end > self._at:
            self._stack[-1].children.append(Text(self.source[self._at : end], self._at))
        self._at = end

    def _take_comment(self) -> None:
        start = self._at
        end = self.source.find("-->", start + 4)
        if end < 0:
            self.fault(start, "a comment without end; write -->")
            self._at = len(self.source)
            return
        self._at = end + 3
        self._stack[-1].children.append(Comment(self.source[start : self._at], start))

    def _take_end(self, name: str, after_name: int) -> None:
        start = self._at
        match = re.compile(r"\s*>").match(self.source, after_name)
        if match is None:
            self.fault(start, f"</{name} has to end with “>” at once")
        end = match.end() if match else self.source.find(">", after_name) + 1
        self._at = end or len(self.source)
        if name in VOID_HTML:
            self.fault(start, f"<{name}> has no end tag; delete </{name}>")
            return
        for depth in range(len(self._stack) - 1, 0, -1):
            if self._stack[depth].name == name:
                for left in self._stack[depth + 1 :]:
                    self.fault(left.position, f"<{left.name}> is not closed; write </{left.name}> before </{name}>")
                del self._stack[depth:]
                return
        self.fault(start, f"</{name}> closes nothing; delete it")

    def _take_start(self, name: str, after_name: int) -> None:
        element = Element(name, [], self._at)
        self._stack[-1].children.append(element)
        at = after_name
        while (match := _TAG_END.match(self.source, at)) is None:
            found = _ATTRIBUTE.match(self.source, _SPACE.match(self.source, at).end())  # type: ignore[union-attr]
            if found is None or found.start() == at:
                self.fault(element.position, f"<{name}> has a broken attribute, or no “>”; check its quotation marks")
                end = self.source.find(">", at)
                self._at = len(self.source) if end < 0 else end + 1
                return
            values = (found[group] for group in ("double", "single", "bare"))
            value = next((each for each in values if each is not None), None)
            if element.get_attribute(found["name"].lower()):
                self.fault(found.start(), f"<{name}> has the attribute {found['name']} twice; delete one")
            element.attributes.append(Attribute(found["name"].lower(), value, found.start()))
            at = found.end()
        self._at = match.end()
        if not match[1] and name not in VOID_HTML:
            self._stack.append(element)


def element_text(element: Element) -> str:
    """The element's text as written, without the tags in it."""
    return "".join(
        child.text if isinstance(child, Text) else element_text(child) if isinstance(child, Element) else ""
        for child in element.children
    )
