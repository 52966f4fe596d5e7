"""MJML to HTML: read, check, write as the engine wants it, compile, inline.

The one place that imports the engine (mrml, by way of `mjml-python`).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

import css_inline
import mjml

from newsletters.mjml.checking import check_tree
from newsletters.mjml.faults import Fault, MjmlError
from newsletters.mjml.reading import Reader
from newsletters.mjml.writing import write_tree

_STYLE: Final = re.compile(r"<style\b")
_IGNORE: Final = ' data-css-inline="ignore"'
_ELSEWHERE: Final = re.compile(r"<link\b[^>]*>|@import[^;]*;?|fonts\.googleapis\.com", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class CompiledMail:
    """A mail's HTML, complete and self-contained, and what an editor may want to know."""

    html: str
    warnings: tuple[str, ...] = ()


def compile_mjml(source: str) -> CompiledMail:
    """Compile MJML strictly.

    Raises:
        MjmlError: all faults found, each with its line and column and with what to do.
    """
    reader = Reader(source)
    root = reader.read()
    check_tree(root, reader)
    if reader.faults:
        raise MjmlError(reader.faults)
    clean, inline = write_tree(root)
    try:
        html = mjml.mjml2html(clean, fonts={})
    except ValueError as error:
        raise MjmlError([Fault(1, 1, f"the MJML engine refuses the source: {error}")]) from error
    if inline.strip():
        html = _inline(html, inline)
    if match := _ELSEWHERE.search(html):
        raise MjmlError([Fault(1, 1, f"the compiled mail would load something from elsewhere: {match[0][:80]}")])
    return CompiledMail(html)


def _inline(html: str, css: str) -> str:
    """Write rules into the elements they match; the engine's own style sheets stay in the head, for media queries."""
    inliner = css_inline.CSSInliner(load_remote_stylesheets=False, keep_style_tags=True, extra_css=css)
    inlined = inliner.inline(_STYLE.sub(f"<style{_IGNORE}", html))
    return str(inlined).replace(_IGNORE, "")
