"""Tables: cells are plain text in the table block, so links that were in them follow the table."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from bs4 import Tag

from content.importing.bodies.pieces import Notes, Piece, text_piece, words_of
from content.importing.findings import What

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from bs4.element import PageElement

_LINK = re.compile(r"<a [^>]*>.*?</a>")
_BREAK = re.compile(r"<br/>|</li>|</p>")
_MAX_SPAN = 50


def table_pieces(
    tag: Tag,
    cell_html: Callable[[Tag, list[Piece]], str],
    flow: Callable[[Iterable[PageElement]], list[Piece]],
    notes: Notes,
    line: int,
) -> list[Piece]:
    """Pieces of an HTML table, of the links and blocks in it; or its contents where it was only layout."""
    rows = [row for row in tag.find_all("tr") if row.get_text(strip=True) or row.find(["img", "iframe"])]
    rows = [row for row in rows if _cells(row)]
    width = max((sum(_span(cell) for cell in _cells(row)) for row in rows), default=0)
    if not rows or ((width < 2 or len(rows) < 2) and not tag.find("th")):  # noqa: PLR2004 (one row or column is no table)
        notes.html["layout table taken apart"] += 1
        return flow([node for row in rows for cell in _cells(row) for node in list(cell.contents)])
    links: list[str] = []
    after: list[Piece] = []
    data: list[list[str]] = []
    for row in rows:
        cells: list[str] = []
        for cell in _cells(row):
            html = cell_html(cell, after)
            links += _LINK.findall(html)
            cells += [cell_text(html), *([""] * (_span(cell) - 1))]
        data.append(cells + [""] * (width - len(cells)))
    if not any(any(row) for row in data):
        return after
    first = rows[0]
    head_row = all(cell.name == "th" for cell in _cells(first)) or first.find_parent("thead") is not None
    body_rows = rows[1:] if head_row else rows
    head_column = bool(body_rows) and all(_cells(row)[0].name == "th" for row in body_rows)
    caption = tag.find("caption")
    words = caption.get_text(" ", strip=True) if isinstance(caption, Tag) else ""
    if any(int(str(cell.get("rowspan") or 1) or 1) > 1 for cell in tag.find_all(["td", "th"]) if _is_number(cell)):
        notes.tell(What.LAYOUT, "a table with cells over several rows: look at it", line)
    return [table_piece(data, caption=words, head_row=head_row, head_column=head_column), *links_pieces(links), *after]


def table_piece(data: list[list[str]], *, caption: str, head_row: bool, head_column: bool = False) -> Piece:
    """A table block from rows of plain cells of equal number."""
    choice = {(True, True): "both", (True, False): "row", (False, True): "column"}.get(
        (head_row, head_column), "neither"
    )
    value: dict[str, Any] = {
        "data": data,
        "cell": [],
        "first_row_is_table_header": head_row,
        "first_col_is_header": head_column,
        "table_header_choice": choice,
        "table_caption": "",
    }
    return Piece("table", {"caption": caption, "table": value})


def links_pieces(links: list[str]) -> list[Piece]:
    """The links that stood in a table, as a list under it; the same one once."""
    unique = list(dict.fromkeys(links))
    if not unique:
        return []
    items = "".join(f"<li>{link}</li>" for link in unique)
    return [text_piece(f"<p><b>Links in this table</b></p><ul>{items}</ul>")]


def cell_text(html: str) -> str:
    """A cell's plain text; lines stay lines."""
    text = words_of(_BREAK.sub("\n", html))
    return "\n".join(line.strip() for line in text.split("\n") if line.strip())


def _cells(row: Tag) -> list[Tag]:
    return [cell for cell in row.find_all(["td", "th"], recursive=False) if isinstance(cell, Tag)]


def _is_number(cell: Tag) -> bool:
    return str(cell.get("rowspan") or 1).isdigit()


def _span(cell: Tag) -> int:
    text = str(cell.get("colspan") or 1)
    return min(max(int(text), 1), _MAX_SPAN) if text.isdigit() else 1
