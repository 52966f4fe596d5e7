"""Writes a checked tree as MJML that the engine reads as it was meant."""

from __future__ import annotations

import re
from typing import Final

from newsletters.mjml.reading import Comment, Element, Text
from newsletters.mjml.table import TAGS, VOID_HTML, Content

_SHORT_COLOUR: Final = re.compile(r"#([0-9a-fA-F])([0-9a-fA-F])([0-9a-fA-F])(?![0-9a-fA-F])")
_LONG: Final = r"#\1\1\2\2\3\3"
_COLOUR_ATTRIBUTES: Final = re.compile(r"color$|border|^bgcolor$")


def write_tree(root: Element) -> tuple[str, str]:
    """Return the MJML for the engine, and the CSS that is to be inlined, which the engine would leave in the head.

    Comments between MJML tags are left out (they would reach the reader), colours get six digits (Outlook), every
    attribute gets double quotation marks with those inside escaped.
    """
    inline: list[str] = []
    return _write(root, inline), "\n".join(inline)


def _write(element: Element, inline: list[str]) -> str:
    tag = TAGS.get(element.name)
    if tag is not None and element.get_attribute("inline"):
        inline.append(_css(element))
        return ""
    attributes = "".join(_attribute(each.name, each.value) for each in element.attributes)
    if element.name in VOID_HTML:
        return f"<{element.name}{attributes} />"
    if tag is not None and tag.content is Content.CSS:
        content = _css(element)
    else:
        structural = tag is not None and tag.content in (Content.CHILDREN, Content.NOTHING)
        content = "".join(_child(child, inline, structural=structural) for child in element.children)
    return f"<{element.name}{attributes}>{content}</{element.name}>"


def _child(child: Element | Text | Comment, inline: list[str], *, structural: bool) -> str:
    if isinstance(child, Element):
        return _write(child, inline)
    return "" if structural else child.text


def _css(element: Element) -> str:
    return "".join(child.text for child in element.children if isinstance(child, Text))


def _attribute(name: str, value: str | None) -> str:
    if value is None:
        return f" {name}"
    if _COLOUR_ATTRIBUTES.search(name):
        value = _SHORT_COLOUR.sub(_LONG, value)
    escaped = value.replace('"', "&quot;")
    return f' {name}="{escaped}"'
