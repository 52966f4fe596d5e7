"""Holds a tree against the table of MJML 4: tags, parents, attributes, values."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING, Final

from newsletters.mjml.reading import Comment, Element, Text
from newsletters.mjml.table import DEFAULTS_FOR_ALL, IN_ATTRIBUTES, REFUSED, REFUSED_HTML, TAGS, Content

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from newsletters.mjml.reading import Attribute, Reader
    from newsletters.mjml.table import ValueKind

_COLOUR: Final = re.compile(
    r"#(?:[0-9a-f]{3}|[0-9a-f]{6})|rgba?\([\d\s.,%/]+\)|hsla?\([\d\s.,%/]+(?:deg)?[\d\s.,%/]*\)|[a-z]{3,24}",
    re.IGNORECASE,
)
_ONE_LENGTH: Final = r"(?:0|-?\d+(?:\.\d+)?(?:px|%))"
_VALUES: Final[dict[str, tuple[re.Pattern[str], str]]] = {
    "colour": (_COLOUR, "a colour such as #1a2b3c"),
    "length": (re.compile(_ONE_LENGTH), "a length such as 12px or 50%"),
    "lengths": (re.compile(rf"{_ONE_LENGTH}(?:\s+{_ONE_LENGTH}){{0,3}}"), "one to four lengths such as 12px or 50%"),
    "number": (re.compile(r"\d+"), "a whole number"),
}
_LOADS: Final = re.compile(r"@import|@font-face|url\(\s*['\"]?\s*(?:https?:)?//", re.IGNORECASE)


def check_tree(root: Element, reader: Reader) -> None:
    """Note every fault of the tree in the reader."""
    _check_element(root, "", reader)
    body = [child for child in root.children if isinstance(child, Element) and child.name == "mj-body"]
    if not body:
        reader.fault(root.position, "there is no <mj-body>; write one into <mjml>")
    for name in ("mj-head", "mj-body"):
        for again in [child for child in root.children if isinstance(child, Element) and child.name == name][1:]:
            reader.fault(again.position, f"a second <{name}>; put its content into the first")


def _check_element(element: Element, parent: str, reader: Reader) -> None:
    if parent == IN_ATTRIBUTES:
        _check_defaults(element, reader)
        return
    tag = TAGS.get(element.name)
    if tag is None:
        reader.fault(element.position, _unknown_tag(element.name))
        return
    if parent and parent not in tag.parents:
        places = _words(f"<{place}>" for place in tag.parents) or "nowhere"
        reader.fault(element.position, f"<{element.name}> cannot stand in <{parent}>; move it into {places}")
    _check_attributes(element, tag.attributes, reader)
    for name in tag.required:
        if element.get_attribute(name) is None:
            reader.fault(element.position, f"<{element.name}> needs the attribute {name}{_WHY_NEEDED.get(name, '')}")
    _check_content(element, tag.content, reader)


_WHY_NEEDED: Final = {
    "alt": '; write alt="" when the picture says nothing',
    **dict.fromkeys(
        ("icon-wrapped-url", "icon-unwrapped-url", "left-icon", "right-icon"),
        "; without it, a picture is loaded from elsewhere",
    ),
}


def _check_defaults(element: Element, reader: Reader) -> None:
    """Check a child of `mj-attributes`."""
    if element.name in ("mj-all", "mj-class"):
        allowed: Mapping[str, ValueKind] = DEFAULTS_FOR_ALL
        if element.name == "mj-class":
            allowed = {**allowed, "name": "text"}
            if element.get_attribute("name") is None:
                reader.fault(element.position, "<mj-class> needs the attribute name")
    elif (tag := TAGS.get(element.name)) is not None:
        allowed = tag.attributes
    else:
        reader.fault(element.position, _unknown_tag(element.name))
        return
    _check_attributes(element, allowed, reader)
    for child in element.children:
        if not isinstance(child, Comment) and not (isinstance(child, Text) and not child.text.strip()):
            reader.fault(
                child.position, f"<{element.name}> in <mj-attributes> has to be empty; only attributes count here"
            )


def _check_attributes(element: Element, allowed: Mapping[str, ValueKind], reader: Reader) -> None:
    for attribute in element.attributes:
        kind = allowed.get(attribute.name)
        if kind is None:
            close = difflib.get_close_matches(attribute.name, allowed, n=1)
            advice = f"did you mean {close[0]}?" if close else "delete it"
            reader.fault(attribute.position, f"<{element.name}> has no attribute {attribute.name}; {advice}")
        else:
            _check_value(element, attribute, kind, reader)


def _check_value(element: Element, attribute: Attribute, kind: ValueKind, reader: Reader) -> None:
    value = attribute.value
    if value is None:
        reader.fault(
            attribute.position, f'{attribute.name} of <{element.name}> has no value; write {attribute.name}="…"'
        )
    elif "<" in value:
        reader.fault(attribute.position, f"a “<” in {attribute.name} of <{element.name}>; write &lt;")
    elif isinstance(kind, tuple):
        if value not in kind:
            reader.fault(attribute.position, f"{attribute.name} of <{element.name}> has to be {_words(kind)}")
    elif kind in _VALUES and not _VALUES[kind][0].fullmatch(value.strip()):
        reader.fault(
            attribute.position, f"{attribute.name} of <{element.name}> has to be {_VALUES[kind][1]}, not “{value[:40]}”"
        )


def _check_content(element: Element, content: Content, reader: Reader) -> None:
    for child in element.children:
        if isinstance(child, Comment):
            continue
        blank = isinstance(child, Text) and not child.text.strip()
        if content is Content.CHILDREN:
            if isinstance(child, Element):
                _check_element(child, element.name, reader)
            elif not blank:
                reader.fault(child.position, f"text in <{element.name}>; put it into a tag such as <mj-text>")
        elif content is Content.NOTHING and not blank:
            reader.fault(child.position, f"<{element.name}> has to be empty; delete what is in it")
        elif content is Content.TEXT and isinstance(child, Element):
            reader.fault(child.position, f"<{element.name}> takes text without tags; delete <{child.name}>")
        elif content is Content.CSS and isinstance(child, Text):
            _check_css(child, reader)
        elif content is Content.HTML and isinstance(child, Element):
            _check_html(child, element.name, reader)


def _check_css(text: Text, reader: Reader) -> None:
    if "<" in text.text:
        reader.fault(text.position + text.text.index("<"), "a “<” in <mj-style>; CSS has none")
    if match := _LOADS.search(text.text):
        reader.fault(
            text.position + match.start(), "CSS that loads something from elsewhere; a mail brings its style along"
        )


def _check_html(element: Element, inside: str, reader: Reader) -> None:
    if element.name in TAGS or element.name in REFUSED or element.name.startswith("mj-"):
        reader.fault(element.position, f"<{element.name}> cannot stand in <{inside}>, which takes HTML; move it out")
        return
    if element.name in REFUSED_HTML:
        reader.fault(element.position, f"mail programs remove <{element.name}>; delete it")
    for child in element.children:
        if isinstance(child, Element):
            _check_html(child, inside, reader)


def _unknown_tag(name: str) -> str:
    if name in REFUSED:
        return f"<{name}> is not taken here; {REFUSED[name]}"
    close = difflib.get_close_matches(name, TAGS, n=1)
    if close:
        return f"there is no tag <{name}>; did you mean <{close[0]}>?"
    return f"there is no tag <{name}> in MJML; HTML belongs into <mj-text> or <mj-raw>"


def _words(items: Iterable[str]) -> str:
    *rest, last = items
    return f"{', '.join(rest)} or {last}" if rest else last
