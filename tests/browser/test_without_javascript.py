"""A reader whose scripts never arrive can do everything that a reader can do."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.running_site import RunningSite

READER = "no.script@example.org"
NARROW = {"width": 375, "height": 812}
SIGN_UP_STAMP_SECONDS = 3  # a form that comes back within two seconds was filled in by a machine


@pytest.fixture
def plain(browser: Browser) -> Iterator[Page]:
    """A narrow tab that runs no script."""
    context = browser.new_context(viewport=NARROW, java_script_enabled=False)
    yield context.new_page()
    context.close()


@pytest.mark.xdist_group("site")
def test_the_menu_opens_and_leads_to_a_section(plain: Page, site: RunningSite):
    plain.goto(site.url)
    menu = plain.locator(".masthead details").filter(has=plain.locator("nav"))
    link = menu.get_by_role("link").first
    expect(link).to_be_hidden()
    menu.locator("summary").click()
    expect(link).to_be_visible()
    target = link.get_attribute("href")
    link.click()
    assert urlsplit(plain.url).path == target
    expect(plain.locator(".masthead nav a[aria-current]").first).to_have_attribute("href", str(target))


@pytest.mark.xdist_group("site")
def test_search_opens_answers_and_is_narrowed_down(plain: Page, site: RunningSite):
    plain.goto(site.url)
    search = plain.locator(".masthead details").filter(has=plain.get_by_role("search", include_hidden=True))
    field = search.get_by_role("searchbox")
    expect(field).to_be_hidden()
    search.locator("summary").click()
    field.fill("rota")
    field.press("Enter")
    assert urlsplit(plain.url).path == "/search/"
    results = plain.locator("main .results").get_by_role("link")
    expect(results.first).to_be_visible()
    narrower = plain.locator(".search-page__filters nav").last.locator("a").last
    expected = int(narrower.locator(".tag__count").inner_text().split()[0])
    before = plain.locator("#results-heading").inner_text()
    narrower.click()
    assert plain.locator("#results-heading").inner_text() != before
    expect(results).to_have_count(expected)


@pytest.mark.xdist_group("site")
def test_an_accordion_opens(plain: Page, site: RunningSite):
    plain.goto(f"{site.url}/contact/")
    item = plain.locator(".accordion__item").first
    expect(item.locator(".rich-text")).to_be_hidden()
    item.locator("summary").click()
    expect(item.locator(".rich-text")).to_be_visible()


@pytest.mark.xdist_group("site")
def test_lists_have_pages_that_are_links(plain: Page, site: RunningSite):
    plain.goto(f"{site.url}/topics/improving-quality/")
    first = plain.locator("main .card__link").first.inner_text()
    plain.get_by_role("link", name="Next").click()
    expect(plain.locator(".pagination [aria-current=page]")).to_have_text("2")
    assert plain.locator("main .card__link").first.inner_text() != first


@pytest.mark.xdist_group("site")
def test_a_reader_subscribes_with_nothing_but_a_form(plain: Page, site: RunningSite):
    plain.goto(f"{site.url}/newsletters/monthly-round/")
    form = plain.locator("form.signup-form").first
    form.get_by_label("Email address").fill(READER)
    time.sleep(SIGN_UP_STAMP_SECONDS)
    form.get_by_role("button", name="Subscribe").click()
    expect(plain.locator("h1")).to_have_text("Look into your mailbox")
    assert READER in site.wait_for_mail(READER)["To"]


EMBED = """
from content.pages.models import StandardPage
page = StandardPage.objects.get(slug="privacy")
page.body = []
page.body.append(("embed", {"url": "https://www.youtube.com/watch?v=aqz-KE-bpKQ", "title": "A film about a rota"}))
page.save_revision().publish()
"""


@pytest.mark.xdist_group("site")
def test_a_video_is_a_plain_link_and_nothing_is_fetched_from_elsewhere(plain: Page, site: RunningSite):
    site.manage("shell", "--command", EMBED)
    asked: list[str] = []
    plain.on("request", lambda request: asked.append(request.url))
    plain.goto(f"{site.url}/privacy/")
    link = plain.get_by_role("link", name="A film about a rota")
    expect(link).to_be_visible()
    expect(link).to_have_attribute("href", "https://www.youtube.com/watch?v=aqz-KE-bpKQ")
    assert plain.locator("iframe").count() == 0
    assert all(url.startswith(site.url) for url in asked), asked
