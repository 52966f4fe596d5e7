"""The search page. It records nothing about who asked."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from search.results import Asked, search_site

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Answer `/search/?q=&type=&topic=&sort=&page=`; an engine that is down is said, with 503, never an error page."""
    results = search_site(Asked.from_parameters(request.GET))
    response = render(
        request, "pages/search/search.html", {"search": results}, status=200 if results.is_available else 503
    )
    if not results.is_available:
        response["Retry-After"] = "30"
    return response
