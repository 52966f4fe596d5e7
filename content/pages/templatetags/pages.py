"""What page templates ask of pages: the way here, lists of cards, structured data, paging."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django import template
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from content.pages import selectors, text
from content.pages.paging import one_page
from content.pages.structured_data import graph

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from django.core.paginator import Page as PaginatorPage
    from django.template import Context

    from content.pages.models import BasePage, Card
    from content.people.models import Profile
    from content.topics.models import Topic

register = template.Library()

UPDATED_AFTER_DAYS = 7
"""Corrections in the first days are not news to a reader."""

_FOR_SCRIPT = str.maketrans({"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"})


@register.simple_tag
def breadcrumbs(page: BasePage) -> list[selectors.Crumb]:
    """The way from the home page to this page's parent."""
    return selectors.crumbs(page)


@register.simple_tag(takes_context=True)
def cards_about(context: Context, topic: Topic) -> PaginatorPage[Card]:
    """One page of what is about a topic or below it, newest first; `?page=` says which."""
    return one_page(selectors.cards_about(topic), context["request"])


@register.simple_tag(takes_context=True)
def cards_by(context: Context, profile: Profile) -> PaginatorPage[Card]:
    """One page of what a person or organisation wrote, newest first."""
    return one_page(selectors.cards_by(profile), context["request"])


@register.filter
def cut_at_word(value: str, length: int) -> str:
    """A text cut at the end of a word."""
    return text.cut_at_word(value, length)


@register.simple_tag
def updated_on(page: BasePage) -> date | None:
    """The day of the last publication, where it is more than a week after the date readers see."""
    if page.last_published_at is None or page.published_on is None:
        return None
    day = timezone.localtime(page.last_published_at).date()
    return day if (day - page.published_on).days > UPDATED_AFTER_DAYS else None


@register.simple_tag
def structured_data(page: Any = None) -> SafeString:
    """The page's JSON-LD: a data block, which the content security policy does not count as a script.

    `<`, `>` and `&` are written as escapes, so no text can close the element.
    """
    data = json.dumps(graph(page), ensure_ascii=False).translate(_FOR_SCRIPT)
    return mark_safe(f'<script type="application/ld+json">{data}</script>')  # noqa: S308 (escaped here)


@register.simple_tag(takes_context=True)
def page_query(context: Mapping[str, Any], number: int) -> str:
    """The query string that leads to page `number` of the list, all other parameters kept; "?" for the first."""
    request = context["request"]
    pairs = [(key, value) for key, values in request.GET.lists() for value in values if key != "page"]
    if number > 1:
        pairs.append(("page", str(number)))
    return f"?{urlencode(pairs)}" if pairs else request.path


@register.simple_tag
def page_numbers(cards: PaginatorPage[Any]) -> list[int | str]:
    """The numbers a pager shows: the ends, the neighbours, and "…" for what is left out."""
    return list(cards.paginator.get_elided_page_range(cards.number, on_each_side=1, on_ends=1))
