"""WCAG 2.2 AA on a page of every type: axe, narrow screens, targets, the keyboard, and a content security policy."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from axe_playwright_python.sync_playwright import Axe

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page, ViewportSize

    from tests.running_site import RunningSite

PAGES = {
    "home": "/",
    "section": "/blogs/",
    "report": "/reports/why-good-changes-fail/",
    "report with accordion": "/reports/waiting-well/",
    "quick guide": "/guides/quality-improvement-made-simple/",
    "chapter": "/guides/quality-improvement-made-simple/make-it-stay/",
    "blog": "/blogs/a-chart-is-a-question/",
    "newsletter feature": "/features/three-wards-one-whiteboard/",
    "newsletter blog": "/features/postcard-from-the-night-shift/",
    "news": "/news/small-grants-for-stopping-things/",
    "events": "/events/",
    "event": "/events/the-alder-gathering/",
    "vacancies": "/vacancies/",
    "open vacancy": "/vacancies/evaluation-lead/",
    "closed vacancy": "/vacancies/service-designer/",
    "community": "/community/",
    "group": "/community/measurement-for-humans/",
    "story": "/community/the-string-map/",
    "topics": "/topics/",
    "topic on several pages": "/topics/improving-quality/",
    "people": "/people/",
    "person": "/people/mara-ellery/",
    "newsletters": "/newsletters/",
    "newsletter": "/newsletters/monthly-round/",
    "issue": "/newsletters/monthly-round/the-whiteboard-issue/",
    "search before a question": "/search/",
    "search with results": "/search/?q=rota",
    "search without results": "/search/?q=xylophone",
    "subscribe": "/subscribe/",
    "form sent": "/subscribe/sent/",
    "preferences": "/preferences/",
    "broken link of a mail": "/preferences/not-a-token/",
    "standard page": "/accessibility/",
    "contact": "/contact/",
    "not found": "/there-is-no-such-page/",
}
ERRORS = {"not found": 404, "broken link of a mail": 404}

WIDE: ViewportSize = {"width": 1280, "height": 900}
NARROW: ViewportSize = {"width": 375, "height": 812}
NARROWEST: ViewportSize = {"width": 320, "height": 640}  # px: 1280 at 400 %, WCAG 2.2, 1.4.10

RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]

LEAST_TARGET = 24  # CSS px, WCAG 2.2, 2.5.8
SMALL_TARGETS = """(least) => [...document.querySelectorAll(
    ".masthead :is(a, button, summary, input), .footer :is(a, button), .pagination a, .breadcrumbs a, .tag, .button"
)].filter((target) => target.checkVisibility()).flatMap((target) => {
    const {width, height} = target.getBoundingClientRect();
    return width < least || height < least ? [`${target.outerHTML.slice(0, 90)} ${width}x${height}`] : [];
})"""

# What sticks out, so that a failure says where to look.
TOO_WIDE = """() => {
    const root = document.scrollingElement;
    if (root.scrollWidth <= innerWidth) return [];
    return [...document.body.querySelectorAll("*")]
        .filter((element) => element.getBoundingClientRect().right > innerWidth + 0.5)
        .map((element) => `${element.tagName} ${element.className}`).slice(0, 8)
        .concat(`${root.scrollWidth} > ${innerWidth}`);
}"""

# An outline of its own, of the card around it or of the field's frame: what a person sees, not one property of one tag.
FOCUS = """() => {
    const focused = document.activeElement;
    const rings = [];
    for (let element = focused; element && element !== document.body; element = element.parentElement) {
        const {outlineStyle, outlineWidth} = getComputedStyle(element);
        if (outlineStyle !== "none" && parseFloat(outlineWidth) >= 2) rings.push(element.className || element.tagName);
    }
    const {top, bottom, width, height} = focused.getBoundingClientRect();
    return {
        name: focused.outerHTML.slice(0, 90),
        isBody: focused === document.body,
        rings,
        isOnScreen: width > 0 && height > 0 && bottom > 0 && top < innerHeight,
    };
}"""


@pytest.fixture
def tab(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """A tab in the mode the test is parametrised with, into which axe may be put although the site forbids scripts."""
    viewport, scheme = request.param
    context = browser.new_context(viewport=viewport, color_scheme=scheme, reduced_motion="reduce", bypass_csp=True)
    yield context.new_page()
    context.close()


def open_page(tab: Page, site: RunningSite, name: str) -> None:
    answer = tab.goto(site.url + PAGES[name])
    assert answer is not None
    assert answer.status == ERRORS.get(name, 200), name


def described(violation: dict[str, Any]) -> str:
    places = "; ".join(f"{node['target'][0]} ({node['failureSummary']})" for node in violation["nodes"][:3])
    return f"{violation['id']} ({violation['impact']}): {places}"


@pytest.mark.xdist_group("site")
@pytest.mark.parametrize(
    "tab", [(WIDE, "light"), (NARROW, "dark")], indirect=True, ids=["1280 px, light", "375 px, dark"]
)
def test_axe_finds_nothing_on_any_type_of_page(tab: Page, site: RunningSite):
    axe, options, found = Axe(), {"resultTypes": ["violations"], "runOnly": RULES}, {}
    for name in PAGES:
        open_page(tab, site, name)
        violations = axe.run(tab, options=options).response["violations"]
        if violations:
            found[name] = [described(violation) for violation in violations]
    assert not found


@pytest.mark.xdist_group("site")
@pytest.mark.parametrize("tab", [(NARROW, "light")], indirect=True, ids=["375 px"])
def test_axe_finds_nothing_in_the_open_menu_and_search(tab: Page, site: RunningSite):
    open_page(tab, site, "home")
    for panel in ("nav", "form"):
        tab.locator(".masthead details").filter(has=tab.locator(panel)).locator("summary").click()
        violations = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
        assert not [described(violation) for violation in violations], panel


@pytest.mark.xdist_group("site")
def test_a_refused_form_is_as_accessible_as_an_empty_one(browser: Browser, site: RunningSite):
    context = browser.new_context(viewport=WIDE, bypass_csp=True)
    tab = context.new_page()
    open_page(tab, site, "subscribe")
    form = tab.locator("main form.form")
    form.get_by_label("Email address").fill("nobody at example")
    with tab.expect_navigation():
        form.get_by_role("button", name="Subscribe").click()
    field = form.get_by_label("Email address")
    assert field.get_attribute("aria-invalid") == "true"
    assert tab.locator(f"#{field.get_attribute('aria-describedby')}").inner_text()
    violations = Axe().run(tab, options={"runOnly": RULES}).response["violations"]
    context.close()
    assert not [described(violation) for violation in violations]


@pytest.mark.xdist_group("site")
@pytest.mark.parametrize("tab", [(NARROW, "light"), (NARROWEST, "light")], indirect=True, ids=["375 px", "320 px"])
def test_no_page_scrolls_sideways_on_a_narrow_screen(tab: Page, site: RunningSite):
    found = {}
    for name in PAGES:
        open_page(tab, site, name)
        if too_wide := tab.evaluate(TOO_WIDE):
            found[name] = too_wide
    assert not found


@pytest.mark.xdist_group("site")
@pytest.mark.parametrize("tab", [(WIDE, "light"), (NARROW, "light")], indirect=True, ids=["1280 px", "375 px"])
def test_what_is_pressed_is_at_least_24_pixels_high_and_wide(tab: Page, site: RunningSite):
    found = {}
    for name in PAGES:
        open_page(tab, site, name)
        if small := tab.evaluate(SMALL_TARGETS, LEAST_TARGET):
            found[name] = small
    open_page(tab, site, "topic on several pages")
    assert tab.locator(".pagination a").count() > 1, "no pagination was measured"
    assert not found


@pytest.mark.xdist_group("site")
def test_no_page_asks_for_what_its_own_policy_forbids_or_for_another_host(browser: Browser, site: RunningSite):
    context = browser.new_context(viewport=WIDE)
    context.add_init_script(
        "addEventListener('securitypolicyviolation', (event) => console.error("
        "`${event.violatedDirective} ${event.blockedURI} ${event.sourceFile}:${event.lineNumber}`))"
    )
    tab = context.new_page()
    messages: list[str] = []
    elsewhere: list[str] = []
    tab.on("console", lambda message: messages.append(message.text) if message.type == "error" else None)
    tab.on("pageerror", lambda error: messages.append(str(error)))
    tab.on("request", lambda asked: None if asked.url.startswith((site.url, "data:")) else elsewhere.append(asked.url))
    found = {}
    for name in PAGES:
        open_page(tab, site, name)
        tab.wait_for_load_state("load")
        # Chromium itself reports the status of a page that is meant to be an error.
        faults = [text for text in messages if not (name in ERRORS and f"status of {ERRORS[name]}" in text)]
        if faults or elsewhere:
            found[name] = [*faults, *elsewhere]
        messages.clear()
        elsewhere.clear()
    tab.evaluate("document.body.insertAdjacentHTML('beforeend', '<p style=\"color: red\">')")
    tab.wait_for_timeout(100)
    context.close()
    assert not found
    assert any("style-src" in text for text in messages), "a violation would not have been noticed"


@pytest.mark.xdist_group("site")
def test_the_first_tab_stop_is_a_visible_link_past_the_header(page: Page, site: RunningSite):
    page.emulate_media(reduced_motion="reduce")
    open_page(page, site, "home")
    page.keyboard.press("Tab")
    skip = page.locator("a.skip")
    assert skip.evaluate("link => link === document.activeElement")
    place = skip.bounding_box()
    assert place is not None
    assert place["y"] >= 0
    assert place["x"] >= 0
    assert skip.evaluate(
        "link => { const {left, top} = link.getBoundingClientRect();"
        "return document.elementFromPoint(left + 5, top + 5) === link }"
    )
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("document.querySelector('main').contains(document.activeElement)")


@pytest.mark.xdist_group("site")
@pytest.mark.parametrize("tab", [(WIDE, "light"), (NARROW, "dark")], indirect=True, ids=["1280 px", "375 px"])
def test_focus_is_visible_wherever_the_keyboard_goes(tab: Page, site: RunningSite):
    for name in ("home", "newsletter", "people", "quick guide", "search with results"):
        open_page(tab, site, name)
        stops = []
        for _ in range(15):
            tab.keyboard.press("Tab")
            stop = tab.evaluate(FOCUS)
            assert not stop["isBody"], f"{name}: focus is lost after {stops[-1:]}"
            assert stop["rings"], f"{name}: no ring around {stop['name']}"
            assert stop["isOnScreen"], f"{name}: not on the screen: {stop['name']}"
            stops.append(stop["name"])
        assert len(set(stops)) > 10, stops


@pytest.mark.xdist_group("site")
def test_the_menu_opens_by_keyboard_and_escape_gives_focus_back(page: Page, site: RunningSite):
    page.set_viewport_size(NARROW)
    open_page(page, site, "home")
    menu = page.locator(".masthead details").filter(has=page.locator("nav"))
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.get_by_role("link").first.is_visible()
    page.keyboard.press("Tab")
    assert menu.get_by_role("link").first.evaluate("link => link === document.activeElement")
    page.keyboard.press("Escape")
    assert menu.get_by_role("link").first.is_hidden()
    assert menu.locator("summary").evaluate("summary => summary === document.activeElement")
