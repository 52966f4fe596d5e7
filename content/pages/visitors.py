"""Where a request comes from, as far as that can be believed; never stored as it is."""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from django.http import HttpRequest


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
