"""The control room in a real browser: it follows a mailing without a reload, and everybody can use it."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.contrib.sessions.backends.db import SessionStore
from django.utils import timezone
from playwright.sync_api import expect

from courant.users.models import User
from newsletters.delivery.ledger import Result
from newsletters.delivery.models import Link, Mailing, Sample
from newsletters.delivery.states import MailingState, Outcome
from tests.factories.audience import MailingListFactory
from tests.factories.delivery import compiled_issue, sending_mailing, subscribe_many
from tests.integration.delivery.test_control_room import accepted, address, make_unknown, settle

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.xdist_group("control room")]

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WIDTHS = {"wide": 1280, "narrow": 375}


@pytest.fixture(scope="session", autouse=True)
def _orm_beside_playwright() -> Iterator[None]:
    # Playwright's own event loop runs in this thread, and Django takes that for asynchronous code. For the whole
    # session, because the database is made before a test's own fixtures and goes after them.
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        yield


@pytest.fixture
def mailing() -> Mailing:
    """A mailing under way with every kind of trouble."""
    mailing_list = MailingListFactory(name="The monthly round")
    subscribe_many(mailing_list, 30)
    subscribe_many(mailing_list, 12, domain="a-rather-long-domain-of-a-hospital.example")
    from newsletters.delivery.services import freeze_audience, freeze_mailing, start_mailing

    mailing = freeze_audience(mailing=freeze_mailing(compiled=compiled_issue(mailing_list), at=timezone.now()))
    mailing = start_mailing(mailing=mailing)
    at = timezone.now()
    Mailing.objects.filter(pk=mailing.pk).update(started_at=at - timedelta(seconds=150))
    for seconds, number in ((120, 2), (90, 4), (75, 5), (30, 9)):
        Sample.objects.create(mailing=mailing, at=at - timedelta(seconds=seconds), accepted=number, settled=number)
    make_unknown(mailing, [1, 2])
    settle(
        mailing,
        [
            *accepted(range(3, 15)),
            Result(15, Outcome.DEFERRED, 451, "4.7.1 <reader15@example.org>: Recipient rejected: Greylisted", 300),
            Result(16, Outcome.REJECTED, 550, "5.1.1 <reader16@example.org>: no such user"),
        ],
    )
    Link.objects.create(
        issue_number=77, digest="a", target="https://example.org/a-page/", words="A page", position=1, clicks=12
    )
    content = {**mailing.content, "issue_id": 77}
    Mailing.objects.filter(pk=mailing.pk).update(content=content)
    mailing.refresh_from_db()
    return mailing


def tab(browser: Browser, live_server: Any, *, width: int = 1280, script: bool = True, dark: bool = False) -> Page:
    """A tab of somebody who may do everything."""
    user = User.objects.create_superuser("operator", "operator@example.org", "secret-secret")
    profile = user.wagtail_userprofile if hasattr(user, "wagtail_userprofile") else None
    if profile is None:
        from wagtail.users.models import UserProfile

        profile = UserProfile.get_for_user(user)
    profile.theme = "dark" if dark else "light"
    profile.save()
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[-1]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.save()
    context = browser.new_context(
        viewport={"width": width, "height": 2_800 if "COURANT_PICTURES" in os.environ else 900},
        java_script_enabled=script,
        locale="en-GB",
        timezone_id="Europe/London",
        color_scheme="dark" if dark else "light",
    )
    context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": session.session_key, "url": live_server.url}])
    return context.new_page()


def violations(page: Page) -> list[str]:
    """What axe finds in our part of the page; Wagtail's own frame is Wagtail's."""
    found = Axe().run(page, context="#main", options={"runOnly": {"type": "tag", "values": RULES}})
    return [f"{each['id']}: {[node['html'][:120] for node in each['nodes']]}" for each in found.response["violations"]]


def shoot(page: Page, name: str) -> None:
    """Keep a picture where somebody asked for it (`COURANT_PICTURES=folder`)."""
    if folder := os.environ.get("COURANT_PICTURES"):
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)


@pytest.fixture
def tabs(browser: Browser) -> Iterator[list[Page]]:
    """Pages to close when the test is over."""
    opened: list[Page] = []
    yield opened
    for page in opened:
        page.context.close()


@pytest.mark.parametrize("look", ["wide light", "wide dark", "narrow light", "narrow dark"])
def test_every_screen_is_for_everybody(browser, live_server, mailing, tabs, look):
    width, _, theme = look.partition(" ")
    dark = theme == "dark"
    page = tab(browser, live_server, width=WIDTHS[width], dark=dark)
    tabs.append(page)
    names = {
        "room": address("mailing", mailing),
        "cancel": address("cancel", mailing),
        "report": address("report", mailing),
        "all": "/admin/mailings/",
    }
    faults = {}
    for name, path in names.items():
        page.goto(live_server.url + path)
        expect(page.locator("#main h1, #main h2").first).to_be_visible()
        shoot(page, f"{name}-{width}-{theme}")
        faults[name] = violations(page)
        wide = page.evaluate("document.scrollingElement.scrollWidth - innerWidth")
        if wide > 0:
            faults[name].append(f"{wide} px too wide")
    assert not any(faults.values()), faults


def test_progress_arrives_without_a_reload(browser, live_server, mailing, tabs):
    page = tab(browser, live_server)
    tabs.append(page)
    page.goto(live_server.url + address("mailing", mailing))
    expect(page.get_by_text("15 of 42 settled")).to_be_visible()
    page.evaluate("window.same = true")
    settle(mailing, accepted(range(17, 43)))
    expect(page.get_by_text("41 of 42 settled")).to_be_visible(timeout=15_000)
    Mailing.objects.filter(pk=mailing.pk).update(state=MailingState.PAUSED)
    expect(page.get_by_role("button", name="Resume")).to_be_visible(timeout=15_000)
    assert page.evaluate("window.same") is True


def test_what_somebody_is_choosing_stays_under_their_hand(browser, live_server, mailing, tabs):
    page = tab(browser, live_server)
    tabs.append(page)
    page.goto(live_server.url + address("mailing", mailing))
    page.get_by_role("checkbox", name="reader2@example.org", exact=True).check()
    settle(mailing, accepted(range(17, 30)))
    expect(page.get_by_text("28 of 42 settled")).to_be_visible(timeout=15_000)
    expect(page.get_by_role("checkbox", name="reader2@example.org", exact=True)).to_be_checked()
    page.get_by_role("button", name="Send again to the chosen").click()
    expect(page.get_by_text("1 will be sent again")).to_be_visible()
    expect(page.get_by_role("checkbox", name="reader2@example.org", exact=True)).to_have_count(0)


def test_without_javascript_the_room_can_be_steered(browser, live_server, mailing, tabs):
    page = tab(browser, live_server, script=False, width=375)
    tabs.append(page)
    page.goto(live_server.url + address("mailing", mailing))
    expect(page.get_by_text("15 of 42 settled")).to_be_visible()
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".mailing-state")).to_have_text("Paused")
    page.get_by_role("button", name="Resume").click()
    page.get_by_role("button", name="Cancel…").click()
    page.get_by_role("button", name="Cancel the mailing for good").click()
    expect(page.locator(".mailing-state")).to_have_text("Cancelled")


def test_a_mailing_that_is_over_asks_for_nothing(browser, live_server, tabs):
    mailing = sending_mailing(2)
    Mailing.objects.filter(pk=mailing.pk).update(state=MailingState.FINISHED, finished_at=timezone.now())
    page = tab(browser, live_server)
    tabs.append(page)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(live_server.url + address("mailing", mailing))
    page.wait_for_timeout(2_500)
    assert not [url for url in asked if url.endswith("/live/")]
