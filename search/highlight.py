"""Highlights that are safe to show: engines set marks, and only here do marks become markup."""

from __future__ import annotations

from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from search.query import MARK_END, MARK_START


def marked_html(text: str) -> SafeString:
    """Escape a text from an engine and turn its marks into `<mark>`; marks that do not pair are dropped."""
    parts: list[str] = []
    is_open = False
    for piece in _pieces(text):
        if piece == MARK_START:
            parts.append("" if is_open else "<mark>")
            is_open = True
        elif piece == MARK_END:
            parts.append("</mark>" if is_open else "")
            is_open = False
        else:
            parts.append(escape(piece))
    if is_open:
        parts.append("</mark>")
    return mark_safe("".join(parts))  # noqa: S308 (every piece of text is escaped above)


def without_marks(text: str) -> str:
    """Return a text from an engine as it was before it was marked."""
    return text.replace(MARK_START, "").replace(MARK_END, "")


def best_snippet(summary: str, body: str) -> str:
    """Choose the text under a hit's title: the summary where it holds a match, else the place in the body."""
    if MARK_START in summary or MARK_START not in body:
        return summary or body
    return body


def _pieces(text: str) -> list[str]:
    spaced = text.replace(MARK_START, f"\0{MARK_START}\0").replace(MARK_END, f"\0{MARK_END}\0")
    return [piece for piece in spaced.split("\0") if piece]
