"""An event's time as the site says it: always London's, with the zone where it could be mistaken."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template
from django.utils import formats, timezone
from django.utils.html import format_html

if TYPE_CHECKING:
    from datetime import datetime

    from django.utils.safestring import SafeString

    from content.events.models import EventPage

register = template.Library()


def _time(moment: datetime, words: str) -> SafeString:
    return format_html('<time datetime="{}">{}</time>', moment.isoformat(), words)


@register.simple_tag
def event_time(event: EventPage) -> SafeString:
    """Return "Friday 4 December 2026, 10:00 to 12:30 GMT", or both days where it ends on another."""
    starts = timezone.localtime(event.starts_at)
    day = formats.date_format(starts, "l j F Y")
    if event.ends_at is None:
        return _time(starts, f"{day}, {starts:%H:%M %Z}")
    ends = timezone.localtime(event.ends_at)
    if ends.date() == starts.date():
        zone = f" {ends:%Z}"
        return format_html("{} to {}", _time(starts, f"{day}, {starts:%H:%M}"), _time(ends, f"{ends:%H:%M}{zone}"))
    return format_html(
        "{} to {}",
        _time(starts, f"{day}, {starts:%H:%M}"),
        _time(ends, f"{formats.date_format(ends, 'l j F Y')}, {ends:%H:%M %Z}"),
    )


@register.simple_tag
def event_state(event: EventPage) -> str:
    """Whether the event is "coming", "on" or "past" now; without an end, it is past when it has begun."""
    now = timezone.now()
    if now < event.starts_at:
        return "coming"
    return "on" if event.ends_at is not None and now < event.ends_at else "past"
