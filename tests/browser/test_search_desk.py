"""Suggestions by keyboard, and the editors' search desk in a real browser with a real worker."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser

    from tests.running_site import RunningSite

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
WAIT = 60_000  # ms: a worker of a busy machine


def described(violation: dict[str, Any]) -> str:
    return f"{violation['id']}: {[node['target'] for node in violation['nodes'][:3]]}"


def log_in(tab: Page, site: RunningSite) -> None:
    tab.goto(f"{site.url}/admin/login/")
    tab.get_by_label("Username").fill("admin")
    tab.get_by_label("Password").fill(site.admin_password)
    tab.keyboard.press("Enter")
    expect(tab).to_have_url(f"{site.url}/admin/")


@pytest.fixture
def editor(browser: Browser, site: RunningSite) -> Iterator[Page]:
    """A logged-in tab into which axe may be put."""
    context = browser.new_context(viewport={"width": 1280, "height": 900}, bypass_csp=True)
    tab = context.new_page()
    log_in(tab, site)
    yield tab
    context.close()


@pytest.mark.xdist_group("site")
def test_suggestions_are_chosen_by_keyboard_and_announced(page: Page, site: RunningSite):
    page.goto(f"{site.url}/search/")
    field = page.locator("main").get_by_role("combobox")
    field.press_sequentially("the ro", delay=30)
    options = page.locator("main").get_by_role("option")
    expect(options.first).to_be_visible()
    number = options.count()
    expect(field).to_have_attribute("aria-expanded", "true")
    expect(page.locator("main .search [role=status]")).to_have_text(f"{number} suggestion{'' if number == 1 else 's'}")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    assert field.get_attribute("aria-activedescendant") == options.first.get_attribute("id")
    expect(field).to_be_focused()
    field.press("ArrowUp")
    assert field.get_attribute("aria-activedescendant") is None
    field.press("Escape")
    expect(options.first).to_be_hidden()
    expect(field).to_have_attribute("aria-expanded", "false")
    expect(field).to_have_value("the ro")
    field.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    title = str(options.first.evaluate("option => option.firstChild.textContent")).strip()
    field.press("Enter")
    expect(page.locator("h1")).to_have_text(title)


@pytest.mark.xdist_group("site")
def test_enter_without_a_choice_searches_for_what_was_typed(page: Page, site: RunningSite):
    page.goto(f"{site.url}/search/")
    field = page.locator("main").get_by_role("combobox")
    field.press_sequentially("rota", delay=30)
    field.press("Enter")
    expect(page.locator("#results-heading")).to_contain_text("rota")
    assert urlsplit(page.url).query == "q=rota"


@pytest.mark.xdist_group("site")
def test_axe_finds_nothing_in_open_suggestions(browser: Browser, site: RunningSite):
    context = browser.new_context(viewport={"width": 375, "height": 812}, bypass_csp=True)
    tab = context.new_page()
    tab.goto(f"{site.url}/search/")
    field = tab.locator("main").get_by_role("combobox")
    field.press_sequentially("the", delay=30)
    expect(tab.locator("main").get_by_role("option").first).to_be_visible()
    field.press("ArrowDown")
    violations = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
    context.close()
    assert not [described(violation) for violation in violations]


@pytest.mark.xdist_group("site")
def test_a_result_that_is_opened_is_reported_by_the_browser_itself(browser: Browser, site: RunningSite):
    context = browser.new_context(java_script_enabled=False)
    tab = context.new_page()
    tab.goto(f"{site.url}/search/?q=rota")
    link = tab.locator("main .results .card__link").first
    target = link.get_attribute("href")
    with context.expect_event("request", lambda request: urlsplit(request.url).path == "/search/clicked/") as reported:
        link.click()
    assert reported.value.method == "POST"
    assert urlsplit(tab.url).path == target
    context.close()


@pytest.mark.xdist_group("site")
def test_an_editor_rebuilds_the_index_and_watches(editor: Page, site: RunningSite):
    editor.goto(f"{site.url}/admin/search-desk/index/")
    editor.get_by_role("button", name="Rebuild the index").click()
    job = editor.locator("#job")
    expect(job).to_contain_text("The index is new:", timeout=WAIT)
    expect(editor.get_by_role("button", name="Rebuild the index")).to_be_visible(timeout=WAIT)
    assert site.manage("search_index", "drift", "--json").stdout.count('"missing": []') == 1


@pytest.mark.xdist_group("site")
def test_without_scripts_the_job_is_seen_by_loading_the_page_again(browser: Browser, editor: Page, site: RunningSite):
    state = editor.context.storage_state()
    context = browser.new_context(java_script_enabled=False, storage_state=state)
    tab = context.new_page()
    tab.goto(f"{site.url}/admin/search-desk/index/")
    tab.get_by_role("button", name="Compare with the database").click()
    for _ in range(60):
        if "compared" in tab.locator("#job").inner_text():
            break
        tab.wait_for_timeout(1_000)
        tab.goto(f"{site.url}/admin/search-desk/index/")
    expect(tab.locator("#job")).to_contain_text("compared")
    context.close()


@pytest.mark.xdist_group("site")
def test_a_synonym_is_previewed_from_its_form(editor: Page, site: RunningSite):
    editor.goto(f"{site.url}/admin/search_synonyms/new/?query=timetable")
    editor.get_by_role("textbox", name="Phrases").fill("timetable\nrota")
    with editor.context.expect_page() as opened:
        editor.get_by_role("button", name="Preview the results").click()
    preview = opened.value
    expect(preview.locator("section h2").first).to_contain_text("timetable")
    expect(preview.locator("section table").nth(1)).to_contain_text("new")


@pytest.mark.xdist_group("site")
def test_axe_finds_nothing_on_the_desk(editor: Page, site: RunningSite):
    found = {}
    for path in ("", "try/?q=rota&also=timetable", "index/"):
        editor.goto(f"{site.url}/admin/search-desk/{path}")
        violations = Axe().run(editor, context="#main", options={"runOnly": RULES}).response["violations"]
        if violations:
            found[path] = [described(violation) for violation in violations]
    assert not found
