"""Counting searches and clicks without knowing readers.

What a reader types may be about themselves, so a text is written down only once several people have asked for it:

- For the period of `SEARCH_ASKERS_DAYS` there is a random salt in the cache, and nowhere else. When it runs out, so
  does everything that was made with it.
- A reader's mark is a keyed hash of salt, network, browser *and the query*: the marks that one reader leaves under two
  queries have nothing in common.
- Under the hash of a query the cache holds the marks of those who asked, at most `SEARCH_SHOWN_AFTER` of them. Only
  when so many are there is the text itself kept, as a count a day, from then on.
- Counts wait in the cache until a task of the beat adds them up in the database: a search never writes to it.

No cookie, no address, no time of day. A reader who sends "do not track" or "global privacy control" is not counted, nor
is anybody logged in, nor a robot. When the cache is down nothing is counted. `SEARCH_STATISTICS=off` ends all of it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections import Counter
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.core import signing
from django.core.cache import cache
from django.db import transaction
from django.db.models import F
from django.utils import timezone

from content.pages.visitors import visitor_network
from search.desk.models import ClickCount, QueryCount
from search.query import folded_text

if TYPE_CHECKING:
    from collections.abc import Iterable

    from django.http import HttpRequest

    from search.results import SearchResults

DAY: Final = 86_400
HOUR: Final = 3_600
# Who looks at the second page, or comes back from a result, has not asked again.
SAME_SEARCH: Final = HOUR // 2
LONGEST_COUNTED: Final = 100
LAST_POSITION: Final = 100
MOST_WAITING: Final = 20_000  # counts of 200 bytes each
AT_ONCE: Final = 500
SALT, HEAD, TAIL, LOCK = "search:salt", "search:counts:head", "search:counts:tail", "search:counts:lock"
ROBOTS = re.compile("bot|crawl|spider|slurp|preview|monitor|curl|wget|python|scrapy", re.IGNORECASE)
# Addresses of mail, and numbers long enough to be a telephone's, a patient's or an account's.
PERSONAL = re.compile(r"@|(?:\d[ -]?){6}")


def is_counted(request: HttpRequest) -> bool:
    """Whether this request may be counted at all."""
    headers = request.headers
    return bool(
        settings.SEARCH_STATISTICS
        and headers.get("DNT") != "1"
        and headers.get("Sec-GPC") != "1"
        and "prefetch" not in headers.get("Sec-Purpose", headers.get("Purpose", ""))
        and settings.SESSION_COOKIE_NAME not in request.COOKIES
        and not ROBOTS.search(headers.get("User-Agent") or "robot")
    )


def count_search(*, request: HttpRequest, results: SearchResults) -> None:
    """Count a search by its words alone; one that is narrowed by filters, or paged through, is not counted again."""
    text = folded_text(results.query.text)
    is_first = results.query.page == 1 and not any(results.asked.filters.values())
    if not (text and is_first and results.is_available and request.method == "GET" and is_counted(request)):
        return
    salt = _salt()
    if not salt:
        return
    mark = _mark(request, text, salt)
    if not cache.add(f"search:asked:{mark}", 1, timeout=SAME_SEARCH):
        return
    nothing = int(not results.total and not results.best_bets)
    known = _known(text, mark, salt, nothing=nothing) if _may_be_kept(results.query.text, text) else None
    _note({"day": _today(), "asked": 1, "nothing": nothing, "known": known})


def click_token(*, text: str, position: int) -> str:
    """Return what a result's link carries, so that nobody can have clicks counted that were not offered."""
    return signing.dumps([folded_text(text)[:LONGEST_COUNTED], position], salt="search.click")


def count_click(*, request: HttpRequest, token: str) -> None:
    """Count the click on a result, once a reader, a query and a position; a token that is not ours counts nothing."""
    try:
        text, position = signing.loads(token, salt="search.click", max_age=DAY)
    except signing.BadSignature:
        return
    salt = _salt() if is_counted(request) else ""
    if not salt or not cache.add(f"search:clicked:{_mark(request, text, salt)}:{position}", 1, timeout=HOUR):
        return
    sketch = cache.get(_key(text, salt)) or {}
    known = {"text": text} if sketch.get("is_known") else None
    _note({"day": _today(), "position": min(int(position), LAST_POSITION), "known": known})


def keep_counts() -> int:
    """Add what has been counted since the last time to the database; returns how many counts.

    Counts taken by a process that is killed right after its commit are added twice; nobody decides anything by one.
    """
    if not cache.add(LOCK, 1, timeout=60):
        return 0
    kept, tail, head = 0, int(cache.get(TAIL) or 0), int(cache.get(HEAD) or 0)
    if tail > head:  # the cache has been emptied since
        tail = 0
    while tail < head:
        end = min(head, tail + AT_ONCE)
        keys = [_waiting_key(place) for place in range(tail + 1, end + 1)]
        entries = list(cache.get_many(keys).values())
        _add_up(entries)
        cache.set(TAIL, end, timeout=None)
        cache.delete_many(keys)
        kept, tail = kept + len(entries), end
    cache.delete(LOCK)
    return kept


def forget_counts() -> int:
    """Remove what is older than `SEARCH_STATISTICS_DAYS`; returns how many rows."""
    first = timezone.localdate() - timedelta(days=settings.SEARCH_STATISTICS_DAYS)
    return sum(model.objects.filter(day__lt=first).delete()[0] for model in (QueryCount, ClickCount))


def _may_be_kept(typed: str, folded: str) -> bool:
    return len(folded) <= LONGEST_COUNTED and not PERSONAL.search(typed)


def _known(text: str, mark: str, salt: str, *, nothing: int) -> dict[str, Any] | None:
    """Note that `mark` has asked; return what to count under the text once enough people have asked for it."""
    key = _key(text, salt)
    sketch = cache.get(key) or {"marks": [], "asked": 0, "nothing": 0, "is_known": False}
    if sketch["is_known"]:
        return {"text": text, "asked": 1, "nothing": nothing}
    sketch["asked"] += 1
    sketch["nothing"] += nothing
    sketch["marks"] = sorted({*sketch["marks"], mark[:8]})
    sketch["is_known"] = len(sketch["marks"]) >= settings.SEARCH_SHOWN_AFTER
    counted = {"text": text, "asked": sketch["asked"], "nothing": sketch["nothing"]} if sketch["is_known"] else None
    if counted:
        sketch = {"is_known": True}
    cache.set(key, sketch, timeout=settings.SEARCH_ASKERS_DAYS * DAY)
    return counted


def _salt() -> str:
    """Return the period's salt, or "" when there is no cache to keep it in."""
    salt = cache.get(SALT)
    if not salt:
        cache.add(SALT, secrets.token_hex(16), timeout=settings.SEARCH_ASKERS_DAYS * DAY)
        salt = cache.get(SALT)
    return str(salt or "")


def _hash(salt: str, *parts: str) -> str:
    key = f"{settings.SECRET_KEY}\0{salt}".encode()
    return hmac.digest(key, "\0".join(parts).encode(errors="replace"), hashlib.sha256).hex()[:24]


def _mark(request: HttpRequest, text: str, salt: str) -> str:
    return _hash(salt, visitor_network(request), request.headers.get("User-Agent", "")[:200], text)


def _key(text: str, salt: str) -> str:
    return f"search:query:{_hash(salt, text)}"


def _waiting_key(place: int) -> str:
    return f"search:counts:{place}"


def _today() -> str:
    return timezone.localdate().isoformat()


def _note(entry: dict[str, Any]) -> None:
    """Leave a count for `keep_counts`; each has a place of its own, so that no two requests write to the same."""
    cache.add(HEAD, 0, timeout=None)
    if int(cache.get(HEAD) or 0) - int(cache.get(TAIL) or 0) >= MOST_WAITING:
        return
    cache.set(_waiting_key(cache.incr(HEAD)), entry, timeout=HOUR)


def _add_up(entries: Iterable[dict[str, Any]]) -> None:
    counts: dict[tuple[str, str], Counter[str]] = {}
    clicks: Counter[tuple[str, int]] = Counter()
    for entry in entries:
        known = entry["known"]
        texts = ["", *([known["text"]] if known else [])]
        if position := entry.get("position"):
            clicks[entry["day"], position] += 1
            for text in texts:
                counts.setdefault((entry["day"], text), Counter()).update(clicked=1, positions=position)
        else:
            for text, source in zip(texts, [entry, known], strict=False):
                row = counts.setdefault((entry["day"], text), Counter())
                row.update(asked=source["asked"], without_result=source["nothing"])
    with transaction.atomic():
        for (day, text), row in sorted(counts.items()):
            found, _ = QueryCount.objects.get_or_create(day=date.fromisoformat(day), text=text)
            QueryCount.objects.filter(pk=found.pk).update(**{name: F(name) + more for name, more in row.items()})
        for (day, position), more in sorted(clicks.items()):
            place, _ = ClickCount.objects.get_or_create(day=date.fromisoformat(day), position=position)
            ClickCount.objects.filter(pk=place.pk).update(clicks=F("clicks") + more)
