"""The base page, what hangs on every page (topics, authors, its card), and the pages that belong to no other room."""

from content.pages.dates import DatePrecision
from content.pages.models.base import BasePage, BodyPage, PageAuthor, PageTopic
from content.pages.models.cards import Card
from content.pages.models.site import HomePage, SectionPage, StandardPage

__all__ = [
    "BasePage",
    "BodyPage",
    "Card",
    "DatePrecision",
    "HomePage",
    "PageAuthor",
    "PageTopic",
    "SectionPage",
    "StandardPage",
]
