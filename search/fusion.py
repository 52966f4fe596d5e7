"""Reciprocal-rank fusion: several rankings of the same documents made into one, whatever their scores mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

# How much less a later place counts (Cormack et al. 2009 found 60 robust).
RRF_K = 60
# How far down a ranking is looked; further down neither words nor vectors say much.
FUSED_DEPTH = 100


def fused(rankings: Iterable[tuple[Sequence[str], float]], *, k: int = RRF_K) -> dict[str, float]:
    """Fuse weighted rankings of keys by reciprocal rank: the sum of weight / (k + place) where a key stands."""
    scores: dict[str, float] = {}
    for ranking, weight in rankings:
        for place, key in enumerate(ranking, start=1):
            scores[key] = scores.get(key, 0.0) + weight / (k + place)
    return scores
