"""The types a page's front matter may name, and what else may stand there for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum
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
from content.community.models import CommunityHomePage, GroupPage, StoryPage
from content.events.models import EventPage
from content.pages.models import BasePage, HomePage, StandardPage
from content.vacancies.models import VacancyPage
from newsletters.issues.models import IssuePage, NewsletterPage

if TYPE_CHECKING:
    from collections.abc import Mapping


class Reads(Enum):
    """How a value of the front matter is read."""

    TEXT = "words"
    DAY = "a day, for example “19 days ago”"
    MOMENT = "a moment, for example “in 2 days at 23:59”"
    END = "an end, for example “16:30”, counted from starts"
    PAGE = "the address of a page"
    PROFILE = "the slug of a person or an organisation"
    LIST = "the slug of a mailing list"
    NUMBER = "a whole number"


@dataclass(frozen=True, slots=True)
class Key:
    """One key of the front matter: the model's field, and how the value is read."""

    field: str
    reads: Reads = Reads.TEXT


@dataclass(frozen=True, slots=True)
class PageType:
    """A page model and its keys; without a model the page has to be there already (a section)."""

    model: type[BasePage] | None
    keys: Mapping[str, Key] = field(default_factory=dict)


def _texts(*names: str) -> dict[str, Key]:
    return {name: Key(name) for name in names}


COMMON = {
    **_texts("title", "card_title", "summary", "edition"),
    "precision": Key("date_precision"),
    "published": Key("published_on", Reads.DAY),
    "review": Key("review_on", Reads.DAY),
}
READ_APART = ("type", "order", "authors", "topics", "announced", "draft", "sent")
"""Keys that are no plain field: a page's type, its place, its links, when it went up if not when published, whether
it is a draft; and when an issue was sent."""

RAN_IN = {"ran_in": Key("ran_in_id", Reads.PAGE)}
PAGE_TYPES: dict[str, PageType] = {
    "section": PageType(None, _texts("text_when_empty")),
    "home": PageType(HomePage, {"lead": Key("lead_page_id", Reads.PAGE), **_texts("lead_text", "lead_button")}),
    "page": PageType(StandardPage),
    "guide": PageType(QuickGuidePage),
    "chapter": PageType(ChapterPage),
    "blog": PageType(BlogPage),
    "newsletter-feature": PageType(NewsletterFeaturePage, RAN_IN),
    "newsletter-blog": PageType(NewsletterBlogPage, RAN_IN),
    "news": PageType(NewsPage),
    "report": PageType(ReportPage, _texts("isbn")),
    "event": PageType(
        EventPage,
        {
            "starts": Key("starts_at", Reads.MOMENT),
            "ends": Key("ends_at", Reads.END),
            "online": Key("online_url"),
            "registration": Key("registration_url"),
            **_texts("venue", "price"),
        },
    ),
    "vacancy": PageType(
        VacancyPage,
        {
            "opens": Key("opens_at", Reads.MOMENT),
            "closes": Key("closes_at", Reads.MOMENT),
            "employer": Key("employer_id", Reads.PROFILE),
            **_texts("reference", "location", "salary", "contract", "hours", "interviews", "apply_url", "apply_email"),
        },
    ),
    "community-home": PageType(CommunityHomePage, _texts("join_text", "join_url")),
    "community-group": PageType(GroupPage, _texts("members", "meets", "contact_email", "join_url")),
    "community-story": PageType(StoryPage),
    "newsletter": PageType(
        NewsletterPage,
        {
            "mailing_list": Key("mailing_list_id", Reads.LIST),
            **_texts("sender_name", "sender_address", "reply_to", "subject_prefix", "accent", "why_text"),
        },
    ),
    "issue": PageType(IssuePage, {"number": Key("number", Reads.NUMBER), **_texts("subject", "preheader", "greeting")}),
}
"""Every type by the word that front matter uses for it."""
