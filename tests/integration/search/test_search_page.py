from __future__ import annotations

import re
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.utils import timezone

from content.articles.models import BlogPage
from search.engines.base import EngineUnavailable
from search.services import sync_outbox
from tests.factories.pages import (
    BlogPageFactory,
    NewsPageFactory,
    ProfileFactory,
    TopicFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]


def ask(client, **parameters):
    response = client.get("/search/", parameters)
    return response, BeautifulSoup(response.content, "html.parser")


def titles(page) -> list[str]:
    return [link.get_text() for link in page.select(".results .card__link")]


@pytest.fixture
def indexed():
    safety = TopicFactory(name="Safety", slug="safety")
    falls = TopicFactory(name="Falls", slug="falls", parent=safety)
    pages = {
        "blog": BlogPageFactory(title="Flow on wards", topics=[falls]),
        "news": NewsPageFactory(title="Flow in the news", body=[("text", "<p>Delayed discharge &amp; flow</p>")]),
    }
    ProfileFactory(name="Flora Flow", slug="flora")
    sync_outbox()
    return pages


def test_without_a_question_there_is_a_form_and_no_result(client, indexed):
    response, page = ask(client)
    assert response.status_code == 200
    assert page.select_one('main form[role="search"] input[name="q"]')
    assert not page.select(".results")


def test_results_show_highlights_eyebrow_and_count(client, indexed):
    _, page = ask(client, q="flow")
    assert set(titles(page)) == {"Flow on wards", "Flow in the news", "Flora Flow"}
    assert "3 results" in page.select_one('[role="status"]').get_text()
    assert page.select_one(".results mark").get_text() == "Flow"
    assert {label.get_text().split()[0] for label in page.select(".results .eyebrow")} == {"Blog", "News", "Person"}


def test_filters_by_type_and_topic_narrow_and_can_be_removed(client, indexed):
    _, page = ask(client, q="flow", type="news")
    assert titles(page) == ["Flow in the news"]
    [chip] = page.select(".search-page__chosen a")
    assert "News" in chip.get_text()
    assert "type=" not in chip["href"]
    _, page = ask(client, q="flow", topic="safety")
    assert titles(page) == ["Flow on wards"]
    _, page = ask(client, q="", type="blog")
    assert titles(page) == ["Flow on wards"]


def test_what_the_index_still_holds_but_readers_may_not_see_is_not_shown(client, indexed):
    BlogPage.objects.filter(pk=indexed["blog"].pk).update(live=False)
    _, page = ask(client, q="flow wards")
    assert "Flow on wards" not in titles(page)


def test_an_expired_page_is_gone_to_the_second(client, indexed):
    page = BlogPageFactory(title="Flow today", expire_at=timezone.now() + timedelta(hours=1))
    sync_outbox()
    assert "Flow today" in titles(ask(client, q="flow")[1])
    page.expire_at = timezone.now() - timedelta(seconds=1)
    page.save()
    assert "Flow today" not in titles(ask(client, q="flow")[1])


def test_nothing_found_offers_help(client, indexed):
    response, page = ask(client, q='"quixotic zeugma"')
    assert response.status_code == 200
    assert "No results" in page.select_one('[role="status"]').get_text()
    assert page.select_one('main a[href="/topics/"]')
    assert page.select("main .cards .card")


def test_pages_of_results_stop(client, indexed):
    for number in range(25):
        BlogPageFactory(title=f"Many words {number}")
    sync_outbox()
    _, first = ask(client, q="many words")
    assert first.select_one('.pagination [rel="next"]')["href"] == "?q=many+words&page=2"
    _, second = ask(client, q="many words", page="2")
    assert not second.select_one('.pagination [rel="next"]')
    assert len(titles(first)) + len(titles(second)) == 25
    response, beyond = ask(client, q="many words", page="9")
    assert response.status_code == 200
    assert not titles(beyond)


def test_what_was_typed_is_shown_as_text(client, indexed):
    response, page = ask(client, q='"><script>alert(1)</script>')
    assert b"<script>alert" not in response.content
    assert page.select_one('main input[name="q"]')["value"] == '"><script>alert(1)</script>'


@pytest.mark.parametrize(
    "parameters",
    [
        {"q": "flow", "type": "nonsense"},
        {"q": "flow", "topic": "nonsense"},
        {"q": "flow", "page": "-1"},
        {"q": "flow", "page": "٣"},
        {"q": "flow", "page": "9" * 400},
        {"q": "flow", "sort": "nonsense"},
        {"q": "\x00"},
        {"q": "x" * 10_000},
        {"q": "_id:1 OR (("},
    ],
)
def test_no_parameter_is_an_error(client, indexed, parameters):
    assert ask(client, **parameters)[0].status_code == 200


def test_an_engine_that_is_down_is_said_and_the_site_stays(client, indexed, monkeypatch, site_with_search):
    def down(query):
        raise EngineUnavailable("down")

    monkeypatch.setattr(site_with_search, "search", down)
    response, page = ask(client, q="flow")
    assert response.status_code == 503
    assert "not available" in page.select_one('[role="alert"]').get_text()


def test_a_page_of_results_takes_at_most_ten_queries(client, indexed, django_assert_max_num_queries):
    for number in range(20):
        BlogPageFactory(title=f"Flow {number}", topics=[TopicFactory()])
    sync_outbox()
    ask(client, q="flow")
    with django_assert_max_num_queries(10):
        _, page = ask(client, q="flow", type="blog")
    assert len(titles(page)) == 20


def test_nothing_is_remembered_about_the_reader(client, indexed):
    response, _ = ask(client, q="flow")
    assert not response.cookies
    assert not re.search("flow", str(client.session.items()))
