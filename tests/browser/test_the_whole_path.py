"""From an editor's keyboard to a subscriber's inbox and out again, in real Chromium against `manage.py run`."""

from __future__ import annotations

import re
import time
import urllib.request
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Locator, Page, expect

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.running_site import RunningSite

TITLE = "Tired rotas and the lost nap of night nine"
SUMMARY = "What a fortnight of night shifts did to one rota, and why the roster is a safety document."
TEXT = (
    "A rota decides who has slept and who is alone. On our ward it sent people from a late shift to an early one, "
    "eleven times in a month, and nobody who wrote the rota could see it. Somebody who did not write it reads it now, "
    "for a quarter of an hour: who is tired, who is alone, who is new? Unfilled shifts hang on the staffroom "
    "wall in red, six weeks ahead. The staff who work nights swap fewer shifts now, sleep before them, and call the "
    "quokka roster the safest rota they ever had: when an incident is looked into, the rota is the first document."
)
READER = "wilhelmina.okonkwo@example.org"
KIN = "/blogs/the-rota-is-a-safety-document/"


def eventually(check: Callable[[], bool], *, seconds: float = 60, what: str) -> None:
    """Wait for a worker to have done something."""
    deadline = time.monotonic() + seconds
    while not check():
        assert time.monotonic() < deadline, f"{what}: not within {seconds} s"
        time.sleep(0.5)


def log_in(page: Page, site: RunningSite) -> None:
    page.goto(f"{site.url}/admin/login/")
    page.fill("[name=username]", "admin")
    page.fill("[name=password]", site.admin_password)
    page.click("button[type=submit]")
    page.wait_for_url(f"{site.url}/admin/")


def insert_block(panel: Locator, label: str) -> None:
    """Add a block at the end of a stream."""
    panel.locator("button[title='Insert a block']").last.click()
    panel.page.get_by_role("option", name=label, exact=True).click()


def open_section(page: Page, site: RunningSite, *names: str) -> None:
    """Walk down the page tree by the titles an editor reads."""
    page.goto(f"{site.url}/admin/pages/")
    for name in names:
        page.get_by_role("link", name=f"Explore child pages of '{name}'").first.click()
        page.wait_for_load_state()


def publish(page: Page) -> None:
    page.locator("footer .w-dropdown-button__toggle, footer [data-w-dropdown-target=toggle]").first.click()
    page.get_by_role("button", name="Publish", exact=True).click()
    expect(page.locator(".messages")).to_contain_text("published")


def write_blog(page: Page, site: RunningSite) -> None:
    open_section(page, site, "Alder Institute", "Ideas")
    page.get_by_role("link", name="Add child page").first.click()
    page.locator("a[href*='/add/articles/blogpage/']").click()
    page.fill("[name=title]", TITLE)
    page.fill("[name=summary]", SUMMARY)
    body = page.locator("#panel-child-content-body-section")
    insert_block(body, "Heading")
    page.fill("[name='body-0-value-text']", "What the roster did")
    insert_block(body, "Text")
    body.get_by_role("textbox", name="Text").or_(body.locator("[contenteditable=true]")).last.click()
    page.keyboard.type(TEXT)
    insert_block(body, "Quote")
    page.fill("[name='body-2-value-text']", "I had forgotten what a Tuesday looks like.")
    for topic in ("Staffing and rotas", "Patient safety"):
        page.get_by_role("button", name="Add topic").click()
        page.get_by_role("button", name="Choose topic").last.click()
        dialog = page.get_by_role("dialog")
        dialog.get_by_label("Search term").fill(topic)
        dialog.get_by_role("link", name=topic, exact=True).click()
        expect(dialog).to_be_hidden()
    publish(page)


def found_by_search(page: Page, site: RunningSite) -> bool:
    page.goto(f"{site.url}/search/?q=quokka+roster")
    return page.locator("main").get_by_role("link", name=TITLE).count() == 1


def listed_beside_its_kin(page: Page, site: RunningSite) -> bool:
    page.goto(site.url + KIN)
    return page.get_by_role("link", name=TITLE).count() >= 1


def subscribe(page: Page, site: RunningSite) -> None:
    page.goto(f"{site.url}/newsletters/monthly-round/")
    form = page.locator("form.signup-form").first
    form.get_by_label("Email address").fill(READER)
    time.sleep(3)  # a form that comes back sooner was filled in by a machine
    form.get_by_role("button", name="Subscribe").click()
    expect(page.locator("h1")).to_have_text("Look into your mailbox")


def open_in_mailbox(page: Page, site: RunningSite, subject: str) -> None:
    """Read the newest mail to the reader, as HTML."""
    page.goto(f"{site.url}/mailbox/?q={READER}")
    page.get_by_role("link", name=subject).first.click()


def confirm(page: Page, site: RunningSite) -> None:
    """Open the mail in the mailbox as a person would, and follow its link."""
    subject = str(site.wait_for_mail(READER)["Subject"])
    open_in_mailbox(page, site, subject)
    address = page.frame_locator("iframe").locator("a[href*=confirm]").first.get_attribute("href")
    assert address is not None
    page.goto(address)
    page.get_by_role("button", name="Confirm my subscription").click()
    expect(page.locator("h1")).to_have_text("You are subscribed")


def compose_issue(page: Page, site: RunningSite) -> None:
    open_section(page, site, "Alder Institute", "Newsletters", "The monthly round")
    page.get_by_role("link", name="Add child page").first.click()
    page.fill("[name=title]", "The nap issue")
    page.fill("[name=subject]", "The nap, and who lost it")
    page.fill("[name=preheader]", "A fortnight of nights, and one rota redrawn.")
    body = page.locator("#panel-child-content-body-section")
    insert_block(body, "Page cards")
    body.get_by_role("button", name="Choose a page").first.click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_label("Search term").fill("lost nap")
    dialog.get_by_role("link", name=TITLE).click()
    expect(dialog).to_be_hidden()
    publish(page)


def send_issue(page: Page, site: RunningSite) -> None:
    page.goto(f"{site.url}/admin/issues/")
    page.get_by_role("link", name="The nap issue").click()
    expect(page.locator("#preflight-verdict")).to_contain_text("Ready.")
    button = page.get_by_role("button", name="Send the issue")
    button.scroll_into_view_if_needed()
    page.wait_for_timeout(500)  # the previews' frames swallow a click that comes while the page still scrolls
    button.click()
    expect(page.locator(".messages")).to_be_visible()


def post(url: str, data: bytes) -> int:
    with urllib.request.urlopen(urllib.request.Request(url, data=data, method="POST"), timeout=10) as answer:
        return int(answer.status)


def is_subscribed(page: Page, address: str) -> bool:
    page.goto(address)
    return page.get_by_role("button", name="Unsubscribe", exact=True).count() == 1


@pytest.mark.xdist_group("site")
def test_from_an_editors_keyboard_to_a_subscribers_inbox_and_out_again(page: Page, site: RunningSite):
    log_in(page, site)
    write_blog(page, site)

    eventually(lambda: found_by_search(page, site), what="the blog is found by search")
    eventually(lambda: listed_beside_its_kin(page, site), what="the blog stands in a related list")

    subscribe(page, site)
    confirm(page, site)

    compose_issue(page, site)
    send_issue(page, site)

    mail = site.wait_for_mail(READER, subject="The nap, and who lost it")
    html = mail.get_body(("html",)).get_content()
    assert TITLE in html
    assert TITLE in mail.get_body(("plain",)).get_content().replace("\n", " ")
    assert mail["List-Id"]
    open_in_mailbox(page, site, "The nap, and who lost it")
    expect(page.frame_locator("iframe").get_by_role("link", name=TITLE).first).to_be_visible()

    [address] = re.findall(r"<(https?://[^>]+)>", mail["List-Unsubscribe"])
    assert urlsplit(address).path.startswith("/unsubscribe/")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert is_subscribed(page, address)  # this was a GET, and so is the next: neither unsubscribes
    assert is_subscribed(page, address)
    assert post(address, b"List-Unsubscribe=One-Click") == 200
    assert not is_subscribed(page, address)

    page.goto(f"{site.url}/newsletters/monthly-round/")
    page.get_by_role("link", name="The nap issue").first.click()
    expect(page.locator("h1")).to_contain_text("The nap issue")
    expect(page.get_by_role("link", name=TITLE).first).to_be_visible()
    assert READER not in page.content()
