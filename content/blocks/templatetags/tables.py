"""Tables for each destination, from what Wagtail's table block stores."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.safestring import SafeString, mark_safe

from content.blocks.richtext import TEXT_WIDTH

register = template.Library()


@dataclass(frozen=True, slots=True)
class Rows:
    """A table apart from its markup; cells are plain text."""

    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]
    first_column_is_header: bool


@register.simple_tag
def table_rows(value: dict[str, Any] | None) -> Rows:
    """Read the stored value: which row and column are headers, and every cell as text."""
    value = value or {}
    data = [tuple("" if cell is None else str(cell) for cell in row) for row in value.get("data") or []]
    choice = value.get("table_header_choice")
    has_head = value.get("first_row_is_table_header") or choice in ("row", "both")
    head = data[0] if has_head and data else ()
    first_column = bool(value.get("first_col_is_header") or choice in ("column", "both"))
    return Rows(head, tuple(data[1:] if head else data), first_column)


@register.simple_tag
def table_text(value: dict[str, Any] | None) -> SafeString:
    """A table in the text part: in columns where they fit into a line, otherwise a row a paragraph."""
    rows = table_rows(value)
    lines = ([rows.head] if rows.head else []) + list(rows.body)
    widths = [max(len(row[n]) if n < len(row) else 0 for row in lines) for n in range(max(map(len, lines), default=0))]
    if sum(widths) + 2 * len(widths) <= TEXT_WIDTH:
        text = [
            "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=False)).rstrip() for row in lines
        ]
        if rows.head:
            text.insert(1, "  ".join("-" * width for width in widths))
        return mark_safe("\n".join(text))  # noqa: S308 (plain text, never shown as HTML)
    paragraphs = []
    for row in rows.body:
        pairs = [
            f"{name}: {cell}" if name else cell for name, cell in zip(rows.head or [""] * len(row), row, strict=False)
        ]
        paragraphs.append("\n".join(pair for pair in pairs if pair))
    return mark_safe("\n\n".join(paragraphs))  # noqa: S308 (plain text, never shown as HTML)
