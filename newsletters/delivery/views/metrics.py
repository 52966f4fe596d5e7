"""The address that Prometheus asks. Off unless a token or a network is set."""

from __future__ import annotations

import hmac
import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings
from django.http import HttpResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST

from newsletters.audience.rates import visitor_network
from newsletters.delivery.reporting.metrics import metrics_text

if TYPE_CHECKING:
    from django.http import HttpRequest


@never_cache
@require_safe
def metrics(request: HttpRequest) -> HttpResponse:
    """Answer with all figures, to whoever shows the token or asks from an allowed network."""
    if not settings.METRICS_TOKEN and not settings.METRICS_NETWORKS:
        return HttpResponse("There is nothing here.\n", status=404, content_type="text/plain")
    if not (_shows_token(request) or _asks_from_inside(request)):
        return HttpResponse(
            "Show the token, or ask from an allowed network.\n",
            status=401,
            content_type="text/plain",
            headers={"WWW-Authenticate": 'Bearer realm="metrics"'},
        )
    return HttpResponse(metrics_text(), content_type=CONTENT_TYPE_LATEST)


def _shows_token(request: HttpRequest) -> bool:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    expected: str = settings.METRICS_TOKEN
    return bool(expected) and scheme.lower() == "bearer" and hmac.compare_digest(token.encode(), expected.encode())


def _asks_from_inside(request: HttpRequest) -> bool:
    try:
        visitor = ipaddress.ip_network(visitor_network(request))
    except ValueError:
        return False
    allowed = [ipaddress.ip_network(network) for network in settings.METRICS_NETWORKS]
    return any(visitor.network_address in network for network in allowed)
