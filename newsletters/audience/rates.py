"""How often one visitor may use a form: counted in the cache, by a hash, for a short while."""

from __future__ import annotations

import hashlib
import hmac
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.cache import cache

from content.pages.visitors import visitor_network as visitor_network  # noqa: PLC0414 (also used by delivery)

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
