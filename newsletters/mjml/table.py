"""MJML 4 as a table: which tags there are, where each may stand, which attributes it takes and what their values are.

The engine drops what it does not know without a word, so this table is the only thing between an editor's typing error
and a mail without its button. Attribute values: `colour`, `length` (`12px` or `50%`), `lengths` (one to four of them),
`number`, `text`, or a tuple of the words that are allowed.
"""

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


_EVERYWHERE: Final[dict[str, ValueKind]] = {"css-class": "text", "mj-class": "text"}
_PADDING: Final[dict[str, ValueKind]] = {
    "padding": "lengths",
    **{f"padding-{side}": "length" for side in ("top", "right", "bottom", "left")},
}
_BORDER: Final[dict[str, ValueKind]] = {
    "border": "text",
    **{f"border-{side}": "text" for side in ("top", "right", "bottom", "left")},
    "border-radius": "lengths",
}
_BACKGROUND: Final[dict[str, ValueKind]] = {
    "background-color": "colour",
    "background-url": "text",
    "background-position": "text",
    "background-position-x": "text",
    "background-position-y": "text",
    "background-repeat": ("repeat", "no-repeat"),
    "background-size": "text",
}
_FONT: Final[dict[str, ValueKind]] = {
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
_ALIGN: Final[ValueKind] = ("left", "center", "right")
_TEXT_ALIGN: Final[ValueKind] = ("left", "center", "right", "justify")
_VERTICAL: Final[ValueKind] = ("top", "middle", "bottom")
_DIRECTION: Final[ValueKind] = ("ltr", "rtl")
_IN_A_COLUMN: Final = ("mj-column", "mj-hero")
_ICONS: Final = ("icon-wrapped-url", "icon-unwrapped-url")
_ICON: Final[dict[str, ValueKind]] = {
    "icon-align": _VERTICAL,
    "icon-height": "length",
    "icon-position": ("left", "right"),
    "icon-unwrapped-alt": "text",
    "icon-unwrapped-url": "text",
    "icon-width": "length",
    "icon-wrapped-alt": "text",
    "icon-wrapped-url": "text",
}


def _tag(
    name: str,
    content: Content,
    parents: tuple[str, ...],
    *attributes: dict[str, ValueKind],
    required: tuple[str, ...] = (),
) -> Tag:
    merged = {key: value for each in attributes for key, value in each.items()}
    return Tag(name, content, parents, merged, required)


_TABLE: Final = (
    _tag("mjml", Content.CHILDREN, (), {"lang": "text", "dir": ("ltr", "rtl", "auto"), "owa": ("desktop",)}),
    _tag("mj-head", Content.CHILDREN, ("mjml",)),
    _tag("mj-title", Content.TEXT, ("mj-head",)),
    _tag("mj-preview", Content.TEXT, ("mj-head",)),
    _tag("mj-breakpoint", Content.NOTHING, ("mj-head",), {"width": "length"}, required=("width",)),
    _tag("mj-style", Content.CSS, ("mj-head",), {"inline": ("inline",)}),
    _tag("mj-attributes", Content.CHILDREN, ("mj-head",)),
    _tag(
        "mj-body",
        Content.CHILDREN,
        ("mjml",),
        _EVERYWHERE,
        {"background-color": "colour", "width": "length"},
    ),
    _tag(
        "mj-wrapper",
        Content.CHILDREN,
        ("mj-body",),
        _EVERYWHERE,
        _PADDING,
        _BORDER,
        _BACKGROUND,
        {"full-width": ("full-width", "false"), "text-align": _TEXT_ALIGN, "direction": _DIRECTION},
    ),
    _tag(
        "mj-section",
        Content.CHILDREN,
        ("mj-body", "mj-wrapper"),
        _EVERYWHERE,
        _PADDING,
        _BORDER,
        _BACKGROUND,
        {"full-width": ("full-width", "false"), "text-align": _TEXT_ALIGN, "direction": _DIRECTION},
    ),
    _tag(
        "mj-group",
        Content.CHILDREN,
        ("mj-section",),
        _EVERYWHERE,
        {"background-color": "colour", "direction": _DIRECTION, "vertical-align": _VERTICAL, "width": "length"},
    ),
    _tag(
        "mj-column",
        Content.CHILDREN,
        ("mj-section", "mj-group"),
        _EVERYWHERE,
        _PADDING,
        _BORDER,
        {f"inner-{name}": kind for name, kind in _BORDER.items()},
        {
            "background-color": "colour",
            "inner-background-color": "colour",
            "direction": _DIRECTION,
            "vertical-align": _VERTICAL,
            "width": "length",
        },
    ),
    _tag(
        "mj-hero",
        Content.CHILDREN,
        ("mj-body", "mj-wrapper"),
        _EVERYWHERE,
        _PADDING,
        {
            "background-color": "colour",
            "background-height": "length",
            "background-position": "text",
            "background-url": "text",
            "background-width": "length",
            "border-radius": "lengths",
            "container-background-color": "colour",
            "height": "length",
            "inner-background-color": "colour",
            "inner-padding": "lengths",
            "mode": ("fixed-height", "fluid-height"),
            "vertical-align": _VERTICAL,
            "width": "length",
        },
    ),
    _tag(
        "mj-text",
        Content.HTML,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        _FONT,
        {"align": _TEXT_ALIGN, "container-background-color": "colour", "height": "length", "vertical-align": _VERTICAL},
    ),
    _tag(
        "mj-button",
        Content.HTML,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        _BORDER,
        _FONT,
        {
            "align": _ALIGN,
            "background-color": "colour",
            "container-background-color": "colour",
            "height": "length",
            "href": "text",
            "inner-padding": "lengths",
            "name": "text",
            "rel": "text",
            "target": "text",
            "text-align": _ALIGN,
            "title": "text",
            "vertical-align": _VERTICAL,
            "width": "length",
        },
        required=("href",),
    ),
    _tag(
        "mj-image",
        Content.NOTHING,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        _BORDER,
        {
            "align": _ALIGN,
            "alt": "text",
            "container-background-color": "colour",
            "fluid-on-mobile": ("true", "false"),
            "font-size": "length",
            "height": "text",
            "href": "text",
            "max-height": "length",
            "name": "text",
            "rel": "text",
            "sizes": "text",
            "src": "text",
            "srcset": "text",
            "target": "text",
            "title": "text",
            "usemap": "text",
            "width": "length",
        },
        required=("src", "alt"),
    ),
    _tag(
        "mj-divider",
        Content.NOTHING,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        {
            "align": _ALIGN,
            "border-color": "colour",
            "border-style": "text",
            "border-width": "length",
            "container-background-color": "colour",
            "width": "length",
        },
    ),
    _tag(
        "mj-spacer",
        Content.NOTHING,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        _BORDER,
        {"container-background-color": "colour", "height": "length", "vertical-align": _VERTICAL, "width": "length"},
    ),
    _tag(
        "mj-table",
        Content.HTML,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        _FONT,
        {
            "align": _ALIGN,
            "border": "text",
            "cellpadding": "number",
            "cellspacing": "number",
            "container-background-color": "colour",
            "role": ("none", "presentation"),
            "table-layout": ("auto", "fixed", "initial", "inherit"),
            "vertical-align": _VERTICAL,
            "width": "length",
        },
    ),
    _tag(
        "mj-raw",
        Content.HTML,
        (
            "mj-head", "mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero", "mj-accordion",
            "mj-accordion-element", "mj-carousel", "mj-navbar", "mj-social",
        ),
        {"position": ("file-start",)},
    ),
    _tag(
        "mj-social",
        Content.CHILDREN,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        _FONT,
        {
            "align": _ALIGN,
            "border-radius": "lengths",
            "container-background-color": "colour",
            "icon-height": "length",
            "icon-padding": "lengths",
            "icon-size": "length",
            "inner-padding": "lengths",
            "mode": ("horizontal", "vertical"),
            "table-layout": ("auto", "fixed"),
            "text-padding": "lengths",
            "vertical-align": _VERTICAL,
        },
    ),
    _tag(
        "mj-social-element",
        Content.HTML,
        ("mj-social",),
        _EVERYWHERE,
        _PADDING,
        _FONT,
        {
            "align": _ALIGN,
            "alt": "text",
            "background-color": "colour",
            "border-radius": "lengths",
            "href": "text",
            "icon-height": "length",
            "icon-padding": "lengths",
            "icon-position": ("left", "right"),
            "icon-size": "length",
            "name": "text",
            "rel": "text",
            "sizes": "text",
            "src": "text",
            "srcset": "text",
            "target": "text",
            "text-padding": "lengths",
            "title": "text",
            "vertical-align": _VERTICAL,
        },
        required=("src", "alt", "href"),
    ),
    _tag(
        "mj-navbar",
        Content.CHILDREN,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        {
            "align": _ALIGN,
            "base-url": "text",
            "hamburger": ("hamburger",),
            "ico-align": _ALIGN,
            "ico-close": "text",
            "ico-color": "colour",
            "ico-font-family": "text",
            "ico-font-size": "length",
            "ico-line-height": "text",
            "ico-open": "text",
            "ico-padding": "lengths",
            **{f"ico-padding-{side}": "length" for side in ("top", "right", "bottom", "left")},
            "ico-text-decoration": "text",
            "ico-text-transform": "text",
        },
    ),
    _tag(
        "mj-navbar-link",
        Content.HTML,
        ("mj-navbar",),
        _EVERYWHERE,
        _PADDING,
        _FONT,
        {"href": "text", "name": "text", "rel": "text", "target": "text", "title": "text"},
        required=("href",),
    ),
    _tag(
        "mj-accordion",
        Content.CHILDREN,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        _ICON,
        {"border": "text", "container-background-color": "colour", "font-family": "text"},
        required=_ICONS,
    ),
    _tag(
        "mj-accordion-element",
        Content.CHILDREN,
        ("mj-accordion",),
        _EVERYWHERE,
        _ICON,
        {"background-color": "colour", "border": "text", "font-family": "text"},
    ),
    _tag(
        "mj-accordion-title",
        Content.HTML,
        ("mj-accordion-element",),
        _EVERYWHERE,
        _PADDING,
        _FONT,
        {"background-color": "colour"},
    ),
    _tag(
        "mj-accordion-text",
        Content.HTML,
        ("mj-accordion-element",),
        _EVERYWHERE,
        _PADDING,
        _FONT,
        {"background-color": "colour"},
    ),
    _tag(
        "mj-carousel",
        Content.CHILDREN,
        _IN_A_COLUMN,
        _EVERYWHERE,
        _PADDING,
        {
            "align": _ALIGN,
            "border-radius": "lengths",
            "container-background-color": "colour",
            "icon-width": "length",
            "left-icon": "text",
            "right-icon": "text",
            "tb-border": "text",
            "tb-border-radius": "lengths",
            "tb-hover-border-color": "colour",
            "tb-selected-border-color": "colour",
            "tb-width": "length",
            "thumbnails": ("visible", "hidden", "supported"),
        },
        required=("left-icon", "right-icon"),
    ),
    _tag(
        "mj-carousel-image",
        Content.NOTHING,
        ("mj-carousel",),
        _EVERYWHERE,
        {
            "alt": "text",
            "border-radius": "lengths",
            "href": "text",
            "rel": "text",
            "src": "text",
            "target": "text",
            "tb-border": "text",
            "tb-border-radius": "lengths",
            "thumbnails-src": "text",
            "title": "text",
        },
        required=("src", "alt"),
    ),
)  # fmt: skip

TAGS: Final[dict[str, Tag]] = {tag.name: tag for tag in _TABLE}

REFUSED: Final[dict[str, str]] = {
    "mj-include": "put its content here; in Courant's templates, use Django's own include",
    "mj-html-attributes": "the engine cannot read it; write the attribute where it belongs",
    "mj-font": "it loads a web font from elsewhere; name a font that readers have",
    "mj-selector": "the engine cannot read it; write the attribute where it belongs",
    "mj-html-attribute": "the engine cannot read it; write the attribute where it belongs",
}
"""Tags of MJML that Courant does not take, and what to do instead."""

IN_ATTRIBUTES: Final = "mj-attributes"
"""Its children set defaults: `mj-all`, `mj-class`, or any tag of the body, each empty."""

DEFAULTS_FOR_ALL: Final[dict[str, ValueKind]] = {
    name: kind for tag in _TABLE if tag.name.startswith("mj-") for name, kind in tag.attributes.items()
}
"""What `mj-all` and `mj-class` may set: any attribute that some tag takes."""

VOID_HTML: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
"""HTML elements without an end tag (HTML Standard §13.1.2)."""

REFUSED_HTML: Final = frozenset({"script", "iframe", "object", "embed", "link", "base", "form", "frame", "frameset"})
"""HTML that mail programs remove, or that would load something from elsewhere."""
