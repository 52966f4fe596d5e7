"""Telling readers from programs that follow links: mail filters, previews, crawlers. See docs/editors/mailings.md.

What cannot be told apart is a filter that opens a single link in a real browser. Counts are therefore a little high
where many readers sit behind such filters; they serve to compare links, not to count people.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING, Final

from django.conf import settings

from newsletters.audience.rates import visitor_network

if TYPE_CHECKING:
    from django.http import HttpRequest

PROGRAMS: Final = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|scan|preview|prefetch|monitor|validator|checker"
    r"|barracuda|proofpoint|mimecast|messagelabs|symantec|trend ?micro|sophos|fortinet|forti|cisco|ironport|safelinks"
    r"|microsoft office|ms-office|skypeuri|whatsapp|slack-imgproxy|facebookexternalhit"
    r"|curl/|wget/|python|java/|okhttp|go-http|libwww|perl|ruby|axios|node|http-?client|headless|phantom",
    re.IGNORECASE,
)
EARLY: Final = frozenset({"prefetch", "preview", "prerender"})


def is_automatic(request: HttpRequest) -> bool:
    """Whether a program says of itself, or gives away, that nobody has clicked."""
    agent = request.headers.get("User-Agent", "")
    if request.method != "GET" or not agent or PROGRAMS.search(agent):
        return True
    purposes = (request.headers.get(name, "").lower() for name in ("Sec-Purpose", "Purpose", "X-Purpose", "X-Moz"))
    if any(early in purpose for purpose in purposes for early in EARLY):
        return True
    # Browsers say what an answer is for (Fetch Metadata); a reader's click asks for a document.
    return request.headers.get("Sec-Fetch-Dest", "document") != "document"


def visitor_of(request: HttpRequest) -> str:
    """Return a name under which one visitor's clicks of the next seconds are told to be one visitor's.

    A keyed hash that stays in the cache for seconds and is written nowhere else.
    """
    seen = f"{visitor_network(request)}\0{request.headers.get('User-Agent', '')}"
    return hmac.digest(settings.SECRET_KEY.encode(), b"click\0" + seen.encode(), hashlib.sha256).hex()[:24]
