"""Figures that cost a look at every recipient are kept for a while, in proportion to what they cost."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final, TypeVar

from django.core.cache import cache

if TYPE_CHECKING:
    from collections.abc import Callable

Figure = TypeVar("Figure")

SHARE: Final = 20
"""A figure that took a second is kept for so many seconds: screens that watch a mailing cost at most a twentieth."""
SHORTEST: Final = 2


def remembered(key: str, compute: Callable[[], Figure]) -> Figure:
    """Return what `compute` gave lately, or ask it."""
    kept: list[Figure] | None = cache.get(key)
    if kept is not None:
        return kept[0]
    began = time.monotonic()
    value = compute()
    cache.set(key, [value], max(SHORTEST, (time.monotonic() - began) * SHARE))
    return value
