"""How often one visitor may use a form: counted in the cache, by a hash, for a short while."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache

if TYPE_CHECKING:
    from django.http import HttpRequest

# A household, a ward's shared computer or a class in a room behind one address may all subscribe in the same hour.
FORMS_AN_HOUR = 30
HOUR = 3_600


def may_use_form(request: HttpRequest, *, form: str) -> bool:
    """Count one use of a form by this visitor; False when it is one too many. A cache that is down counts nothing."""
    # The address itself is never kept: only a hash that the server's secret makes one-way, for an hour.
    network = visitor_network(request)
    who = hmac.digest(settings.SECRET_KEY.encode(), network.encode(), hashlib.sha256).hex()[:32]
    key = f"audience:rate:{form}:{who}"
    if cache.add(key, 1, timeout=HOUR):
        return True
    try:
        return int(cache.incr(key)) <= FORMS_AN_HOUR
    except ValueError:  # the key has run out between the two calls, or there is no cache
        return True


def visitor_network(request: HttpRequest) -> str:
    """The visitor's address, or for IPv6 its /64, which is what one household has.

    `X-Forwarded-For` can be written by anybody, so only as many entries from its right are believed as there are
    proxies of our own in front (`TRUSTED_PROXY_COUNT`).
    """
    address = request.META.get("REMOTE_ADDR", "")
    proxies: int = settings.TRUSTED_PROXY_COUNT
    if proxies:
        forwarded = [part.strip() for part in request.headers.get("X-Forwarded-For", "").split(",") if part.strip()]
        if forwarded:
            address = forwarded[-min(proxies, len(forwarded))]
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return "unknown"
    if parsed.version == 6:  # noqa: PLR2004 (the protocol's number)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)
