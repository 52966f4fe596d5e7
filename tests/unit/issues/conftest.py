"""An issue with a bit of everything."""

from __future__ import annotations

from typing import Any

import pytest

from content.organisation.models import Organisation
from newsletters.issues.models import IssuePage
from tests.factories.issues import IssuePageFactory, NewsletterPageFactory
from tests.factories.pages import BlogPageFactory, TopicFactory, VacancyPageFactory


@pytest.fixture
def organisation(db) -> Organisation:
    organisation = Organisation.load()
    organisation.name = "Alder Institute"
    organisation.postal_address = "1 Mill Lane\nLeeds LS1 1AA"
    organisation.save()
    return organisation


@pytest.fixture
def newsletter(organisation):
    return NewsletterPageFactory(title="The monthly round")


@pytest.fixture
def make_issue(newsletter):
    """Make an issue of the newsletter with these blocks."""

    def make(*body: tuple[str, Any], **fields: Any) -> IssuePage:
        page = IssuePageFactory(parent=newsletter, body=list(body), **fields)
        # Read back, as a request or a task would find it.
        return IssuePage.objects.get(pk=page.pk)

    return make


def card(page, title: str = "", summary: str = "") -> dict[str, Any]:
    return {"page": page, "title": title, "summary": summary}


def cards(*pages, title: str = "", layout: str = "list") -> tuple[str, Any]:
    return ("page_cards", {"title": title, "layout": layout, "items": [card(page) for page in pages]})


def vacancies(*pages, all_open: bool = False, limit: int = 6) -> tuple[str, Any]:
    return ("vacancies", {"title": "Work with us", "pages": list(pages), "all_open": all_open, "limit": limit})


def outside(url: str = "https://example.org/a?b=1&c=2", title: str = "A test & its results") -> tuple[str, Any]:
    item = {"title": title, "url": url, "label": "Journal", "date_text": "October 2026", "summary": ""}
    return ("outside_cards", {"title": "Elsewhere", "items": [item]})


@pytest.fixture
def full_issue(make_issue):
    blog = BlogPageFactory(title="The relationships that recovery runs on", summary="What stayed.")
    topic = TopicFactory(name="Measurement")
    vacancy = VacancyPageFactory(title="Evaluation lead")
    section = {
        "topic": topic,
        "in_archive": False,
        "blocks": [("heading", {"text": "For those who measure"}), ("text", "<p>Only for followers.</p>")],
    }
    return make_issue(
        ("text", "<p>The clocks have gone back, {{name|friend}}.</p>"),
        cards(blog, title="New this month"),
        ("topic_section", section),
        outside(),
        vacancies(vacancy),
        title="What carried the others",
        subject="What carried the others, {{name|reader}}",
        greeting="Dear {{name|colleague}},",
    )
