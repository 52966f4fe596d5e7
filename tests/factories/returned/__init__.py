"""Returned messages, made after the shapes that mail systems produce; every person and host in them is invented."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.factories.returned import automatic, exchange, languages, older, postfix, providers, rarer, unix

if TYPE_CHECKING:
    from tests.factories.returned.building import Sample

SAMPLES: tuple[Sample, ...] = (
    *postfix.SAMPLES,
    *exchange.SAMPLES,
    *providers.SAMPLES,
    *unix.SAMPLES,
    *older.SAMPLES,
    *languages.SAMPLES,
    *rarer.SAMPLES,
    *automatic.SAMPLES,
)
