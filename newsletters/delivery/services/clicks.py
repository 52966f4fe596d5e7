"""Counting how often links are followed: sums a link, nobody's name, and nothing a reader would have to wait for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from urllib.parse import parse_qs, urlsplit

import structlog
from bs4 import BeautifulSoup
from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, transaction
from django.db.models import F
from django.urls import reverse

from newsletters.delivery.models import Link
from newsletters.issues.compiled import FIELDS, Static, render_parts
from newsletters.issues.counting import digest_of

if TYPE_CHECKING:
    from bs4 import Tag

    from newsletters.issues.compiled import CompiledIssue

log = structlog.get_logger(__name__)

MOMENT: Final = 10
"""Seconds in which one visitor's clicks are looked at together."""
MANY: Final = 5
"""Different links that a reader may open within a moment; a mail filter opens all there are."""
REST: Final = 60
"""Seconds for which whoever opened more is taken for a program."""
_PROGRAM: Final = "program"


def record_links(*, compiled: CompiledIssue) -> int:
    """Make a counter for each counted link of an issue that is about to be sent; returns how many there are.

    Until then there is nothing to count: links in previews and tests lead on without a trace.
    """
    prefix = settings.SITE_URL + reverse("counted_link", args=["x"]).removesuffix("x/")
    if not any(prefix in part.text for part in compiled.html if isinstance(part, Static)):
        return 0
    values = {name: field.sample for name, field in FIELDS.items()}
    soup = BeautifulSoup(render_parts(compiled.html, values, compiled.topic_ids), "html.parser")
    words: dict[str, str] = {}
    for anchor in soup.find_all("a", href=True):
        address = str(anchor["href"])
        if address.startswith(prefix):
            target = target_of(address)
            words[target] = words.get(target) or _words(anchor)
    for position, (target, said) in enumerate(words.items()):
        Link.objects.update_or_create(
            issue_number=compiled.issue_id,
            digest=digest_of(target),
            defaults={"target": target, "words": said[:200], "position": position},
        )
    return len(words)


def target_of(address: str) -> str:
    """Return where a counted address leads."""
    return parse_qs(urlsplit(address).query)["to"][0]


def count_click(*, issue_number: int, target: str, visitor: str) -> bool:
    """Count that a link was followed; returns whether it counted.

    The same link again within a moment counts once. Whoever opens more links than a reader does within a moment is a
    mail filter: its clicks are taken back. `visitor` stays in the cache for seconds and goes nowhere else. A
    database that is busy or away costs a count, never the reader's way.
    """
    digest = digest_of(target)
    key = f"delivery:clicks:{issue_number}:{visitor}"
    seen: list[str] | str = cache.get(key) or []
    if isinstance(seen, str) or digest in seen:
        return False
    try:
        if len(seen) >= MANY:
            cache.set(key, _PROGRAM, REST)
            _add(issue_number, seen, -1)
            return False
        counted = _add(issue_number, [digest], 1)
    except DatabaseError:
        log.warning("a click was not counted", issue=issue_number)
        return False
    if counted:
        cache.set(key, [*seen, digest], MOMENT)
    return counted > 0


def _add(issue_number: int, digests: list[str], number: int) -> int:
    with transaction.atomic():
        return Link.objects.filter(issue_number=issue_number, digest__in=digests).update(clicks=F("clicks") + number)


def _words(anchor: Tag) -> str:
    said = " ".join(anchor.get_text(" ").split())
    if said:
        return said
    picture = anchor.find("img", alt=True)
    return str(picture["alt"]) if picture else ""
