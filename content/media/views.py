"""Drawn covers, served with headers that let every cache keep them for a year."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import Http404, HttpResponse
from django.views.decorators.http import require_safe

from content.media import covers

if TYPE_CHECKING:
    from django.http import HttpRequest

CACHE_SECONDS = 365 * 24 * 3600


@require_safe
def cover(request: HttpRequest, hue: str, number: str, suffix: str) -> HttpResponse:
    """Answer with a drawn cover; 404 for a hue that is not the identity's."""
    del request
    if hue not in covers.PALETTES:
        raise Http404
    if suffix == "svg":
        response = HttpResponse(covers.svg(hue, int(number)), content_type="image/svg+xml")
    else:
        response = HttpResponse(covers.png(hue, int(number)), content_type="image/png")
    response["Cache-Control"] = f"public, max-age={CACHE_SECONDS}, immutable"
    return response
