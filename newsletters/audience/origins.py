"""Where a form was sent from. The sign-up form stands on every page, and pages are cached, so it has no CSRF cookie.

A CSRF token needs a cookie that is set by a GET, which would make every page uncacheable. The sign-up form acts for
nobody who is logged in, it only starts a confirmation; so it is enough to refuse what a browser says comes from
another site. Browsers send `Origin` with every POST across sites; a client that sends neither `Origin` nor
`Referer` is no browser that another site could misuse.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import Resolver404, resolve

if TYPE_CHECKING:
    from django.http import HttpRequest


def is_same_origin(request: HttpRequest) -> bool:
    """Whether a POST comes from a page of this site, as far as a browser tells."""
    source = request.headers.get("Origin") or request.headers.get("Referer")
    if not source:
        return True
    return _host(source) in {request.get_host(), _host(settings.SITE_URL)}


def page_address(request: HttpRequest) -> str:
    """The path of the page a form was sent from, for the record of permission; never a signed link's token."""
    referer = request.headers.get("Referer", "")
    path = urlsplit(referer).path if referer and _host(referer) == request.get_host() else request.path
    try:
        match = resolve(path)
    except Resolver404:
        return request.path
    return f"/{match.route}" if "token" in match.kwargs else path


def _host(address: str) -> str:
    try:
        return urlsplit(address).netloc
    except ValueError:
        return ""
