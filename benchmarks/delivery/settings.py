"""The settings of one machine, on PostgreSQL, with what a measurement wants changed."""

from __future__ import annotations

import json
import os
import time
from pathlib import Path

from courant.settings.dev import *  # noqa: F403

DELIVERY = json.loads(os.environ.get("BENCHMARK_DELIVERY", "{}"))
_clock = Path(os.environ.get("BENCHMARK_CLOCK", os.devnull))
_true_time = time.time


def _wrong_time() -> float:
    """The wall clock as an operator's mistake shows it; nothing that keeps a promise may rest on it."""
    try:
        return _true_time() + float(_clock.read_text() or 0)
    except (OSError, ValueError):
        return _true_time()


if _clock.is_absolute() and _clock.name == "clock":
    time.time = _wrong_time
