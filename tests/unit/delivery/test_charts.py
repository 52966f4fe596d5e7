"""Charts as numbers: nothing leaves the drawing, and the ends are always drawn."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletters.delivery.reporting.charts import HEIGHT, WIDTH, bar_width, curve_of, nice_ceiling, thinned

START = datetime(2026, 11, 23, 9, tzinfo=UTC)
steps = st.lists(st.tuples(st.integers(0, 100_000), st.integers(0, 5_000)), min_size=1, max_size=400)


def points_of(steps_taken):
    moment, number = START, 0
    points = [(moment, number)]
    for seconds, more in steps_taken:
        moment, number = moment + timedelta(seconds=seconds), number + more
        points.append((moment, number))
    return points


@settings(deadline=None)
@given(steps)
def test_a_curve_stays_in_its_drawing_and_never_falls(steps_taken):
    points = points_of(steps_taken)
    curve = curve_of(points)
    if points[-1][0] == START or not points[-1][1]:
        assert curve is None
        return
    pairs = [tuple(map(float, pair.split(","))) for pair in curve.line.split()]
    assert all(0 <= x <= WIDTH and 0 <= y <= HEIGHT for x, y in pairs)
    assert [y for _, y in pairs] == sorted((y for _, y in pairs), reverse=True)
    assert (curve.rows[0], curve.rows[-1]) == (points[0], points[-1])
    assert len(curve.rows) <= 12


@given(st.integers(0, 10**9))
def test_an_axis_ends_above_the_highest_value_but_not_far(number):
    top = nice_ceiling(number)
    assert number <= top <= max(4, number * 2.5)


@given(st.integers(2, 500), st.integers(2, 50))
def test_thinning_keeps_both_ends_and_the_order(count, most):
    points = points_of([(1, 1)] * (count - 1))
    kept = thinned(points, most)
    assert len(kept) == min(count, most)
    assert (kept[0], kept[-1]) == (points[0], points[-1])
    assert kept == sorted(kept)


def test_what_is_there_is_seen_however_small():
    assert bar_width(0, 1_000_000) == 0
    assert bar_width(1, 1_000_000) == 2
    assert bar_width(1_000_000, 1_000_000) == 200
