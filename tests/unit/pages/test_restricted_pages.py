"""Pages behind a view restriction stand in no list that everybody reads."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.urls import reverse
from django.utils import timezone
from wagtail.models import Page, PageViewRestriction

from content.pages.models import Card
from newsletters.issues.models import NewsletterIndexPage
from tests.factories.issues import NewsletterPageFactory
from tests.factories.pages import (
    BlogPageFactory,
    ChapterPageFactory,
    EventPageFactory,
    GroupPageFactory,
    QuickGuidePageFactory,
    StoryPageFactory,
    TopicFactory,
    VacancyPageFactory,
    section,
)

if TYPE_CHECKING:
    from django.test import Client

pytestmark = pytest.mark.django_db


def restrict(page: Page) -> PageViewRestriction:
    return PageViewRestriction.objects.create(page_id=page.pk, restriction_type="login")


def restricted(page: Page) -> bool:
    return Card.objects.get(pk=page.pk).restricted


def test_a_restriction_holds_for_the_subtree_until_it_is_lifted() -> None:
    guide = QuickGuidePageFactory()
    chapter, other = ChapterPageFactory(parent=guide), BlogPageFactory()
    above, own = restrict(guide), restrict(chapter)
    assert restricted(guide)
    assert restricted(chapter)
    assert not restricted(other)
    above.delete()
    assert not restricted(guide)
    assert restricted(chapter)
    own.delete()
    assert not restricted(chapter)


def test_a_page_made_saved_or_moved_below_a_restricted_one_is_restricted() -> None:
    closed, open_ = QuickGuidePageFactory(), QuickGuidePageFactory()
    restrict(closed)
    chapter = ChapterPageFactory(parent=closed)
    assert restricted(chapter)
    chapter.save_revision().publish()
    assert restricted(chapter)
    chapter.move(open_, pos="last-child")
    assert not restricted(chapter)
    Page.objects.get(pk=chapter.pk).specific.move(QuickGuidePageFactory(parent=section("guides")), pos="last-child")
    assert not restricted(chapter)
    Page.objects.get(pk=chapter.pk).specific.move(Page.objects.get(pk=closed.pk).specific, pos="last-child")
    assert restricted(chapter)


def test_deleting_a_restricted_page_leaves_its_neighbours_as_they_are() -> None:
    guide, blog = QuickGuidePageFactory(), BlogPageFactory()
    restrict(guide)
    Page.objects.get(pk=guide.pk).delete()
    assert not restricted(blog)


def test_what_is_restricted_is_in_no_list(client: Client) -> None:
    topic = TopicFactory(name="Kettles", slug="kettles")
    now = timezone.now()
    pages = [
        QuickGuidePageFactory(title="Hidden guide", topics=[topic]),
        BlogPageFactory(title="Hidden blog", topics=[topic]),
        EventPageFactory(title="Hidden event", starts_at=now + timedelta(days=9)),
        EventPageFactory(title="Hidden past event", starts_at=now - timedelta(days=9)),
        VacancyPageFactory(title="Hidden vacancy"),
        GroupPageFactory(title="Hidden group"),
        StoryPageFactory(title="Hidden story"),
    ]
    lists = ["/", *(page.get_parent().specific.path_on_site for page in pages), topic.get_absolute_url()]
    before = {path: client.get(path).content.decode() for path in lists}
    for path in lists:
        assert "Hidden" in before[path], path
    for page in pages:
        restrict(page)
    for path in lists:
        assert "Hidden" not in client.get(path).content.decode(), path
    found = client.get(reverse("search:search"), {"q": "hidden"}).content.decode()
    assert not any(page.title in found for page in pages)


def test_a_newsletter_behind_a_restriction_is_not_listed() -> None:
    open_, closed = NewsletterPageFactory(), NewsletterPageFactory()
    index = NewsletterIndexPage.objects.get()
    assert index.newsletters() == [open_, closed]
    restrict(closed)
    assert index.newsletters() == [open_]


def test_who_was_let_in_to_a_guide_reads_its_contents_but_for_what_is_closed_again(admin_client: Client) -> None:
    guide = QuickGuidePageFactory()
    ChapterPageFactory(parent=guide, title="Chapter for members")
    restrict(ChapterPageFactory(parent=guide, title="Chapter for the board"))
    restrict(guide)
    html = admin_client.get(guide.path_on_site).content.decode()
    assert "Chapter for members" in html
    assert "Chapter for the board" not in html
