"""What is not a speed but has a number: a domain's limit kept over a minute, a pause that takes hold, an exact account."""

from __future__ import annotations

import statistics
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from benchmarks.delivery.ground import make_list, make_mailing
from benchmarks.delivery.runs import wait_until
from tests.integration.delivery.servers import ScriptedServer

if TYPE_CHECKING:
    import random
    from collections.abc import Iterator

    from benchmarks.delivery.ground import Ground

LIMIT: Final = 50
"""Messages a second to the limited one of three domains."""
PAUSES: Final = 5
PAUSED_RECIPIENTS: Final = 4_000
QUIET: Final = 3.0
"""Seconds for which the sink is watched after a pause."""


class Arrivals:
    """When a message was taken, by the recipient's domain."""

    def __init__(self) -> None:
        self.by_domain: dict[str, list[float]] = {}
        self.last = 0.0
        self._lock = threading.Lock()

    def __call__(self, stage: str, argument: str, _: Any) -> None:
        """Take note; the usual answer follows."""
        if stage == "body":
            with self._lock:
                self.last = time.monotonic()
                self.by_domain.setdefault(argument.rpartition("@")[2], []).append(self.last)


def rate_held(ground: Ground, *, seconds: int) -> dict[str, Any]:
    """One domain among three is limited to 50 a second: what arrived there over `seconds`, and when the rest was done."""
    from newsletters.delivery.models import Rate  # noqa: PLC0415 (Django is set up by now)
    from newsletters.delivery.services import start_mailing  # noqa: PLC0415 (as above)

    names = ("limited.example", "free-a.example", "free-b.example")
    mailing_list_id = make_list(LIMIT * (seconds + 5) * len(names), domains=names)
    mailing = make_mailing(mailing_list_id)
    domains = [f"l{mailing_list_id}.{name}" for name in names]
    limit = Rate.objects.create(domain=domains[0], per_second=LIMIT)
    arrivals = Arrivals()
    try:
        with ground.worker(), ScriptedServer(arrivals, port=ground.sink_port):
            start_mailing(mailing=mailing)
            wait_until(lambda: not mailing.recipients.filter(state=0).exists(), pause=0.5)
    finally:
        limit.delete()
    limited = arrivals.by_domain[domains[0]]
    first = min(min(times) for times in arrivals.by_domain.values())
    # The bucket starts with a fifth of a second's worth: the minute begins behind it.
    start = limited[0] + 1
    count = sum(start <= moment < start + seconds for moment in limited)
    worst = max(
        sum(begin <= moment < begin + 1 for moment in limited)
        for begin in (start + tenth / 10 for tenth in range(seconds * 10))
    )
    return {
        "rate_limit": LIMIT,
        "rate_seconds": seconds,
        "rate_held": round(count / seconds, 2),
        "rate_error_percent": round((count / seconds / LIMIT - 1) * 100, 2),
        "rate_from_first_to_last": round((len(limited) - 1) / (limited[-1] - limited[0]), 2),
        "rate_most_in_a_second": worst,
        "rate_others_done_seconds": [round(max(arrivals.by_domain[each]) - first, 1) for each in domains[1:]],
        "rate_limited_done_seconds": round(limited[-1] - first, 1),
    }


def steering(ground: Ground, *, chance: random.Random) -> dict[str, Any]:
    """Pause and resume a mailing several times, cancel another: how long a pause takes, whether the account is exact."""
    from newsletters.delivery import services  # noqa: PLC0415 (Django is set up by now)

    delays: list[float] = []
    arrivals = Arrivals()
    with ground.worker(), ScriptedServer(arrivals, port=ground.sink_port) as server, _sweeping():
        mailing = make_mailing(make_list(PAUSED_RECIPIENTS))
        services.start_mailing(mailing=mailing)
        for number in range(PAUSES):
            target = (number + chance.random()) * PAUSED_RECIPIENTS / (PAUSES + 1)
            wait_until(lambda target=target: len(server.accepted) > target, pause=0.005)  # type: ignore[misc]
            pressed = time.monotonic()
            services.pause_mailing(mailing=mailing)
            time.sleep(QUIET)
            delays.append(max(0.0, arrivals.last - pressed))
            services.resume_mailing(mailing=mailing)
        wait_until(lambda: not mailing.recipients.filter(state=0).exists())
        resumed = _account(mailing, server)
        server.accepted.clear()
        other = make_mailing(make_list(PAUSED_RECIPIENTS))
        services.start_mailing(mailing=other)
        wait_until(lambda: len(server.accepted) > PAUSED_RECIPIENTS * chance.uniform(0.2, 0.8), pause=0.005)
        services.cancel_mailing(mailing=other)
        wait_until(lambda: not other.senders.exists())
        cancelled = _account(other, server)
    return {
        "pause_seconds_median": round(statistics.median(delays), 3),
        "pause_seconds_max": round(max(delays), 3),
        "resume_account_is_exact": not (resumed["doubled"] or resumed["missing"] or resumed["astray"]),
        "resume_accepted": resumed["accepted"],
        "cancel_accepted": cancelled["accepted"],
        "cancel_arrived": cancelled["arrived"],
        "cancel_account_is_exact": not (cancelled["doubled"] or cancelled["missing"] or cancelled["astray"]),
    }


def _account(mailing: Any, server: ScriptedServer) -> dict[str, int]:
    """Compare what the ledger calls accepted with what arrived."""
    accepted = set(mailing.recipients.filter(state=1).values_list("address", flat=True))
    arrived = server.deliveries
    return {
        "accepted": len(accepted),
        "arrived": len(arrived),
        "doubled": sum(count > 1 for count in arrived.values()),
        "missing": len(accepted - set(arrived)),
        "astray": len(set(arrived) - accepted),
    }


@contextmanager
def _sweeping() -> Iterator[None]:
    """What beat does, faster: a resume that meets the sender of before is left to the sweep."""
    from django.db import connection  # noqa: PLC0415 (Django is set up by now)

    from newsletters.delivery import tasks  # noqa: PLC0415 (as above)

    stop = threading.Event()

    def sweep() -> None:
        while not stop.wait(0.5):
            tasks.sweep_mailings()
        connection.close()

    thread = threading.Thread(target=sweep)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()
