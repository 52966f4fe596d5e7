"""Checks where links lead: nowhere, to pages readers cannot open, or to addresses that are none."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve
from wagtail.contrib.redirects.models import Redirect
from wagtail.models import Page, Site
from wagtail.views import serve

from content.blocks.references import Ids
from newsletters.issues.edition import every_block
from newsletters.issues.preflight.findings import Level
from newsletters.issues.preflight.outside import outside_answers

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterator

    from newsletters.issues.compilation import Compilation
    from newsletters.issues.preflight.checks import Found
    from newsletters.issues.preflight.reading import Link, MailDocument

    Ask = Callable[[Collection[str]], dict[str, str]]

SCHEMES: Final = frozenset({"http", "https", "mailto", "tel"})
_HOST: Final = re.compile(r"[^\s/?#@:\\]+")


def check_links(
    compilation: Compilation, document: MailDocument, *, ask_outside: bool = False, ask: Ask = outside_answers
) -> Iterator[Found]:
    """Every link of the mail; addresses elsewhere are only asked when `ask_outside` is true."""
    links = list(_links(compilation, document))
    whole = {str(link.href): link for link in reversed(links) if not fault_of(link.href)}
    inside = {address: link for address, link in whole.items() if _is_ours(address)}
    outside = {address: link for address, link in whole.items() if address.startswith("http") and address not in inside}
    findings = [
        *_faults(links),
        *_closed(inside, compilation.compiled.archive_url),
        *_hidden_pages(compilation),
    ]
    if ask_outside:
        answers = ask(outside)
        findings += [
            (
                Level.WARNING,
                "Links",
                f"“{_words(link)}” leads to {address}, which {answers[address]}.",
                link.block_id,
            )
            for address, link in outside.items()
            if answers[address]
        ]
    yield from findings
    if not findings:
        asked = "asked" if ask_outside else "not asked"
        yield Level.OK, "Links", f"{len(inside)} to this site, {len(outside)} elsewhere ({asked}).", ""


def _links(compilation: Compilation, document: MailDocument) -> Iterator[Link]:
    """The links that are the same for everybody."""
    marker = compilation.composition.marks.pattern()
    return (link for link in document.links if link.href is None or not marker.search(link.href))


def _is_ours(address: str) -> bool:
    return address == settings.SITE_URL or address.startswith(f"{settings.SITE_URL}/")


def _faults(links: list[Link]) -> Iterator[Found]:
    for link in links:
        if fault := fault_of(link.href):
            yield Level.ERROR, "Links", f"“{_words(link)}” {fault}", link.block_id
        elif not link.text.strip() and not link.hidden:
            yield Level.WARNING, "Links", f"A link to {link.href} has no words; write some.", link.block_id


def _closed(inside: dict[str, Link], own: str) -> Iterator[Found]:
    """Links to pages of ours that nobody can open; the issue's own page opens when it is sent."""
    for address, fault in closed_addresses(set(inside) - {own}).items():
        yield Level.ERROR, "Links", f"“{_words(inside[address])}” {fault}", inside[address].block_id


def fault_of(href: str | None) -> str:  # noqa: PLR0911 (one answer a fault)
    """What is wrong with an address as such, in words; "" for one that a mail can use."""
    if href is None or not href.strip():
        return "leads nowhere; give it an address, or make it plain words."
    if "{{" in href or "}}" in href:
        return f"leads to “{href[:60]}”, in which a merge field was not understood."
    if href.startswith("#"):
        return f"leads to {href}, a place inside a page; a mail needs a whole address."
    try:
        parts = urlsplit(href.strip())
        _ = parts.port
    except ValueError:
        return f"leads to “{href[:80]}”, which is no address; check it."
    if not parts.scheme:
        return f"leads to “{href[:80]}”, which is no whole address; write https:// before it."
    if parts.scheme not in SCHEMES:
        return f"leads to a {parts.scheme}: address, which mail programs do not open."
    if parts.scheme in {"mailto", "tel"}:
        return "" if parts.path else "leads nowhere; give it an address."
    if not _HOST.fullmatch(parts.hostname or "") or re.search(r"\s", href):
        return f"leads to “{href[:80]}”, which is no address; check it."
    return ""


def closed_addresses(addresses: Collection[str]) -> dict[str, str]:
    """Those of our own addresses that no reader can open, each with what is wrong; two queries at most."""
    paths: dict[str, list[str]] = {}
    for address in addresses:
        path = urlsplit(address).path or "/"
        try:
            match = resolve(path)
        except Resolver404:
            paths.setdefault(path, []).append(address)
            continue
        if match.func is serve:
            paths.setdefault(path, []).append(address)
    if not paths:
        return {}
    site = Site.objects.select_related("root_page").filter(is_default_site=True).first()
    root = site.root_page.url_path.rstrip("/") if site else ""
    known = {
        page.url_path.removeprefix(root): page
        for page in Page.objects.filter(url_path__in=[f"{root}{_slashed(path)}" for path in paths]).select_related(
            "card"
        )
    }
    redirected = set(
        Redirect.objects.filter(old_path__in=[Redirect.normalise_path(path) for path in paths]).values_list(
            "old_path", flat=True
        )
    )
    faults = {}
    for path, spelled in paths.items():
        page = known.get(_slashed(path))
        if page is None and Redirect.normalise_path(path) in redirected:
            continue
        fault = ""
        if page is None:
            fault = f"leads to {path}, where no page is; check the address."
        elif not _is_readable(page):
            fault = f"leads to “{page.title}”, which readers cannot open now; publish it or take the link out."
        if fault:
            faults.update(dict.fromkeys(spelled, fault))
    return faults


def _hidden_pages(compilation: Compilation) -> Iterator[Found]:
    """Pages that links in texts, buttons and cards name but readers cannot open; their links are left out silently."""
    stream = compilation.issue.body
    reported = {left.block_id for left in compilation.edition.left_out}
    raw = {item["id"]: item["value"] for item in _raw_items(stream.get_prep_value())}
    for child in every_block(stream):
        if child.block_type in {"topic_section", "page_cards", "vacancies"} or child.id in reported:
            continue
        ids = Ids()
        ids.add_raw(child.block, raw.get(child.id))
        pages = Page.objects.select_related("card").in_bulk(ids.pages) if ids.pages else {}
        for page_id in sorted(ids.pages - {None}):
            page = pages.get(page_id)
            if page is None:
                yield Level.ERROR, "Links", "Leads to a page that was deleted; take the link out.", child.id
            elif not _is_readable(page):
                message = f"Leads to “{page.title}”, which readers cannot open now; publish it or take the link out."
                yield Level.ERROR, "Links", message, child.id


def _raw_items(raw: list[dict]) -> Iterator[dict]:
    for item in raw:
        yield item
        if item["type"] == "topic_section":
            yield from _raw_items(item["value"]["blocks"])


def _is_readable(page: Page) -> bool:
    card = getattr(page, "card", None)
    return page.live if card is None else card.is_visible()


def _slashed(path: str) -> str:
    return path if path.endswith("/") else f"{path}/"


def _words(link: Link) -> str:
    return " ".join(link.text.split())[:60] or "A link without words"
