"""`make bench-delivery`: ours against postfix's generator, against the naive way, and against itself without a ledger.

Each round measures every reference next to ours, so that a machine that is busy for a while harms both. A ratio is the
median of the rounds' own ratios. A table goes to standard output as it is filled; its last line is JSON with every
figure and every ratio.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import statistics
import sys
import time
from typing import Any

from benchmarks.delivery import limits, runs
from benchmarks.delivery.ground import Ground, make_list, make_mailing

NAIVE_MESSAGES = 500
SMALL_RUNS = 3
TARGETS = {
    "ratio_to_smtp_source": (">=", 0.95),
    "ratio_to_without_ledger": (">=", 0.9),
    "ratio_to_naive": (">=", 10),
    "ratio_to_without_ledger_light": (">=", 0.6),
    "wal_a_message": ("<=", 500),
    "memory_above_idle_mb": ("<=", 60),
    "memory_large_mb": ("<=", 60),
    "pause_seconds_max": ("<=", 1),
}


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS") or 5))
    parser.add_argument("--recipients", type=int, default=int(os.environ.get("SIZE") or 20_000))
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument(
        "--large", type=int, default=int(os.environ.get("LARGE") or 200_000),
        help="recipients of the run for memory, cost and freezing; 0: none",
    )  # fmt: skip
    parser.add_argument(
        "--minute", type=int, default=int(os.environ.get("MINUTE") or 60),
        help="seconds over which a domain's limit is watched; 0: neither limits nor pauses",
    )  # fmt: skip
    options = parser.parse_args()
    # Stopped from outside, everything that was started is still taken away again.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    began = time.monotonic()
    with Ground(delivery={"window": options.window}) as ground:
        mailing = make_mailing(make_list(options.recipients))
        size = message_size(mailing)
        say(f"{options.recipients:,} recipients, {size:,} octets a message, window {options.window}")
        rounds = [one_round(ground, mailing, size, number + 1) for number in range(options.rounds)]
        figures: dict[str, Any] = {
            "recipients": options.recipients, "message_octets": size, "window": options.window, "rounds": options.rounds,
        }  # fmt: skip
        figures |= summary(rounds)
        if options.large:
            figures |= large_runs(ground, options.large)
        if options.minute:
            say(f"one domain of three at {limits.LIMIT} a second, for {options.minute} s; then pauses")
            figures |= limits.rate_held(ground, seconds=options.minute)
            figures |= limits.steering(ground, chance=random.Random())  # noqa: S311 (nothing secret)
    figures["seconds"] = round(time.monotonic() - began)
    print_table(figures)
    print(json.dumps(figures))


def one_round(ground: Ground, mailing: Any, size: int, number: int) -> dict[str, float]:
    """Measure everything once."""
    found: dict[str, float] = {}
    with ground.smtp_sink() as sink:
        found["smtp_source"] = runs.smtp_source(ground, messages=mailing.size, size=size)
        found["naive"] = runs.naive(ground, mailing=mailing, messages=NAIVE_MESSAGES)
        found["without_ledger"] = runs.without_ledger(ground, mailing=mailing)
        with ground.worker() as worker:
            sent = runs.ours(ground, worker, sink, mailing=mailing)
        with ground.worker(signing=True) as worker:
            signed = runs.ours(ground, worker, sink, mailing=mailing)
    found |= {
        "ours": sent.rate,
        "wal_a_message": sent.wal_a_message,
        "memory_above_idle_mb": sent.memory_above_idle,
        "sender_us": sent.sender_us,
        "database_us": sent.database_us,
        "sink_us": sent.sink_us,
        "others_busy": sent.others_busy,
        "with_dkim": signed.rate,
        "with_dkim_sender_us": signed.sender_us,
    }
    with ground.light_sink() as sink:
        found["light_without_ledger"] = runs.without_ledger(ground, mailing=mailing)
        with ground.worker() as worker:
            found["light"] = runs.ours(ground, worker, sink, mailing=mailing).rate
    say(
        f"round {number}: " + ", ".join(f"{name} {value:,.{0 if value >= 10 else 2}f}" for name, value in found.items())
    )
    return found


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Medians, spreads, and the ratios within each round."""

    def ratio(above: str, below: str) -> dict[str, Any]:
        values = [each[above] / each[below] for each in rounds]
        name = {
            "ours": f"ratio_to_{below}",
            "light": "ratio_to_without_ledger_light",
            "with_dkim": "ratio_with_dkim_to_without",
        }[above]
        return {
            name: round(statistics.median(values), 3),
            f"{name}_spread": [round(min(values), 3), round(max(values), 3)],
        }

    figures: dict[str, Any] = {}
    if not rounds:
        return figures
    for name in rounds[0]:
        values = [each[name] for each in rounds]
        figures[name] = round(statistics.median(values), 1)
        figures[f"{name}_spread"] = [round(min(values), 1), round(max(values), 1)]
    for above, below in (
        ("ours", "smtp_source"),
        ("ours", "without_ledger"),
        ("ours", "naive"),
        ("light", "light_without_ledger"),
        ("with_dkim", "ours"),
    ):
        figures |= ratio(above, below)
    return figures


def large_runs(ground: Ground, size: int) -> dict[str, Any]:
    """Freezing a large list, and whether memory and cost a message stay the same from a small to a large mailing."""
    say(f"making a list of {size:,}")
    mailing_list_id = make_list(size)
    frozen = runs.freeze_ratio(mailing_list_id, make_mailing)
    say(f"freezing {size:,}: {frozen.seconds:.2f} s, bare INSERT … SELECT {frozen.bare:.2f} s")
    small = make_mailing(make_list(max(1, size // 100)))
    large = make_mailing(mailing_list_id)
    few: list[runs.Sent] = []
    with ground.light_sink() as sink:
        for _ in range(SMALL_RUNS):
            with ground.worker() as worker:
                few.append(runs.ours(ground, worker, sink, mailing=small))
        with ground.worker() as worker:
            many = runs.ours(ground, worker, sink, mailing=large)
    figures = {
        "large": size,
        "freeze_seconds": round(frozen.seconds, 2),
        "ratio_to_bare_insert": round(frozen.ratio, 2),
        "rate_small": round(statistics.median(each.rate for each in few), 1),
        "rate_large": round(many.rate, 1),
        "memory_small_mb": round(statistics.median(each.memory_above_idle for each in few), 1),
        "memory_large_mb": round(many.memory_above_idle, 1),
    }
    for name in ("sender_us", "database_us", "wal_a_message"):
        figures[f"{name}_small"] = round(statistics.median(getattr(each, name) for each in few), 1)
        figures[f"{name}_large"] = round(getattr(many, name), 1)
    cost = [figures[f"sender_us_{which}"] + figures[f"database_us_{which}"] for which in ("small", "large")]
    figures["ratio_of_cost_large_to_small"] = round(cost[1] / cost[0], 2)
    say(f"{small.size:,} and {large.size:,} recipients: {figures['rate_small']:,.0f} and {many.rate:,.0f} a second, "
        f"{figures['memory_small_mb']} and {figures['memory_large_mb']} MB above idle")  # fmt: skip
    return figures


def message_size(mailing: Any) -> int:
    """How many octets a message of the mailing has on the wire."""
    from newsletters.delivery.ledger import Place  # noqa: PLC0415 (Django is set up by now)
    from newsletters.delivery.models import Recipient  # noqa: PLC0415 (as above)
    from newsletters.delivery.sending.composing import Composer  # noqa: PLC0415 (as above)

    row = Recipient.objects.filter(mailing=mailing, number=1).values_list("number", "subscriber_id", "address", "merge")
    return len(Composer(mailing).compose(Place(*row.get(), 0), timestamp=0.0).data)


def print_table(figures: dict[str, Any]) -> None:
    """Every figure on a line of its own, with its spread, and its target where it has one."""
    for name, value in figures.items():
        if name.endswith("_spread"):
            continue
        spread = figures.get(f"{name}_spread")
        words = f"{value:,}" if isinstance(value, int | float) and not isinstance(value, bool) else str(value)
        line = f"{name:32}{words:>14}  {f'{spread[0]:,} … {spread[1]:,}' if spread else '':24}"
        if name in TARGETS:
            sign, target = TARGETS[name]
            line += f"  target {sign} {target}: {'met' if (value >= target) == (sign == '>=') or value == target else 'NOT MET'}"
        print(line.rstrip())


def say(words: str) -> None:
    """Progress goes to standard error, so that the last line of output is the figures."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
