"""`make bench-delivery`: ours against postfix's generator, against the naive way, and against itself without a ledger.

Each round measures every reference next to ours, so that a machine that is busy for a while harms both. The last line
is JSON with every figure and every ratio; a ratio is the median of the rounds' own ratios.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from typing import Any

from benchmarks.delivery import runs
from benchmarks.delivery.ground import Ground, make_list, make_mailing

NAIVE_MESSAGES = 1_000


def main() -> None:
    """Measure and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--recipients", type=int, default=20_000)
    parser.add_argument("--window", type=int, default=64)
    parser.add_argument(
        "--large", type=int, default=200_000, help="recipients of the run for memory and freezing; 0: none"
    )
    options = parser.parse_args()
    with Ground(delivery={"window": options.window}) as ground:
        mailing = make_mailing(make_list(options.recipients))
        size = message_size(mailing)
        say(f"{options.recipients:,} recipients, {size:,} octets a message, window {options.window}")
        rounds = [one_round(ground, mailing, size, number + 1) for number in range(options.rounds)]
        figures: dict[str, Any] = {"recipients": options.recipients, "message_octets": size, "window": options.window}
        figures |= summary(rounds)
        if options.large:
            figures |= large_runs(ground, options.large)
    print(json.dumps(figures))


def one_round(ground: Ground, mailing: Any, size: int, number: int) -> dict[str, float]:
    """Measure everything once."""
    found: dict[str, float] = {}
    with ground.smtp_sink():
        found["smtp_source"] = runs.smtp_source(ground, messages=mailing.size, size=size)
        found["naive"] = runs.naive(ground, mailing=mailing, messages=NAIVE_MESSAGES)
        found["without_ledger"] = runs.without_ledger(ground, mailing=mailing)
        with ground.worker() as worker:
            sent = runs.ours(worker, mailing=mailing)
    found |= {"ours": sent.rate, "wal_a_message": sent.wal_a_message, "memory_above_idle_mb": sent.memory_above_idle}
    with ground.light_sink():
        found["light_without_ledger"] = runs.without_ledger(ground, mailing=mailing)
        with ground.worker() as worker:
            found["light"] = runs.ours(worker, mailing=mailing).rate
    say(f"round {number}: " + ", ".join(f"{name} {value:,.0f}" for name, value in found.items()))
    return found


def summary(rounds: list[dict[str, float]]) -> dict[str, Any]:
    """Medians, spreads, and the ratios within each round."""

    def ratio(above: str, below: str) -> float:
        return round(statistics.median(each[above] / each[below] for each in rounds), 3)

    figures: dict[str, Any] = {}
    for name in rounds[0]:
        values = [each[name] for each in rounds]
        figures[name] = round(statistics.median(values), 1)
        figures[f"{name}_spread"] = [round(min(values), 1), round(max(values), 1)]
    return figures | {
        "ratio_to_smtp_source": ratio("ours", "smtp_source"),
        "ratio_to_without_ledger": ratio("ours", "without_ledger"),
        "ratio_to_naive": ratio("ours", "naive"),
        "ratio_to_without_ledger_light": ratio("light", "light_without_ledger"),
    }


def large_runs(ground: Ground, size: int) -> dict[str, Any]:
    """Freezing a large list, and whether memory and cost a message stay the same from a small to a large mailing."""
    mailing_list_id = make_list(size)
    seconds, bare, ratio = runs.freeze_ratio(mailing_list_id, make_mailing)
    say(f"freezing {size:,}: {seconds:.2f} s, bare INSERT … SELECT {bare:.2f} s")
    small, large = make_mailing(make_list(size // 100)), make_mailing(mailing_list_id)
    found = {}
    with ground.light_sink():
        for name, mailing in (("small", small), ("large", large)):
            with ground.worker() as worker:
                found[name] = runs.ours(worker, mailing=mailing)
            say(f"{mailing.size:,} recipients: {found[name].rate:,.0f} a second, "
                f"{found[name].memory_above_idle:.1f} MB above idle")  # fmt: skip
    return {
        "freeze_rows": size,
        "freeze_seconds": round(seconds, 2),
        "ratio_to_bare_insert": round(ratio, 2),
        "memory_small_mb": round(found["small"].memory_above_idle, 1),
        "memory_large_mb": round(found["large"].memory_above_idle, 1),
        "rate_large": round(found["large"].rate, 1),
    }


def message_size(mailing: Any) -> int:
    """How many octets a message of the mailing has on the wire."""
    from newsletters.delivery.ledger import Place  # noqa: PLC0415 (Django is set up by now)
    from newsletters.delivery.models import Recipient  # noqa: PLC0415 (as above)
    from newsletters.delivery.sending.composing import Composer  # noqa: PLC0415 (as above)

    row = Recipient.objects.filter(mailing=mailing, number=1).values_list("number", "subscriber_id", "address", "merge")
    return len(Composer(mailing).compose(Place(*row.get(), 0), timestamp=0.0).data)


def say(words: str) -> None:
    """Progress goes to standard error, so that the last line of output is the figures."""
    print(words, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
