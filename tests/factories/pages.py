"""Factories of pages, topics and people. `SiteFactory`-free: `set_up_site` makes the site's fixed pages."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import factory
import wagtail_factories
from django.utils import timezone

from content.articles.models import (
    BlogPage,
    ChapterPage,
    NewsletterBlogPage,
    NewsletterFeaturePage,
    NewsPage,
    QuickGuidePage,
    ReportPage,
)
from content.community.models import GroupPage, StoryPage
from content.events.models import EventPage
from content.pages.models import HomePage, PageAuthor, PageTopic, SectionPage, StandardPage
from content.pages.services import set_up_site
from content.people.models import Profile
from content.topics.models import Topic
from content.vacancies.models import VacancyPage


def section(slug: str) -> Any:
    """Return the section with this slug, setting up the site when it is not there."""
    found = HomePage.objects.first()
    if found is None:
        set_up_site()
        found = HomePage.objects.get()
    return found.get_children().get(slug=slug).specific


class TopicFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Topic

    name = factory.Sequence(lambda n: f"Topic {n}")
    slug = factory.Sequence(lambda n: f"topic-{n}")


class ProfileFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Profile

    name = factory.Sequence(lambda n: f"Person {n}")
    slug = factory.Sequence(lambda n: f"person-{n}")


class BasePageFactory(wagtail_factories.PageFactory):
    """A published page in its section; `topics=` and `authors=` take lists, `body=` a list of (block, value)."""

    class Meta:
        abstract = True
        skip_postgeneration_save = True

    class Params:
        section_slug = ""

    title = factory.Sequence(lambda n: f"Page {n}")
    slug = factory.Sequence(lambda n: f"page-{n}")
    summary = "A summary of one sentence."
    published_on = date(2026, 11, 4)
    parent = factory.LazyAttribute(lambda page: section(page.section_slug))

    @factory.post_generation
    def topics(self: Any, create: bool, extracted: list[Topic] | None, **_: Any) -> None:
        if create and extracted:
            PageTopic.objects.bulk_create(
                PageTopic(page=self.page_ptr, topic=topic, sort_order=n) for n, topic in enumerate(extracted)
            )

    @factory.post_generation
    def authors(self: Any, create: bool, extracted: list[Profile] | None, **_: Any) -> None:
        if create and extracted:
            PageAuthor.objects.bulk_create(
                PageAuthor(page=self.page_ptr, profile=profile, sort_order=n) for n, profile in enumerate(extracted)
            )


class SectionPageFactory(BasePageFactory):
    class Meta:
        model = SectionPage

    parent = factory.LazyAttribute(lambda _: section("guides").get_parent())


class StandardPageFactory(BasePageFactory):
    class Meta:
        model = StandardPage

    parent = factory.LazyAttribute(lambda _: section("guides").get_parent())


class QuickGuidePageFactory(BasePageFactory):
    class Meta:
        model = QuickGuidePage

    class Params:
        section_slug = "guides"


class ChapterPageFactory(BasePageFactory):
    """Needs `parent=`, the guide."""

    class Meta:
        model = ChapterPage


class BlogPageFactory(BasePageFactory):
    class Meta:
        model = BlogPage

    class Params:
        section_slug = "blogs"


class NewsletterFeaturePageFactory(BasePageFactory):
    class Meta:
        model = NewsletterFeaturePage

    class Params:
        section_slug = "features"


class NewsletterBlogPageFactory(BasePageFactory):
    class Meta:
        model = NewsletterBlogPage

    class Params:
        section_slug = "features"


class NewsPageFactory(BasePageFactory):
    class Meta:
        model = NewsPage

    class Params:
        section_slug = "news"


class ReportPageFactory(BasePageFactory):
    class Meta:
        model = ReportPage

    class Params:
        section_slug = "reports"


class EventPageFactory(BasePageFactory):
    class Meta:
        model = EventPage

    class Params:
        section_slug = "events"

    starts_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=10))


class VacancyPageFactory(BasePageFactory):
    class Meta:
        model = VacancyPage

    class Params:
        section_slug = "vacancies"

    location = "Leeds"
    salary = "£36,400 a year"
    opens_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=1))
    closes_at = factory.LazyFunction(lambda: timezone.now() + timedelta(days=20))
    apply_url = "https://example.org/apply"


class GroupPageFactory(BasePageFactory):
    class Meta:
        model = GroupPage

    class Params:
        section_slug = "community"


class StoryPageFactory(BasePageFactory):
    class Meta:
        model = StoryPage

    class Params:
        section_slug = "community"


__all__ = [
    "BlogPageFactory",
    "ChapterPageFactory",
    "EventPageFactory",
    "GroupPageFactory",
    "NewsPageFactory",
    "NewsletterBlogPageFactory",
    "NewsletterFeaturePageFactory",
    "ProfileFactory",
    "QuickGuidePageFactory",
    "ReportPageFactory",
    "SectionPageFactory",
    "StandardPageFactory",
    "StoryPageFactory",
    "TopicFactory",
    "VacancyPageFactory",
    "section",
]
