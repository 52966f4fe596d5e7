"""What search engines ask for first: every public address of the site, and where they have nothing to look for."""

from __future__ import annotations

from typing import TYPE_CHECKING
from xml.sax.xmlreader import AttributesImpl

from django.conf import settings
from django.http import HttpResponse
from django.urls import reverse
from django.utils.xmlutils import SimplerXMLGenerator
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe
from wagtail.models import Page

from content.pages.models import Card
from content.people.models import Profile
from content.topics.models import Topic

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from django.http import HttpRequest

NAMESPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
MOST_ADDRESSES = 50_000  # of one file, says sitemaps.org; beyond it engines read nothing at all
ONE_HOUR = 3600  # seconds

# Search results are endless, and the other places are of use to nobody but the person who is sent there.
CLOSED_TO_ROBOTS = ("/admin/", "/mailbox/", "/preferences/", "/search/", "/subscribe/confirm/", "/unsubscribe/")


@require_safe
@cache_control(max_age=ONE_HOUR, public=True)
def sitemap(_request: HttpRequest) -> HttpResponse:
    """Every page a reader may open now, the topics and the people, as a sitemap of the sitemaps.org protocol 0.9."""
    response = HttpResponse(content_type="application/xml; charset=utf-8")
    xml = SimplerXMLGenerator(response, "utf-8")
    xml.startDocument()
    xml.startElement("urlset", AttributesImpl({"xmlns": NAMESPACE}))
    for _, (path, changed_at) in zip(range(MOST_ADDRESSES), public_addresses(), strict=False):
        xml.startElement("url", AttributesImpl({}))
        xml.addQuickElement("loc", f"{settings.SITE_URL}{path}")
        if changed_at is not None:
            xml.addQuickElement("lastmod", changed_at.isoformat(timespec="seconds"))
        xml.endElement("url")
    xml.endElement("urlset")
    xml.endDocument()
    return response


@require_safe
@cache_control(max_age=ONE_HOUR, public=True)
def robots(_request: HttpRequest) -> HttpResponse:
    """Say where robots may not go, and where the sitemap is (RFC 9309)."""
    lines = ["User-agent: *", *(f"Disallow: {prefix}" for prefix in CLOSED_TO_ROBOTS)]
    lines += ["", f"Sitemap: {settings.SITE_URL}{reverse('sitemap')}", ""]
    return HttpResponse("\n".join(lines), content_type="text/plain; charset=utf-8")


def public_addresses() -> Iterator[tuple[str, datetime | None]]:
    """Paths and when they were last published: what is highest in the tree first, then topics, then people."""
    cards = Card.objects.visible().filter(page__in=Page.objects.public())
    for card in cards.select_related("page").order_by("page__depth", "-page_id"):
        yield card.url, card.page.last_published_at
    yield reverse("topics:index"), None
    for topic in Topic.objects.all():
        yield topic.get_absolute_url(), None
    yield reverse("people:index"), None
    for profile in Profile.objects.all():
        yield profile.get_absolute_url(), None
