"""What the tags of MJML share: the shape of a row, and the attributes that come in groups."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
from typing import Final

ValueKind = str | tuple[str, ...]


class Content(Enum):
    """What stands between a tag and its end."""

    NOTHING = "nothing"
    CHILDREN = "MJML tags"
    HTML = "HTML"
    TEXT = "text without tags"
    CSS = "CSS"


@dataclass(frozen=True, slots=True)
class Tag:
    """One tag of the table; `required` attributes have no useful default, or one that loads from a third party."""

    name: str
    content: Content
    parents: tuple[str, ...]
    attributes: dict[str, ValueKind] = field(default_factory=dict)
    required: tuple[str, ...] = ()


EVERYWHERE: Final[dict[str, ValueKind]] = {"css-class": "text", "mj-class": "text"}
PADDING: Final[dict[str, ValueKind]] = {
    "padding": "lengths",
    **{f"padding-{side}": "length" for side in ("top", "right", "bottom", "left")},
}
BORDER: Final[dict[str, ValueKind]] = {
    "border": "text",
    **{f"border-{side}": "text" for side in ("top", "right", "bottom", "left")},
    "border-radius": "lengths",
}
BACKGROUND: Final[dict[str, ValueKind]] = {
    "background-color": "colour",
    "background-url": "text",
    "background-position": "text",
    "background-position-x": "text",
    "background-position-y": "text",
    "background-repeat": ("repeat", "no-repeat"),
    "background-size": "text",
}
FONT: Final[dict[str, ValueKind]] = {
    "color": "colour",
    "font-family": "text",
    "font-size": "length",
    "font-style": "text",
    "font-weight": "text",
    "letter-spacing": "text",
    "line-height": "text",
    "text-decoration": "text",
    "text-transform": "text",
}
ALIGN: Final[ValueKind] = ("left", "center", "right")
TEXT_ALIGN: Final[ValueKind] = ("left", "center", "right", "justify")
VERTICAL: Final[ValueKind] = ("top", "middle", "bottom")
DIRECTION: Final[ValueKind] = ("ltr", "rtl")
IN_A_COLUMN: Final = ("mj-column", "mj-hero")
ICONS: Final = ("icon-wrapped-url", "icon-unwrapped-url")
ICON: Final[dict[str, ValueKind]] = {
    "icon-align": VERTICAL,
    "icon-height": "length",
    "icon-position": ("left", "right"),
    "icon-unwrapped-alt": "text",
    "icon-unwrapped-url": "text",
    "icon-width": "length",
    "icon-wrapped-alt": "text",
    "icon-wrapped-url": "text",
}


def tag(
    name: str,
    content: Content,
    parents: tuple[str, ...],
    *attributes: dict[str, ValueKind],
    required: tuple[str, ...] = (),
) -> Tag:
    """One row; the groups of attributes are merged."""
    merged = {key: value for each in attributes for key, value in each.items()}
    return Tag(name, content, parents, merged, required)
