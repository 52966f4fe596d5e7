"""What the search page does beyond matching: synonyms, best bets, corrections, suggestions, feed and API."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.core.exceptions import ValidationError
from django.utils import timezone

from search.asked import Asked
from search.engines.base import EngineUnavailable
from search.models import BestBet, SynonymGroup
from search.results import SearchResults
from search.services import sync_outbox
from tests.factories.pages import BlogPageFactory, NewsPageFactory, ProfileFactory, TopicFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]


@pytest.fixture
def indexed():
    safety = TopicFactory(name="Patient safety", slug="safety")
    ada = ProfileFactory(name="Ada Quill", slug="ada")
    pages = {
        "blog": BlogPageFactory(title="Discharge planning", topics=[safety], authors=[ada]),
        "news": NewsPageFactory(title="Emergency department waits"),
    }
    sync_outbox()
    return pages


def ask(client, **parameters):
    return BeautifulSoup(client.get("/search/", parameters).content, "html.parser")


def titles(page) -> list[str]:
    return [link.get_text() for link in page.select(".results .card__link")]


def test_synonyms_hold_from_the_moment_they_are_saved(client, indexed):
    assert titles(ask(client, q="casualty")) == []
    SynonymGroup.objects.create(phrases="casualty\nemergency department\nA&E\n")
    assert titles(ask(client, q="casualty")) == ["Emergency department waits"]
    assert titles(ask(client, q="a&e")) == ["Emergency department waits"]


def test_a_synonym_group_of_one_is_refused():
    with pytest.raises(ValidationError, match="at least two"):
        SynonymGroup(phrases="casualty\n\n").full_clean()


def test_a_best_bet_comes_first_for_its_searches_and_only_in_its_time(client, indexed):
    now = timezone.now()
    bet = BestBet.objects.create(queries="Going home\nleaving hospital", page=indexed["news"].page_ptr)
    page = ask(client, q="  GOING home ")
    assert titles(page)[0] == "Emergency department waits"
    assert "Recommended" in page.select_one(".search-page__best .eyebrow").get_text()
    assert titles(ask(client, q="home")) == []
    bet.ends_at = now - timedelta(seconds=1)
    bet.save()
    assert titles(ask(client, q="going home")) == []


def test_a_best_bet_is_not_shown_twice_nor_when_its_page_is_gone(client, indexed):
    BestBet.objects.create(queries="discharge", page=indexed["blog"].page_ptr)
    assert titles(ask(client, q="discharge")) == ["Discharge planning"]
    indexed["blog"].unpublish()
    assert titles(ask(client, q="discharge")) == []


def test_a_best_bet_that_ends_before_it_starts_is_refused(indexed):
    now = timezone.now()
    bet = BestBet(queries="x", page=indexed["blog"].page_ptr, starts_at=now, ends_at=now)
    with pytest.raises(ValidationError, match="ends before"):
        bet.full_clean()


def test_a_typing_error_is_said_and_answered(client, indexed):
    page = ask(client, q="dischrage planning")
    assert titles(page) == ["Discharge planning"]
    said = page.select_one(".search-page__how")
    assert "dischrage" in said.get_text()
    assert said.select_one("a")["href"] == "?q=discharge+planning"


def test_a_typing_error_is_shown_as_text(client, indexed):
    response = client.get("/search/", {"q": 'dischrage<img src="x">'})
    assert b'<img src="x">' not in response.content


def test_nothing_found_offers_topics_named_alike(client, indexed):
    page = ask(client, q='"patients unheard"')
    assert [link.get_text() for link in page.select("main .search-page__columns a.tag")] == ["Patient safety"]


def test_nothing_found_offers_what_is_near_in_meaning_and_readers_may_open(client, indexed, monkeypatch):
    keys = ("topic:1", f"page:{indexed['news'].pk}", "page:999999", f"page:{indexed['blog'].pk}")
    asked = []
    monkeypatch.setattr("search.results.rescued_documents", lambda text, **_: asked.append(text) or keys)
    page = ask(client, q="xylophone")
    near = page.select('[aria-labelledby="nearest-heading"] .card__link')
    assert [link.get_text() for link in near] == ["Emergency department waits", "Discharge planning"]
    newest = [link.get_text() for link in page.select('[aria-labelledby="newest-heading"] .card__link')]
    assert not {"Emergency department waits", "Discharge planning"} & set(newest)
    indexed["news"].unpublish()
    near = ask(client, q="xylophone").select('[aria-labelledby="nearest-heading"] .card__link')
    assert [link.get_text() for link in near] == ["Discharge planning"]
    ask(client, q="planning")
    assert asked == ["xylophone", "xylophone"]


def test_author_and_year_can_be_chosen(client, indexed):
    page = ask(client, q="", author="Ada Quill")
    assert titles(page) == ["Discharge planning"]
    page = ask(client, q="", year="2026")
    assert len(titles(page)) == 2
    assert [option.get_text().split()[0] for option in page.select('[aria-labelledby="facet-year"] a')] == ["2026"]


def test_suggestions_are_titles_that_go_on_as_typed(client, indexed):
    assert client.get("/search/suggestions/", {"q": "emergency dep"}).json() == {
        "suggestions": [{"title": "Emergency department waits", "url": indexed["news"].path_on_site, "label": "News"}]
    }
    assert client.get("/search/suggestions/", {"q": "e"}).json() == {"suggestions": []}
    assert client.get("/search/suggestions/").json() == {"suggestions": []}


def test_suggestions_are_empty_when_the_engine_is_down(client, indexed, monkeypatch, site_with_search):
    def down(*_, **__):
        raise EngineUnavailable("down")

    monkeypatch.setattr(site_with_search, "suggestions", down)
    assert client.get("/search/suggestions/", {"q": "emergency"}).json() == {"suggestions": []}


def test_the_api_answers_in_full(client, indexed):
    answer = client.get("/search/results.json", {"q": "discharge", "type": "blog"}).json()
    assert answer["total"] == 1
    [result] = answer["results"]
    assert result["title"] == "Discharge planning"
    assert result["url"] == "http://localhost" + indexed["blog"].path_on_site
    assert {"value": "blog", "label": "Blogs", "count": 1} in answer["facets"]["type"]
    assert client.get("/search/results.json", {"author": "Ada Quill", "year": "2026"}).json()["total"] == 1


@pytest.mark.parametrize(
    ("parameters", "message"),
    [
        ({"q": "x", "limit": "5"}, "unknown parameter 'limit'"),
        ({"type": "essay"}, "type 'essay'"),
        ({"topic": "nothing"}, "topic 'nothing'"),
        ({"year": "26"}, "four digits"),
        ({"q": "x", "page": "0"}, "from 1 to"),
        ({"q": "x", "page": "x"}, "from 1 to"),
        ({"q": "x", "sort": "best"}, "sort 'best'"),
        ({"q": "x", "sort": ""}, "sort ''"),
        ({"author": "Nobody Here"}, "author 'Nobody Here'"),
        ({"author": "\x00"}, "author"),
        ({"q": ["a", "b"]}, "q is given 2 times"),
        ({"year": ["2020"] * 13}, "at most 12"),
        ({}, "give q, or a filter"),
        ({"q": "  "}, "give q, or a filter"),
        ({"q": "x" * 1_000}, "longer than"),
    ],
)
def test_the_api_refuses_what_it_does_not_know_and_says_what_it_does(client, indexed, parameters, message):
    response = client.get("/search/results.json", parameters)
    assert response.status_code == 400
    assert message in response.json()["error"]


def test_a_correction_leaves_other_words_alone():
    results = SearchResults(Asked(text="Sept or september sept"), None, corrections={"sept": ("set",)})
    assert results.corrected_text == "Sept or september set"


def test_the_number_of_results_is_in_the_title_which_is_read_out_when_the_page_opens(client, indexed):
    assert ask(client, q="discharge").title.get_text().startswith("discharge \u2013 1 result \u2013 Search")
    assert "result" not in ask(client, q="").title.get_text()
    assert " 0 results " in ask(client, q='"quixotic zeugma"').title.get_text()


def test_a_search_offers_its_feed_with_the_same_filters(client, indexed):
    page = ask(client, q="planning", type="blog", sort="newest", page="1")
    address = page.select_one('link[rel="alternate"]')["href"]
    assert address == "/search/feed/?q=planning&type=blog"
    assert page.select_one(".search-page__follow a")["href"] == address
    feed = ET.fromstring(client.get(address).content)  # noqa: S314 (our own feed)
    assert feed.findtext("channel/title") == "Search: planning, Blogs"


def test_a_search_can_be_followed(client, indexed):
    response = client.get("/search/feed/", {"q": "planning", "type": "blog"})
    feed = ET.fromstring(response.content)  # noqa: S314 (our own feed)
    assert response["Content-Type"].startswith("application/rss+xml")
    assert [item.findtext("title") for item in feed.iter("item")] == ["Discharge planning"]
    assert feed.findtext("channel/item/link") == "http://localhost" + indexed["blog"].path_on_site


def test_feed_and_api_say_when_the_engine_is_down(client, indexed, monkeypatch, site_with_search):
    def down(*_, **__):
        raise EngineUnavailable("down")

    monkeypatch.setattr(site_with_search, "search", down)
    for address in ("/search/feed/", "/search/results.json"):
        response = client.get(address, {"q": "planning"})
        assert (response.status_code, response["Retry-After"]) == (503, "30")
