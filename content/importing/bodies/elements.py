"""HTML elements: which exist, which have a counterpart in blocks or rich text, which are left out."""

from __future__ import annotations

INLINE = {
    "strong": "b", "b": "b", "em": "i", "i": "i", "cite": "i", "dfn": "i", "var": "i", "sup": "sup", "sub": "sub",
    "code": "code", "tt": "code", "kbd": "code", "samp": "code",
}  # fmt: skip
"""Inline elements and what they are in rich text."""
PLAIN_INLINE = (
    frozenset(
        [
            "a",
            "abbr",
            "acronym",
            "bdi",
            "bdo",
            "big",
            "br",
            "button",
            "data",
            "del",
            "font",
            "img",
            "ins",
            "label",
            "mark",
            "q",
            "ruby",
            "rb",
            "rt",
            "rp",
            "s",
            "small",
            "span",
            "strike",
            "time",
            "u",
            "wbr",
            "input",
            "nobr",
            "select",
            "option",
            "textarea",
            "output",
            "meter",
            "progress",
        ]
    )
    | INLINE.keys()
)
FLOW = frozenset(
    [
        "div",
        "section",
        "article",
        "main",
        "center",
        "header",
        "footer",
        "nav",
        "aside",
        "form",
        "fieldset",
        "address",
        "body",
        "html",
        "picture",
        "object",
        "p",
        "ul",
        "ol",
        "dl",
        "pre",
        "blockquote",
        "table",
        "figure",
        "details",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "hr",
        "iframe",
        "video",
        "audio",
    ]
)
CONVERTED = frozenset(
    [
        "p",
        "br",
        "strong",
        "b",
        "em",
        "i",
        "a",
        "ul",
        "ol",
        "li",
        "table",
        "thead",
        "tbody",
        "tfoot",
        "tr",
        "td",
        "th",
        "caption",
        "h1",
        "h2",
        "h3",
        "h4",
        "h5",
        "h6",
        "blockquote",
        "pre",
        "code",
        "img",
        "figure",
        "figcaption",
        "sup",
        "sub",
        "hr",
        "iframe",
        "video",
        "audio",
        "source",
        "details",
        "summary",
        "dl",
        "dt",
        "dd",
        "cite",
        "tt",
        "kbd",
        "samp",
        "dfn",
        "var",
    ]
)
"""Elements that become a block or stay in rich text; of any other that is known, only the text stays."""
REMOVED = frozenset(
    ["script", "style", "meta", "link", "head", "title", "svg", "use", "path", "noscript", "template", "base"]
)
UNREMARKABLE = frozenset(
    [
        "span",
        "div",
        "font",
        "u",
        "abbr",
        "center",
        "section",
        "article",
        "small",
        "time",
        "address",
        "label",
        "input",
        "figure",
        "big",
        "q",
        "html",
        "body",
        "s",
        "del",
    ]
)
"""Elements that carry nothing a reader would miss: counted, but not named by file and line."""
KNOWN_ELEMENTS = (
    PLAIN_INLINE
    | FLOW
    | CONVERTED
    | REMOVED
    | frozenset(
        [
            "col",
            "colgroup",
            "legend",
            "embed",
            "param",
            "canvas",
            "map",
            "area",
            "frame",
            "frameset",
            "track",
            "marquee",
            "hgroup",
            "menu",
            "dialog",
            "slot",
            "math",
        ]
    )
)
SAFE = set(PLAIN_INLINE | FLOW | CONVERTED | {"col", "colgroup", "legend"})
"""What the sanitiser lets through to be walked; rich text is sanitised again when it is done."""


def outcome_of_element(name: str) -> str:
    """What becomes of a raw HTML element: "converted", "text kept" or "left out"."""
    return "left out" if name in REMOVED else "converted" if name in CONVERTED else "text kept"
