"""Remembers which site and home page a public request is for, which Wagtail asks the database twice a request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.cache import cache
from wagtail.models import Site

from content.pages.models.site import SITE_KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse

REMEMBER_SECONDS = 60
# Addresses that need no site, and must not wait for a cache or a database to be served.
WITHOUT_SITE = ("/admin/", "/covers/", "/documents/", "/health/", "/media/", "/robots.txt", "/sitemap.xml", "/static/")


class SiteMiddleware:
    """Puts the remembered site where `Site.find_for_request` looks first (`request._wagtail_site`).

    Only for reading public pages: who edits gets the database's own rows. The site is forgotten when it or the home
    page is saved; were Wagtail to look elsewhere one day, pages would cost two queries more and nothing else.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, with the site at hand."""
        if request.method in ("GET", "HEAD") and not request.path.startswith(WITHOUT_SITE):
            self._provide_site(request)
        return self.get_response(request)

    def _provide_site(self, request: HttpRequest) -> None:
        """Take the one site there is from memory; with several, Wagtail chooses by host name as it always does."""
        site: Site | None = cache.get(SITE_KEY)
        if site is None:
            sites = list(Site.objects.select_related("root_page")[:2])
            if len(sites) != 1 or not sites[0].is_default_site:
                return
            site = sites[0]
            site.root_page = site.root_page.specific
            cache.set(SITE_KEY, site, REMEMBER_SECONDS)
        request._wagtail_site = site  # type: ignore[attr-defined]  # noqa: SLF001 (Wagtail's own place for it)
