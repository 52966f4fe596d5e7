"""Queries a page: at most ten, whatever stands on it, and no more for a long list than for a short one."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.contenttypes.models import ContentType
from django.core.files.base import ContentFile
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from content.media.models import CourantDocument
from content.pages.models import HomePage
from search.models import RelatedPage
from tests.factories.media import ImageFactory
from tests.factories.pages import (
    BlogPageFactory,
    ChapterPageFactory,
    EventPageFactory,
    GroupPageFactory,
    NewsletterBlogPageFactory,
    NewsletterFeaturePageFactory,
    NewsPageFactory,
    ProfileFactory,
    QuickGuidePageFactory,
    ReportPageFactory,
    StandardPageFactory,
    StoryPageFactory,
    TopicFactory,
    VacancyPageFactory,
)

pytestmark = pytest.mark.django_db
MOST_QUERIES = 10
MORE_FOR_A_LONG_LIST = 3
LIST = 24


@pytest.fixture
def full() -> dict[str, Any]:
    """What a page can be full of: topics, authors, a body of blocks that point at things."""
    target, image = BlogPageFactory(), ImageFactory()
    document = CourantDocument.objects.create(title="Report", file=ContentFile(b"%PDF", "report.pdf"))
    item = {"page": target.page_ptr, "url": "", "title": "", "label": "", "date_text": "", "summary": ""}
    image_value = {"image": image, "alt_text": "A board", "decorative": False, "caption": "", "credit": ""}
    body: list[tuple[str, Any]] = []
    for number in range(3):
        body += [
            ("heading", {"text": f"Part {number}"}),
            ("text", f'<p><a linktype="page" id="{target.pk}">There</a></p>'),
            ("image", image_value),
            ("download", {"document": document, "title": ""}),
            ("further_reading", {"title": "Further reading", "items": [item]}),
        ]
    return {
        "body": body,
        "topics": [TopicFactory() for _ in range(3)],
        "authors": [ProfileFactory() for _ in range(3)],
        "card_image": image,
    }


def relate(page: Any) -> None:
    """A stored list, as every published page has once the index has run."""
    for position in range(6):
        RelatedPage.objects.create(page=page.page_ptr, related=BlogPageFactory().page_ptr, position=position, score=1.0)


def queries(client: Any, path: str) -> list[str]:
    """The queries of a request to a site that is awake: content types and the frame are known to it."""
    assert client.get(path).status_code == 200
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return [query["sql"] for query in captured.captured_queries]


FULL_TYPES = {
    "guide": QuickGuidePageFactory,
    "blog": BlogPageFactory,
    "newsletter feature": NewsletterFeaturePageFactory,
    "newsletter blog": NewsletterBlogPageFactory,
    "news": NewsPageFactory,
    "report": ReportPageFactory,
    "event": EventPageFactory,
    "story": StoryPageFactory,
}


@pytest.mark.parametrize("name", FULL_TYPES)
def test_a_full_article_takes_at_most_ten_queries(client, full, name: str) -> None:
    page = FULL_TYPES[name](**full)
    relate(page)
    found = queries(client, page.path_on_site)
    assert len(found) <= MOST_QUERIES, "\n".join(found)


def test_a_chapter_of_a_long_guide_takes_at_most_ten_queries(client, full) -> None:
    guide = QuickGuidePageFactory(**full)
    chapters = [ChapterPageFactory(parent=guide, body=full["body"], topics=full["topics"]) for _ in range(12)]
    relate(chapters[5])
    found = queries(client, chapters[5].path_on_site)
    assert len(found) <= MOST_QUERIES, "\n".join(found)


def test_other_pages_take_at_most_ten_queries(client, full) -> None:
    body, topics = full["body"], full["topics"]
    pages = [
        VacancyPageFactory(body=body, topics=topics, employer=ProfileFactory()),
        GroupPageFactory(body=body, topics=topics),
        StandardPageFactory(body=body),
    ]
    for page in pages:
        found = queries(client, page.path_on_site)
        assert len(found) <= MOST_QUERIES, page.path_on_site + "\n" + "\n".join(found)


def test_the_first_request_after_a_start_is_not_far_off(client, full) -> None:
    """With nothing remembered: site, home page, frame (two without menus), vacancies and content type join once."""
    page = BlogPageFactory(**full)
    relate(page)
    ContentType.objects.clear_cache()
    with CaptureQueriesContext(connection) as captured:
        client.get(page.path_on_site)
    assert len(captured.captured_queries) <= MOST_QUERIES + 4


@pytest.mark.parametrize(
    ("path", "factory"),
    [
        ("/", BlogPageFactory),
        ("/blogs/", BlogPageFactory),
        ("/reports/", ReportPageFactory),
        ("/events/", EventPageFactory),
        ("/vacancies/", VacancyPageFactory),
        ("/community/", StoryPageFactory),
    ],
)
def test_a_long_list_costs_no_more_than_a_short_one(client, path: str, factory: Any) -> None:
    def add(number: int) -> None:
        for _ in range(number):
            employer = {"employer": ProfileFactory()} if factory is VacancyPageFactory else {}
            factory(card_image=ImageFactory(), topics=[TopicFactory()], **employer)

    add(6)
    short = queries(client, path)
    add(LIST - 6)
    long = queries(client, path)
    assert len(long) <= len(short) + MORE_FOR_A_LONG_LIST
    assert len(long) <= MOST_QUERIES, "\n".join(long)


def test_topics_and_people_stay_within_ten_queries(client) -> None:
    topic, profile = TopicFactory(), ProfileFactory(portrait=ImageFactory(), is_staff=True)
    child = TopicFactory(parent=topic)
    for _ in range(30):
        BlogPageFactory(topics=[child], authors=[profile], card_image=ImageFactory())
    for path in ("/topics/", topic.get_absolute_url(), "/people/", profile.get_absolute_url()):
        found = queries(client, path)
        assert len(found) <= MOST_QUERIES, path + "\n" + "\n".join(found)


def test_a_home_page_with_a_lead_takes_at_most_ten_queries(client) -> None:
    lead = ReportPageFactory(card_image=ImageFactory())
    for _ in range(9):
        BlogPageFactory(card_image=ImageFactory())
    home = HomePage.objects.get()
    home.lead_page = lead.page_ptr
    home.save_revision().publish()
    assert len(queries(client, "/")) <= MOST_QUERIES


def test_no_page_writes(client, full) -> None:
    page = ReportPageFactory(**full)
    client.get(page.path_on_site)
    statements = [sql.split(" ", 1)[0].upper() for sql in queries(client, page.path_on_site)]
    assert set(statements) == {"SELECT"}


def test_scheduled_pages_are_published_by_the_task() -> None:
    from content.pages.tasks import publish_scheduled

    page = BlogPageFactory(live=False)
    page.go_live_at = timezone.now() - timedelta(minutes=1)
    page.save_revision(approved_go_live_at=page.go_live_at)
    publish_scheduled()
    page.refresh_from_db()
    assert page.live
