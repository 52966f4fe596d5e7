"""Guides with their chapters, and articles with the issue they ran in."""

from __future__ import annotations

import pytest
from bs4 import BeautifulSoup

from tests.factories.pages import ChapterPageFactory, NewsletterBlogPageFactory, QuickGuidePageFactory

pytestmark = pytest.mark.django_db


def soup_of(client, page) -> BeautifulSoup:
    answer = client.get(page.path_on_site)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


@pytest.fixture
def guide():
    return QuickGuidePageFactory(title="Made simple")


@pytest.fixture
def chapters(guide):
    return [ChapterPageFactory(parent=guide, title=f"Chapter {name}") for name in ("one", "two", "three")]


def test_a_guide_lists_its_chapters_in_the_order_of_the_tree(client, guide, chapters) -> None:
    chapters[2].move(chapters[0], pos="left")
    soup = soup_of(client, guide)
    assert [link.get_text() for link in soup.select(".chapters .row__link")] == [
        "Chapter three", "Chapter one", "Chapter two",
    ]  # fmt: skip


def test_a_chapter_knows_its_neighbours(client, guide, chapters) -> None:
    soup = soup_of(client, chapters[1])
    assert chapters[0].title in soup.select_one(".pager [rel=prev]").get_text()
    assert chapters[2].title in soup.select_one(".pager [rel=next]").get_text()
    assert "Chapter 2 of 3" in soup.get_text()
    assert soup.select_one(".toc [aria-current=page]").get_text() == "2. Chapter two"


def test_the_first_chapter_leads_back_to_the_guide_and_the_last_to_nothing(client, guide, chapters) -> None:
    assert soup_of(client, chapters[0]).select_one(".pager [rel=prev]")["href"] == guide.path_on_site
    assert soup_of(client, chapters[2]).select_one(".pager [rel=next]") is None


def test_chapters_within_chapters_follow_the_tree(client, guide, chapters) -> None:
    inner = ChapterPageFactory(parent=chapters[0], title="Within one")
    soup = soup_of(client, chapters[0])
    assert soup.select_one(".pager [rel=next]")["href"] == inner.path_on_site


def test_an_unpublished_chapter_is_skipped(client, guide, chapters) -> None:
    chapters[1].unpublish()
    assert soup_of(client, chapters[0]).select_one(".pager [rel=next]")["href"] == chapters[2].path_on_site


def test_an_article_that_ran_in_no_issue_says_nothing_of_one(client) -> None:
    assert not [p for p in soup_of(client, NewsletterBlogPageFactory()).select(".byline") if "From" in p.get_text()]
