"""MJML 4 as a table: which tags there are, where each may stand, which attributes it takes and what their values are.

The engine drops what it does not know without a word, so this table is the only thing between an editor's typing error
and a mail without its button. Attribute values: `colour`, `length` (`12px` or `50%`), `lengths` (one to four of them),
`number`, `text`, or a tuple of the words that are allowed.
"""

from __future__ import annotations

from typing import Final

from newsletters.mjml.table.composed import COMPOSED
from newsletters.mjml.table.content import CONTENT
from newsletters.mjml.table.frame import FRAME
from newsletters.mjml.table.rows import Content, Tag, ValueKind

__all__ = [
    "DEFAULTS_FOR_ALL",
    "IN_ATTRIBUTES",
    "REFUSED",
    "REFUSED_HTML",
    "TAGS",
    "VOID_HTML",
    "Content",
    "Tag",
    "ValueKind",
]

TABLE: Final = (*FRAME, *CONTENT, *COMPOSED)

TAGS: Final[dict[str, Tag]] = {tag.name: tag for tag in TABLE}

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
    name: kind for tag in TABLE if tag.name.startswith("mj-") for name, kind in tag.attributes.items()
}
"""What `mj-all` and `mj-class` may set: any attribute that some tag takes."""

VOID_HTML: Final = frozenset(
    {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "param", "source", "track", "wbr"}
)
"""HTML elements without an end tag (HTML Standard §13.1.2)."""

REFUSED_HTML: Final = frozenset({"script", "iframe", "object", "embed", "link", "base", "form", "frame", "frameset"})
"""HTML that mail programs remove, or that would load something from elsewhere."""
