"""The tags that hold a mail together: head, body, sections, columns."""

from __future__ import annotations

from typing import Final

from newsletters.mjml.table.rows import (
    BACKGROUND,
    BORDER,
    DIRECTION,
    EVERYWHERE,
    PADDING,
    TEXT_ALIGN,
    VERTICAL,
    Content,
    tag,
)

FRAME: Final = (
    tag("mjml", Content.CHILDREN, (), {"lang": "text", "dir": ("ltr", "rtl", "auto"), "owa": ("desktop",)}),
    tag("mj-head", Content.CHILDREN, ("mjml",)),
    tag("mj-title", Content.TEXT, ("mj-head",)),
    tag("mj-preview", Content.TEXT, ("mj-head",)),
    tag("mj-breakpoint", Content.NOTHING, ("mj-head",), {"width": "length"}, required=("width",)),
    tag("mj-style", Content.CSS, ("mj-head",), {"inline": ("inline",)}),
    tag("mj-attributes", Content.CHILDREN, ("mj-head",)),
    tag(
        "mj-body",
        Content.CHILDREN,
        ("mjml",),
        EVERYWHERE,
        {"background-color": "colour", "width": "length"},
    ),
    tag(
        "mj-wrapper",
        Content.CHILDREN,
        ("mj-body",),
        EVERYWHERE,
        PADDING,
        BORDER,
        BACKGROUND,
        {"full-width": ("full-width", "false"), "text-align": TEXT_ALIGN, "direction": DIRECTION},
    ),
    tag(
        "mj-section",
        Content.CHILDREN,
        ("mj-body", "mj-wrapper"),
        EVERYWHERE,
        PADDING,
        BORDER,
        BACKGROUND,
        {"full-width": ("full-width", "false"), "text-align": TEXT_ALIGN, "direction": DIRECTION},
    ),
    tag(
        "mj-group",
        Content.CHILDREN,
        ("mj-section",),
        EVERYWHERE,
        {"background-color": "colour", "direction": DIRECTION, "vertical-align": VERTICAL, "width": "length"},
    ),
    tag(
        "mj-column",
        Content.CHILDREN,
        ("mj-section", "mj-group"),
        EVERYWHERE,
        PADDING,
        BORDER,
        {f"inner-{name}": kind for name, kind in BORDER.items()},
        {
            "background-color": "colour",
            "inner-background-color": "colour",
            "direction": DIRECTION,
            "vertical-align": VERTICAL,
            "width": "length",
        },
    ),
    tag(
        "mj-hero",
        Content.CHILDREN,
        ("mj-body", "mj-wrapper"),
        EVERYWHERE,
        PADDING,
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
            "vertical-align": VERTICAL,
            "width": "length",
        },
    ),
    tag(
        "mj-raw",
        Content.HTML,
        (
            "mj-head", "mj-body", "mj-wrapper", "mj-section", "mj-group", "mj-column", "mj-hero", "mj-accordion",
            "mj-accordion-element", "mj-carousel", "mj-navbar", "mj-social",
        ),
        {"position": ("file-start",)},
    ),
)  # fmt: skip
