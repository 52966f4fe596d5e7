"""`{% load related %}{% related_pages page 3 as cards %}`: how rooms below search show related lists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import template

from search import selectors
from search.related import SHOWN

if TYPE_CHECKING:
    from wagtail.models import Page

    from content.pages.models import Card

register = template.Library()


@register.simple_tag
def related_pages(page: Page, limit: int = SHOWN) -> list[Card]:
    """Return up to `limit` cards related to `page`, of mixed kinds, without those the editor curated in its body."""
    return selectors.related_pages(page, limit)
