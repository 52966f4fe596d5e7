"""Dates as publications have them: exact, or no more than a month."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.utils import formats

if TYPE_CHECKING:
    from datetime import date


class DatePrecision(models.TextChoices):
    """How much of a date is known, or meant."""

    DAY = "day", "Exact day"
    MONTH = "month", "Month only"


def in_words(day: date | None, precision: str = DatePrecision.DAY) -> str:
    """Return "4 November 2026" or "April 2021"; "" without a date."""
    if day is None:
        return ""
    return formats.date_format(day, "F Y" if precision == DatePrecision.MONTH else "j F Y")
