"""JSON-LD of articles."""

from __future__ import annotations

from typing import TYPE_CHECKING

from content.articles.models import (
    BlogPage,
    ChapterPage,
    NewsletterBlogPage,
    NewsletterFeaturePage,
    NewsPage,
    QuickGuidePage,
    ReportPage,
)
from content.pages.structured_data import Entity, creative_work, entity

if TYPE_CHECKING:
    from collections.abc import Sequence

    from content.people.models import Profile


@entity.register(BlogPage)
@entity.register(NewsletterBlogPage)
def blog_posting(page: BlogPage | NewsletterBlogPage, authors: Sequence[Profile]) -> Entity:
    """Somebody's view, signed."""
    return creative_work(page, "BlogPosting", authors)


@entity.register(NewsPage)
def news_article(page: NewsPage, authors: Sequence[Profile]) -> Entity:
    """An announcement."""
    return creative_work(page, "NewsArticle", authors)


@entity.register(QuickGuidePage)
@entity.register(ChapterPage)
@entity.register(NewsletterFeaturePage)
def article(page: QuickGuidePage | ChapterPage | NewsletterFeaturePage, authors: Sequence[Profile]) -> Entity:
    """Any other article."""
    return creative_work(page, "Article", authors)


@entity.register(ReportPage)
def report(page: ReportPage, authors: Sequence[Profile]) -> Entity:
    """A publication, with its edition and number where it has them."""
    found = creative_work(page, "Report", authors)
    if page.edition:
        found["version"] = page.edition
    if page.isbn:
        found["identifier"] = {"@type": "PropertyValue", "propertyID": "ISBN", "value": page.isbn}
    return found
