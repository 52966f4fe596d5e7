"""Reads of vacancies for the panel of every page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.core.cache import cache
from django.utils import timezone

from content.vacancies.models import OPEN_COUNT_KEY, VacancyPage

if TYPE_CHECKING:
    from datetime import datetime

REMEMBER_SECONDS = 60


@dataclass(frozen=True, slots=True)
class OpenCount:
    """How many vacancies are open, and until when that is certain."""

    number: int
    until: datetime | None


def read_open_count(at: datetime | None = None) -> OpenCount:
    """Count the open vacancies in one query, with the first moment when one of them closes or another opens."""
    at = at or timezone.now()
    rows = VacancyPage.objects.unfilled().filter(closes_at__gt=at).values_list("opens_at", "closes_at")
    number, changes = 0, []
    for opens_at, closes_at in rows:
        if opens_at <= at:
            number += 1
            changes.append(closes_at)
        else:
            changes.append(opens_at)
    return OpenCount(number, min(changes, default=None))


def open_vacancy_count(at: datetime | None = None) -> int:
    """How many vacancies are open at `at`, to the second; remembered for a minute, but never past the next change."""
    at = at or timezone.now()
    known: OpenCount | None = cache.get(OPEN_COUNT_KEY)
    if known is None or (known.until is not None and known.until <= at):
        known = read_open_count(at)
        cache.set(OPEN_COUNT_KEY, known, REMEMBER_SECONDS)
    return known.number
