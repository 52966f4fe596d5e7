"""Every public page type and every block in real Chromium: no accessibility violation, no policy violation, no script
needed, nothing cut off on a phone."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.template.loader import render_to_string
from django.utils import timezone
from wagtail.blocks import BoundBlock

from content.blocks.library import BodyStreamBlock
from content.organisation.models import Organisation
from content.pages.models import HomePage
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

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.django_db(transaction=True)
# Playwright's own event loop runs in this thread, which Django takes for asynchronous code of ours.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

LIBRARY = BodyStreamBlock().child_blocks
WIDTHS = (1280, 375)
SCHEMES = ("light", "dark")


def every_block() -> list[tuple[str, Any]]:
    """A body of the whole library, as previews show it; pictures and files are real."""
    body: list[tuple[str, Any]] = []
    for name, block in LIBRARY.items():
        value = block.get_preview_value()
        if name == "image":
            value["image"] = ImageFactory()
        if name != "download":
            body.append((name, value))
    return body


@pytest.fixture
def addresses() -> dict[str, str]:
    """A page of every type, full enough to show what its template can show."""
    topic, profile = TopicFactory(name="Patient flow", slug="flow"), ProfileFactory(slug="mara", is_staff=True)
    child = TopicFactory(parent=topic)
    body = every_block()
    kwargs: dict[str, Any] = {"topics": [topic, child], "authors": [profile], "body": body}
    guide = QuickGuidePageFactory(**kwargs)
    chapters = [ChapterPageFactory(parent=guide, body=body) for _ in range(3)]
    report = ReportPageFactory(edition="second edition", isbn="978-0", card_image=ImageFactory(), **kwargs)
    now = timezone.now()
    pages = {
        "guide": guide,
        "chapter": chapters[1],
        "blog": BlogPageFactory(**kwargs),
        "newsletter feature": NewsletterFeaturePageFactory(**kwargs),
        "newsletter blog": NewsletterBlogPageFactory(**kwargs),
        "news": NewsPageFactory(**kwargs),
        "report": report,
        "event": EventPageFactory(
            venue="Leeds", online_url="https://example.org/live", registration_url="https://example.org/r", **kwargs
        ),
        "past event": EventPageFactory(starts_at=now - timedelta(days=3)),
        "vacancy": VacancyPageFactory(employer=profile, closes_at=now + timedelta(days=2), body=body),
        "closed vacancy": VacancyPageFactory(opens_at=now - timedelta(days=9), closes_at=now - timedelta(days=2)),
        "group": GroupPageFactory(members="about 300", meets="monthly", contact_email="q@example.org", body=body),
        "story": StoryPageFactory(**kwargs),
        "standard": StandardPageFactory(body=body),
    }
    home = HomePage.objects.get()
    home.lead_page = report.page_ptr
    home.save_revision().publish()
    organisation = Organisation.load()
    organisation.social_post = "Three wards, one whiteboard."
    organisation.social_follow_url = "https://social.example/@alder"
    organisation.postal_address = "12 Mill Lane\nLeeds"
    organisation.save()
    return {
        "home": "/",
        "section": "/blogs/",
        "events": "/events/",
        "vacancies": "/vacancies/",
        "community": "/community/",
        "topics": "/topics/",
        "topic": "/topics/flow/",
        "people": "/people/",
        "person": "/people/mara/",
        "missing": "/nothing/here/",
        **{name: page.path_on_site for name, page in pages.items()},
    }


@pytest.fixture
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that axe may write scripts into."""
    context = browser.new_context(bypass_csp=True, locale="en-GB")
    yield context.new_page()
    context.close()


def violations(tab: Page) -> list[tuple[str, list[str]]]:
    found = Axe().run(tab).response["violations"]
    return [(rule["id"], [node["html"][:200] for node in rule["nodes"][:3]]) for rule in found]


def test_no_page_type_has_an_accessibility_violation(addresses, live_server, tab: Page) -> None:
    faults = {}
    for scheme in SCHEMES:
        tab.emulate_media(color_scheme=scheme)
        for width in WIDTHS:
            tab.set_viewport_size({"width": width, "height": 900})
            for name, path in addresses.items():
                tab.goto(live_server.url + path)
                if found := violations(tab):
                    faults[name, scheme, width] = found
    assert not faults


def test_no_block_preview_has_an_accessibility_violation(live_server, tab: Page) -> None:
    previews = {
        name: render_to_string(
            "wagtailcore/shared/block_preview.html",
            {"page_title": name, "bound_block": BoundBlock(block, block.get_preview_value())},
        )
        for name, block in LIBRARY.items()
    }
    tab.route(
        "**/preview/*",
        lambda route: route.fulfill(body=previews[route.request.url.rpartition("/")[2]], content_type="text/html"),
    )
    faults = {}
    for name in previews:
        tab.goto(f"{live_server.url}/preview/{name}")
        assert tab.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") != "none"
        if found := violations(tab):
            faults[name] = found
    assert not faults


def test_nothing_is_cut_off_at_320_pixels(addresses, live_server, tab: Page) -> None:
    """WCAG 2.2, 1.4.10: no scrolling sideways at a width of 320 CSS pixels."""
    tab.set_viewport_size({"width": 320, "height": 700})
    wide = {}
    for name, path in addresses.items():
        tab.goto(live_server.url + path)
        if (width := tab.evaluate("document.documentElement.scrollWidth")) > 320:
            wide[name] = width
    assert not wide


def test_every_target_is_at_least_24_pixels_or_apart(addresses, live_server, tab: Page) -> None:
    """WCAG 2.2, 2.5.8: buttons, summaries, fields, menus; links within a sentence are excepted by the rule."""
    tab.set_viewport_size({"width": 375, "height": 800})
    small = []
    for path in (addresses["home"], addresses["report"], addresses["vacancy"]):
        tab.goto(live_server.url + path)
        small += tab.evaluate(
            """() => [...document.querySelectorAll(
                'button, summary, input, .button, .tag, .breadcrumbs a, .footer a, .toc a, .more, .brand')]
              .filter(e => e.checkVisibility() && e.type !== 'hidden')
              .map(e => [e.outerHTML.slice(0, 90), e.getBoundingClientRect()])
              .filter(([, box]) => box.width && (box.height < 24 || box.width < 24))
              .map(([html, box]) => `${html} ${box.width}x${box.height}`)"""
        )
    assert not small


def test_the_policy_is_strict_and_nothing_breaks_it(addresses, live_server, browser: Browser) -> None:
    context = browser.new_context()
    tab = context.new_page()
    said: list[str] = []
    asked: list[str] = []
    tab.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda request: asked.append(request.url))
    for name, path in addresses.items():
        answer = tab.goto(live_server.url + path)
        if name != "missing":
            assert answer is not None
            assert answer.status == 200
            assert "unsafe-inline" not in answer.headers["content-security-policy"]
    context.close()
    assert [text for text in said if "404" not in text] == []
    assert [url for url in asked if not url.startswith(live_server.url)] == []


def test_menu_and_search_work_without_scripts_on_a_phone(addresses, live_server, browser: Browser) -> None:
    context = browser.new_context(java_script_enabled=False, viewport={"width": 375, "height": 800})
    tab = context.new_page()
    tab.goto(live_server.url + addresses["blog"])
    menu = tab.locator(".masthead details", has_text="Menu")
    assert not menu.locator("nav").is_visible()
    menu.locator("summary").click()
    assert menu.locator("nav").is_visible()
    tab.goto(live_server.url + addresses["home"])
    tab.locator(".masthead details summary[aria-label=Search]").click()
    tab.locator("#search-narrow").fill("whiteboards")
    tab.locator("#search-narrow").press("Enter")
    tab.wait_for_url("**/search/?q=whiteboards")
    context.close()


def test_a_video_is_a_link_until_it_is_asked_for(addresses, live_server, browser: Browser) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.route(
        "https://player.vimeo.com/**", lambda route: route.fulfill(body="<p>player</p>", content_type="text/html")
    )
    tab.goto(live_server.url + addresses["blog"])
    frame = tab.locator("[data-embed]")
    assert frame.locator("a").get_attribute("href").startswith("https://vimeo.com/")
    assert tab.locator("iframe").count() == 0
    frame.locator("a").click()
    assert tab.locator("iframe").get_attribute("src").startswith("https://player.vimeo.com/video/")
    assert tab.locator("iframe").get_attribute("title")
    context.close()


def test_the_skip_link_is_the_first_stop_and_leads_to_the_content(addresses, live_server, browser: Browser) -> None:
    context = browser.new_context()
    tab = context.new_page()
    tab.goto(live_server.url + addresses["blog"])
    tab.keyboard.press("Tab")
    assert tab.evaluate("document.activeElement.className") == "skip"
    tab.keyboard.press("Enter")
    assert tab.evaluate("document.activeElement.id") == "main"
    context.close()
