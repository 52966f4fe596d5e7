"""JSON-LD (schema.org) of pages: what a page is, the way to it, who publishes it.

A room with an entity of its own registers it with `entity.register` in its `structured_data.py`, which its
`AppConfig.ready` imports; every other page is a `WebPage`.
"""

from __future__ import annotations

from functools import singledispatch
from typing import TYPE_CHECKING, Any

from django.conf import settings

from content.organisation.selectors import frame
from content.pages.dates import DatePrecision
from content.pages.selectors import crumbs

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from content.people.models import Profile

Entity = dict[str, Any]


def organisation_id() -> str:
    """The identifier of the publishing organisation in every graph."""
    return f"{settings.SITE_URL}/#organisation"


def organisation() -> Entity:
    """Who publishes the site."""
    known = frame()
    found: Entity = {
        "@type": "Organization",
        "@id": organisation_id(),
        "name": known.name,
        "url": f"{settings.SITE_URL}/",
    }
    if known.contact_email:
        found["email"] = known.contact_email
    if known.postal_address:
        found["address"] = " ".join(known.postal_address.split())
    if known.social_follow.url:
        found["sameAs"] = [known.social_follow.url]
    return found


def person(profile: Profile) -> Entity:
    """A person or organisation by whom, or about whom, a page is."""
    found: Entity = {
        "@type": "Organization" if profile.kind == "organisation" else "Person",
        "@id": profile.full_url,
        "name": profile.name,
        "url": profile.full_url,
    }
    if profile.kind != "organisation":
        if profile.role:
            found["jobTitle"] = profile.role
        if profile.affiliation:
            found["affiliation"] = {"@type": "Organization", "name": profile.affiliation}
    return found


def day(value: date | None, precision: str) -> str:
    """A date as far as it is known: "2026-11-04" or "2021-04" (ISO 8601)."""
    if value is None:
        return ""
    return f"{value:%Y-%m}" if precision == DatePrecision.MONTH else value.isoformat()


def creative_work(page: Any, kind: str, authors: Sequence[Profile]) -> Entity:
    """An article, a post, a report: what all written things share."""
    found: Entity = {
        "@type": kind,
        "@id": page.canonical_url,
        "url": page.canonical_url,
        "headline": page.title[:110],
        "name": page.title,
        "inLanguage": "en-GB",
        "publisher": {"@id": organisation_id()},
        "mainEntityOfPage": page.canonical_url,
    }
    if page.summary:
        found["description"] = page.summary
    if page.published_on:
        found["datePublished"] = day(page.published_on, page.date_precision)
    if page.last_published_at:
        found["dateModified"] = page.last_published_at.isoformat()
    if authors:
        found["author"] = [person(author) for author in authors]
    return found


@singledispatch
def entity(page: Any, authors: Sequence[Profile]) -> Entity | None:
    """What a page is, chosen by its class; None says nothing. A `WebPage` where no room knows better."""
    del authors
    plain = creative_work(page, "WebPage", [])
    del plain["headline"]
    return plain


def breadcrumb_list(page: Any) -> Entity:
    """The way to the page, itself last."""
    steps = [(crumb.title, f"{settings.SITE_URL}{crumb.url}") for crumb in crumbs(page)]
    steps.append((page.title, page.canonical_url))
    return {
        "@type": "BreadcrumbList",
        "itemListElement": [
            {"@type": "ListItem", "position": number, "name": title, "item": url}
            for number, (title, url) in enumerate(steps, start=1)
        ],
    }


def graph(page: Any) -> Entity:
    """Everything structured that a page says of itself; without a page, who publishes the site."""
    entities = [organisation()]
    if page:
        own = entity(page, page.ordered_authors)
        if own:
            entities.append(own)
        if page.lineage:
            entities.append(breadcrumb_list(page))
    return {"@context": "https://schema.org", "@graph": entities}
