"""Answers a probe before anything else looks at the request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from courant.health.views import live, ready
from newsletters.delivery.views.metrics import metrics

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

PROBES: dict[str, Callable[[HttpRequest], HttpResponseBase]] = {
    "/health/live": live,
    "/health/ready": ready,
    # A monitor asks like a probe, too; it has to show who it is.
    "/metrics": metrics,
}


class HealthMiddleware:
    """Stands first, because a probe asks by the machine's address, which is no allowed host, over plain HTTP.

    It must be answered when the database is down too, and later middleware asks the database for the site.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]) -> None:
        """Keep the way on for every other address."""
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer a probe; pass everything else on."""
        probe = PROBES.get(request.path_info)
        return probe(request) if probe else self.get_response(request)
