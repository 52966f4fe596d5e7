"""Charts as numbers for SVG, drawn on the server; each stands beside a table that says the same."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from django.utils import timezone

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

WIDTH: Final = 640
HEIGHT: Final = 240
LEFT: Final = 70
"""Room for the figures of the vertical axis, in units of the drawing."""
BOTTOM: Final = 28
TOP: Final = 10
RIGHT: Final = 20
POINTS: Final = 160
"""More points than this cannot be told apart on `WIDTH`."""
ROWS: Final = 12
BAR: Final = 200
"""The width of the longest bar."""


@dataclass(frozen=True, slots=True)
class Tick:
    """A mark on an axis."""

    at: float
    label: str


@dataclass(frozen=True, slots=True)
class Curve:
    """A line that only rises; `rows` says the same in a table of a dozen lines."""

    line: str
    area: str
    across: list[Tick]
    up: list[Tick]
    rows: list[tuple[datetime, int]]
    width: int = WIDTH
    height: int = HEIGHT
    left: int = LEFT
    right: int = WIDTH - RIGHT
    floor: int = HEIGHT - BOTTOM


def curve_of(points: Sequence[tuple[datetime, int]]) -> Curve | None:
    """Draw how a number grew; None where there is nothing to draw."""
    if len(points) < 2 or points[-1][0] <= points[0][0] or not points[-1][1]:  # noqa: PLR2004 (a line has two ends)
        return None
    begin, end = points[0][0], points[-1][0]
    seconds, most = (end - begin).total_seconds(), nice_ceiling(max(number for _, number in points))

    def x(moment: datetime) -> float:
        return round(LEFT + (moment - begin).total_seconds() / seconds * (WIDTH - LEFT - RIGHT), 1)

    def y(number: float) -> float:
        return round(HEIGHT - BOTTOM - number / most * (HEIGHT - BOTTOM - TOP), 1)

    drawn = thinned(points, POINTS)
    line = " ".join(f"{x(moment)},{y(number)}" for moment, number in drawn)
    pattern = "%H:%M:%S" if seconds < 600 else "%H:%M" if seconds < 86_400 else "%d %b %H:%M"  # noqa: PLR2004 (ten minutes, a day)
    moments = [begin + (end - begin) * part / 3 for part in range(4)]
    across = [Tick(x(moment), timezone.localtime(moment).strftime(pattern)) for moment in moments]
    up = [Tick(y(most * part / 4), f"{most * part / 4:,.0f}") for part in range(5) if most * part % 4 == 0]
    floor = HEIGHT - BOTTOM
    area = f"{x(begin)},{floor} {line} {x(end)},{floor}"
    return Curve(line, area, across, up, thinned(points, ROWS))


def thinned(points: Sequence[tuple[datetime, int]], most: int) -> list[tuple[datetime, int]]:
    """Return at most so many of the points, the first and the last among them."""
    if len(points) <= most:
        return list(points)
    step = (len(points) - 1) / (most - 1)
    return [points[round(number * step)] for number in range(most)]


def nice_ceiling(number: int) -> int:
    """Return the next number up that people like to read on an axis: 1, 2 or 5 and noughts, at least 4."""
    size = 1
    while True:
        for step in (1, 2, 4, 5):
            if step * size >= max(number, 4):
                return step * size
        size *= 10


def bar_width(number: int, most: int) -> float:
    """Return the width of a bar; something that is there is seen, however small."""
    return 0.0 if not number else max(2.0, round(BAR * number / max(most, 1), 1))
