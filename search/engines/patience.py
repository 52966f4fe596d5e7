"""How long somebody waits: while a reader's page is being made, every call to an engine counts against one deadline."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# All questions of one page together; the page answers within 1.5 s, and the rest of it takes its time too.
SECONDS_A_PAGE = 1.2

_deadline: ContextVar[float | None] = ContextVar("deadline of a reader's page", default=None)


@contextmanager
def reader_waiting(seconds: float = SECONDS_A_PAGE) -> Iterator[None]:
    """Let engines know that a reader waits: they give up in time, and do not try twice."""
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


def seconds_left() -> float | None:
    """Return how long the reader still waits, 0 when the time is over; `None` when no reader does."""
    deadline = _deadline.get()
    return None if deadline is None else max(0.0, deadline - time.monotonic())
