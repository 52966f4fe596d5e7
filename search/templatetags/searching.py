"""What the search page's templates need besides the results."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template
from django.conf import settings
from django.urls import reverse
from django.utils.html import format_html

from search.desk.counting import click_token

if TYPE_CHECKING:
    from search.results import SearchResults

register = template.Library()


@register.simple_tag
def click_ping(search: SearchResults, place: int, *, is_best_bet: bool = False) -> Any:
    """Return the attribute by which a browser tells us of a click, at a place of this page counted from 1.

    `ping` (HTML, 4.6.5 "Hyperlink auditing") needs no script and no detour: the link goes straight to its page, and
    the browser reports the click by itself, or does not, as its owner has set it.
    """
    if not settings.SEARCH_STATISTICS or any(search.asked.filters.values()) or not search.query.text:
        return ""
    before = 0 if is_best_bet else search.query.offset + len(search.best_bets)
    token = click_token(text=search.query.text, position=before + place)
    return format_html(' ping="{}?c={}"', reverse("search:clicked"), token)
