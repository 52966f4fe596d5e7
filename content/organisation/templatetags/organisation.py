"""The organisation's facts, menus and panels for templates."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from content.organisation import selectors

if TYPE_CHECKING:
    from collections.abc import Mapping

register = template.Library()


@register.simple_tag
def site_frame() -> selectors.Frame:
    """Everything around a page: `{% site_frame as frame %}`."""
    return selectors.frame()


@register.simple_tag(takes_context=True)
def current_mark(context: Mapping[str, Any], url: str) -> str:
    """The value of `aria-current` for a menu link: "page" on it, "true" in its section, "" elsewhere."""
    request = context.get("request")
    if request is None or not url.startswith("/"):
        return ""
    if request.path == url:
        return "page"
    return "true" if url != "/" and request.path.startswith(url.rstrip("/") + "/") else ""


@register.filter
def social_is_fresh(frame: selectors.Frame) -> bool:
    """Whether the latest post may be shown."""
    return frame.social_is_fresh()
