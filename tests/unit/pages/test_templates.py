"""What every public page says in its HTML: head, landmarks, menus, structured data, security."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

import pytest
from bs4 import BeautifulSoup

from content.organisation.models import Organisation
from tests.factories.media import ImageFactory
from tests.factories.pages import (
    BlogPageFactory,
    EventPageFactory,
    GroupPageFactory,
    NewsPageFactory,
    ProfileFactory,
    QuickGuidePageFactory,
    ReportPageFactory,
    SectionPageFactory,
    StandardPageFactory,
    StoryPageFactory,
    TopicFactory,
    VacancyPageFactory,
)

pytestmark = pytest.mark.django_db
INLINE = re.compile(r"\sstyle=|\son[a-z]+=\"|<style", re.IGNORECASE)

FACTORIES = {
    "guide": QuickGuidePageFactory, "blog": BlogPageFactory, "news": NewsPageFactory, "report": ReportPageFactory,
    "event": EventPageFactory, "vacancy": VacancyPageFactory, "group": GroupPageFactory, "story": StoryPageFactory,
    "standard": StandardPageFactory, "section": SectionPageFactory,
}  # fmt: skip


def soup_of(client: Any, path: str) -> BeautifulSoup:
    answer = client.get(path)
    assert answer.status_code == 200
    return BeautifulSoup(answer.content, "html.parser")


def graph(soup: BeautifulSoup) -> dict[str, dict]:
    data = json.loads(soup.find("script", type="application/ld+json").string)
    assert data["@context"] == "https://schema.org"
    return {entity["@type"]: entity for entity in data["@graph"]}


@pytest.mark.parametrize("name", FACTORIES)
class TestEveryPage:
    def test_it_has_one_title_one_heading_and_the_landmarks(self, client, name: str) -> None:
        page = FACTORIES[name](title=f"A {name}")
        soup = soup_of(client, page.path_on_site)
        assert soup.title.string.startswith(f"A {name} · ")
        assert [heading.get_text(strip=True) for heading in soup.find_all("h1")] == [f"A {name}"]
        assert soup.find("html")["lang"] == "en-GB"
        assert soup.find("a", class_="skip")["href"] == "#main"
        assert soup.find("main", id="main")
        assert soup.find("header")
        assert soup.find("footer")

    def test_its_head_describes_it(self, client, name: str) -> None:
        page = FACTORIES[name](summary="What it is about.")
        soup = soup_of(client, page.path_on_site)
        assert soup.find("meta", attrs={"name": "description"})["content"] == "What it is about."
        assert soup.find("link", rel="canonical")["href"] == f"http://localhost{page.path_on_site}"
        assert soup.find("meta", property="og:title")["content"] == page.title
        assert soup.find("meta", property="og:image")["content"].startswith("http://localhost/covers/")

    def test_it_needs_no_inline_style_or_script_and_nobody_else(self, client, name: str) -> None:
        page = FACTORIES[name]()
        html = client.get(page.path_on_site).content.decode()
        assert not INLINE.findall(html)
        soup = BeautifulSoup(html, "html.parser")
        for script in soup.find_all("script"):
            assert script.get("src") or script["type"] == "application/ld+json"
        sources = [tag["src"] for tag in soup.find_all(src=True)]
        sources += [tag["href"] for tag in soup.find_all("link", href=True) if "stylesheet" in tag.get("rel", [])]
        assert all(source.startswith("/") and not source.startswith("//") for source in sources)

    def test_its_words_cannot_close_the_data_block(self, client, name: str) -> None:
        title = "</script><script>alert(1)</script>"
        page = FACTORIES[name](title=title, slug="nasty", summary=title)
        html = client.get(page.path_on_site).content.decode()
        assert "<script>alert" not in html
        assert any(
            title in (entity.get("name"), entity.get("title"))
            for entity in graph(BeautifulSoup(html, "html.parser")).values()
        )

    def test_no_id_stands_twice(self, client, name: str) -> None:
        soup = soup_of(client, FACTORIES[name]().path_on_site)
        ids = [tag["id"] for tag in soup.find_all(id=True)]
        assert len(ids) == len(set(ids))


def test_an_article_says_who_when_and_how_long(client) -> None:
    authors = [ProfileFactory(name=name) for name in ("Mara Ellery", "Tom Okafor", "Ines Duarte")]
    page = ReportPageFactory(
        authors=authors, edition="third edition", isbn="978-0", body=[("text", "<p>" + "word " * 500 + "</p>")]
    )
    soup = soup_of(client, page.path_on_site)
    byline = soup.find(class_="byline").get_text(" ", strip=True)
    assert "By Mara Ellery , Tom Okafor and Ines Duarte" in byline
    assert "3 minutes to read" in byline
    assert "Third edition" in byline
    assert graph(soup)["Report"]["author"][0]["name"] == "Mara Ellery"


def test_a_date_that_is_a_month_is_a_month_everywhere(client) -> None:
    page = BlogPageFactory(published_on=date(2021, 4, 1), date_precision="month")
    soup = soup_of(client, page.path_on_site)
    moment = soup.find("time", class_="eyebrow__when")
    assert (moment["datetime"], moment.get_text()) == ("2021-04", "April 2021")
    assert graph(soup)["BlogPosting"]["datePublished"] == "2021-04"


def test_breadcrumbs_lead_home(client) -> None:
    page = BlogPageFactory()
    soup = soup_of(client, page.path_on_site)
    assert [link["href"] for link in soup.find("nav", class_="breadcrumbs").find_all("a")] == ["/", "/blogs/"]
    items = graph(soup)["BreadcrumbList"]["itemListElement"]
    assert [item["position"] for item in items] == [1, 2, 3]


def test_the_current_section_is_marked(client) -> None:
    page = BlogPageFactory()
    soup = soup_of(client, page.path_on_site)
    assert {link["href"] for link in soup.select("header [aria-current]")} == {"/blogs/"}
    assert soup_of(client, "/blogs/").select_one("header [aria-current=page]")["href"] == "/blogs/"


def test_the_search_form_works_without_scripts(client) -> None:
    BlogPageFactory()
    form = soup_of(client, "/").select_one("header form[role=search]")
    assert (form["action"], form["method"], form.find("input")["name"]) == ("/search/", "get", "q")


def test_curated_pages_are_not_repeated_below(client) -> None:
    curated = [BlogPageFactory(title=f"Curated {number}") for number in range(2)]
    for number in range(6):
        BlogPageFactory(title=f"Other {number}")
    items = [
        {"page": page.page_ptr, "url": "", "title": "", "label": "", "date_text": "", "summary": ""} for page in curated
    ]
    page = ReportPageFactory(body=[("further_reading", {"title": "Further reading", "items": items})])
    soup = soup_of(client, page.path_on_site)
    below = [link.get_text() for link in soup.select(".related .card__link")]
    assert below
    assert not [title for title in below if title.startswith("Curated")]


def test_a_list_has_pages_and_no_page_beyond_them(client) -> None:
    for _ in range(25):
        NewsPageFactory()
    soup = soup_of(client, "/news/")
    assert len(soup.select(".card")) == 24
    assert soup.select_one(".pagination [rel=next]")["href"] == "?page=2"
    assert len(soup_of(client, "/news/?page=2").select(".card")) == 1
    for number in ("3", "0", "-1", "x", "9" * 30, "٣", "²", "01"):
        assert client.get("/news/", {"page": number}).status_code == 404


def test_a_card_with_a_picture_shows_it_and_one_without_a_drawing(client) -> None:
    BlogPageFactory(card_image=ImageFactory(), title="With")
    without = BlogPageFactory(title="Without")
    soup = soup_of(client, "/blogs/")
    covers = {card.find(class_="card__link").get_text(): card.find("img")["src"] for card in soup.select(".card")}
    assert covers["With"].startswith("/media/")
    assert covers["Without"].startswith(f"/covers/blog/{without.pk}.svg")
    assert all(image["alt"] == "" for image in soup.select(".card img"))


def test_a_topic_shows_what_is_about_it_and_below_it(client) -> None:
    topic = TopicFactory(name="Flow", slug="flow")
    below = TopicFactory(name="Discharge", slug="discharge", parent=topic)
    BlogPageFactory(title="About flow", topics=[topic])
    BlogPageFactory(title="About both", topics=[topic, below])
    BlogPageFactory(title="About discharge", topics=[below])
    BlogPageFactory(title="About nothing")
    titles = [link.get_text() for link in soup_of(client, "/topics/flow/").select(".card__link")]
    assert sorted(titles) == ["About both", "About discharge", "About flow"]
    assert soup_of(client, "/topics/").find("a", href="/topics/discharge/")


def test_a_person_shows_what_they_wrote(client) -> None:
    person = ProfileFactory(name="Mara Ellery", slug="mara", role="Head of evaluation", is_staff=True)
    BlogPageFactory(title="Hers", authors=[person])
    BlogPageFactory(title="Not hers")
    soup = soup_of(client, "/people/mara/")
    assert [link.get_text() for link in soup.select(".card__link")] == ["Hers"]
    assert soup_of(client, "/people/").find("a", href="/people/mara/")


def test_the_page_that_is_not_there_helps_to_find_it(client) -> None:
    BlogPageFactory()
    answer = client.get("/no/such/page/")
    assert answer.status_code == 404
    soup = BeautifulSoup(answer.content, "html.parser")
    assert soup.select_one("main form[role=search]")


def test_the_organisation_stands_in_the_footer(client) -> None:
    BlogPageFactory()
    organisation = Organisation.load()
    organisation.name, organisation.legal_line = "Alder Institute", "Charity 0000000"
    organisation.postal_address = "12 Mill Lane\nLeeds"
    organisation.save()
    footer = soup_of(client, "/").find("footer").get_text(" ")
    assert "Charity 0000000" in footer
    assert "12 Mill Lane" in footer


def test_a_preview_of_a_draft_renders(client, admin_user) -> None:
    page = ReportPageFactory(authors=[ProfileFactory()], topics=[TopicFactory()])
    page.title = "A draft of it"
    page.save_revision()
    client.force_login(admin_user)
    answer = client.get(f"/admin/pages/{page.pk}/view_draft/")
    assert answer.status_code == 200
    assert "A draft of it" in answer.content.decode()
