"""Guides and issues for the templates of articles."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import template

from content.articles import selectors

if TYPE_CHECKING:
    from content.pages.models import Card

register = template.Library()


@register.simple_tag
def guide_contents(page: Any) -> selectors.GuideContents | None:
    """The guide's chapters, previous and next: `{% guide_contents page as guide %}`."""
    return selectors.guide_contents(page)


@register.simple_tag
def issue_of(page: Any) -> Card | None:
    """The issue an article ran in: `{% issue_of page as issue %}`."""
    return selectors.issue_of(page)
