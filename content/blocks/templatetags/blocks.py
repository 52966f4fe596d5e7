"""What the templates of blocks need: rich text and plain text for their destination, absolute addresses, pictures."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, cast

from django import template
from django.utils.html import escape
from django.utils.safestring import SafeString, mark_safe

from content.blocks import richtext
from content.blocks.contents import Entry, contents
from content.blocks.rendering import Destination, render_block

if TYPE_CHECKING:
    from django.template import Context
    from wagtail.blocks import BoundBlock, StreamValue
    from wagtail.rich_text import RichText

register = template.Library()

_OUTER_PARAGRAPH = re.compile(r"^\s*<p>((?:(?!</?p\b).)*)</p>\s*$", re.DOTALL)


@register.simple_tag(takes_context=True)
def rich_text(context: Context, value: RichText | str | None, *, inline: bool = False) -> SafeString:
    """A rich text for the destination being rendered; `inline=True` without its one paragraph's tags."""
    references, destination = context.get("references"), context.get("destination", Destination.WEB)
    if destination == Destination.TEXT:
        return mark_safe(richtext.for_text(value, references))  # noqa: S308 (plain text, never shown as HTML)
    render = richtext.for_mail if destination == Destination.MAIL else richtext.for_web
    html = render(value, references)
    if inline and (match := _OUTER_PARAGRAPH.match(html)):
        html = match[1]
    return mark_safe(html)  # noqa: S308 (cleaned by nh3)


@register.simple_tag(takes_context=True)
def indented_rich_text(context: Context, value: RichText | str | None, first: str, rest: str = "") -> SafeString:
    """A rich text in the text part, its first line after `first` ("1. "), the others under it."""
    rest = rest or " " * len(first)
    text = richtext.for_text(value, context.get("references"), richtext.TEXT_WIDTH - len(rest))
    lines = [f"{rest}{line}" if line else "" for line in text.split("\n")]
    lines[0] = first + lines[0].removeprefix(rest)
    return mark_safe("\n".join(lines))  # noqa: S308 (plain text, never shown as HTML)


@register.filter
def wrapped(value: Any, prefix: str = "") -> SafeString:
    """A paragraph of the text part, wrapped, every line behind `prefix`."""
    return mark_safe(richtext.wrapped(str(value), prefix, prefix))  # noqa: S308 (plain text, never shown as HTML)


@register.simple_tag
def underlined(value: Any, mark: str = "-") -> SafeString:
    """A heading of the text part."""
    text = richtext.wrapped(str(value))
    width = max(len(line) for line in text.splitlines()) if text else 0
    return mark_safe(f"{text}\n{mark * width}")  # noqa: S308 (plain text, never shown as HTML)


@register.simple_tag(takes_context=True)
def block_text(context: Context, child: BoundBlock) -> SafeString:
    """A block for the text part, without the blank lines that its template leaves around it."""
    rendered = render_block(child, Destination.TEXT, cast("dict[str, Any]", context.flatten()))
    text = "\n".join(line.rstrip() for line in rendered.splitlines())
    return mark_safe(re.sub(r"\n{3,}", "\n\n", text).strip("\n"))  # noqa: S308 (plain text, never shown as HTML)


@register.filter
def absolute(value: Any) -> str:
    """An address that works outside the site."""
    return richtext.absolute(str(value)) if value else ""


@register.filter
def mail_text(value: Any) -> SafeString:
    """A text in MJML: escaped, so that mrml reads `<` and quotation marks as text."""
    return mark_safe(escape(str(value)).replace("\n", "<br />"))  # noqa: S308 (escaped here)


MAIL_HUES = {
    "guide": "#0b6159", "blog": "#7a2e66", "newsletter": "#8a4a00", "news": "#1c4f8c",
    "report": "#8f2a2a", "event": "#4b3f94", "vacancy": "#3f5d14", "community": "#8c2350",
}  # fmt: skip
"""The hues of `tokens.css` on light paper, six digits each, as mails need them; `test_hues_agree` keeps them equal."""
MAIL_ACCENT = "#a3321a"


@register.simple_tag
def mail_hue(hue: str) -> str:
    """The colour of an eyebrow in a mail."""
    return MAIL_HUES.get(hue, MAIL_ACCENT)


@register.simple_tag
def contents_of(stream: StreamValue) -> list[Entry]:
    """The entries of "On this page"."""
    return contents(stream)


@register.filter
def plus(value: Any, number: Any) -> int:
    """The sum, for numbering that starts anywhere."""
    return int(value or 0) + int(number)
