"""Rates, minute for minute, on an injected clock: kept within 5 %, shared, and nobody else's business."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from dataclasses import dataclass, field

import pytest

from newsletters.delivery.ledger import ClaimedChunk, Place
from newsletters.delivery.sending.throttle import LocalBuckets, Throttle
from newsletters.delivery.sending.waiting import WaitingRoom
from tests.unit.delivery.virtual_time import run_virtually

WINDOW = 64
ANSWER_SECONDS = 0.02
STEP = 0.005
"""Seconds between two looks of a sender; its own pump is woken by tokens and answers in the same way."""


@pytest.fixture(autouse=True)
def _same_chances_each_time() -> None:
    random.seed(20_261_123)


@dataclass
class SimulatedSender:
    """A sender without a relay and a ledger: it calls from the waiting room as far as tokens and window allow."""

    throttle: Throttle
    people: dict[str, int]
    sent: list[tuple[float, str]] = field(default_factory=list)
    on_wire: int = 0

    async def run(self, seconds: float) -> None:
        loop = asyncio.get_running_loop()
        room = WaitingRoom(throttled=self.throttle.domains, low=2 * WINDOW, put_down=lambda *_: None)
        left = dict(self.people)
        chunk = 0
        drawing = asyncio.ensure_future(
            self.throttle.run(lambda: {lane: len(line) for lane, line in room.lanes.items() if line}, lambda: None)
        )
        end = loop.time() + seconds
        while loop.time() < end:
            for domain, waiting in left.items():
                lane = domain if domain in self.throttle.domains else ""
                count = min(waiting, 500 - len(room.lanes[lane]))
                if count > 0:
                    places = [Place(n, n, f"r@{domain}", {}, 0) for n in range(chunk * 500, chunk * 500 + count)]
                    room.admit(ClaimedChunk(chunk, places), {}, now=loop.time())
                    left[domain] -= count
                    chunk += 1
            allowed = min(WINDOW - self.on_wire, self.throttle.allowance(""))
            called = room.call(allowed, self.throttle.allowance)
            self.throttle.spend([each.lane for each in called])
            self.on_wire += len(called)
            for each in called:
                self.sent.append((loop.time(), each.place.address.partition("@")[2]))
                loop.call_later(ANSWER_SECONDS, self._answer)
            await asyncio.sleep(STEP)
        drawing.cancel()

    def _answer(self) -> None:
        self.on_wire -= 1


def simulate(seconds: float, *senders: SimulatedSender) -> None:
    async def everybody() -> None:
        await asyncio.gather(*(sender.run(seconds) for sender in senders))

    run_virtually(everybody())


def test_one_domain_among_three_keeps_fifty_a_second_within_five_percent_over_a_minute():
    people = {"slow.example": 10_000, "a.example": 20_000, "b.example": 20_000}
    sender = SimulatedSender(Throttle(LocalBuckets(), {}, {"slow.example": 50.0}), people)
    simulate(60, sender)
    moments = [at for at, domain in sender.sent if domain == "slow.example"]
    assert len(moments) == pytest.approx(3_000, rel=0.05)
    by_second = Counter(int(at) for at in moments)
    # Each single second, too, but for the two tokens that may lie on a border.
    assert all(50 * 0.95 - 2 <= by_second[second] <= 50 * 1.05 + 2 for second in range(1, 60))


def test_the_others_run_free_meanwhile():
    people = {"slow.example": 10_000, "a.example": 20_000, "b.example": 20_000}
    throttled = SimulatedSender(Throttle(LocalBuckets(), {}, {"slow.example": 50.0}), people)
    free = SimulatedSender(Throttle(LocalBuckets(), {}, {}), {"a.example": 20_000, "b.example": 20_000})
    simulate(15, throttled)
    simulate(15, free)
    others = sum(domain != "slow.example" for _, domain in throttled.sent)
    # What the slow domain takes of the window is its own share and no more.
    assert others >= len(free.sent) - 15 * 50 * 1.05


@pytest.mark.parametrize("rate", [0.5, 3, 50, 700])
def test_two_mailings_share_a_domains_rate_and_neither_starves(rate):
    buckets = LocalBuckets()
    senders = [
        SimulatedSender(Throttle(buckets, {}, {"slow.example": rate}), {"slow.example": 60_000}) for _ in range(2)
    ]
    seconds = max(60.0, 300 / rate)
    simulate(seconds, *senders)
    each = [len(sender.sent) for sender in senders]
    assert sum(each) == pytest.approx(rate * seconds, rel=0.05)
    assert min(each) >= 0.3 * sum(each)


def test_a_rate_for_the_route_holds_for_all_domains_and_mailings_together():
    buckets = LocalBuckets()
    senders = [
        SimulatedSender(Throttle(buckets, {"route:default": 40.0}, {}), {f"{name}.example": 20_000})
        for name in ("a", "b")
    ]
    simulate(60, *senders)
    assert sum(len(sender.sent) for sender in senders) == pytest.approx(40 * 60, rel=0.05)


def test_a_mailing_spread_over_ten_minutes_goes_out_evenly():
    sender = SimulatedSender(Throttle(LocalBuckets(), {"mailing:1": 1_200 / 600}, {}), {"a.example": 1_200})
    simulate(660, sender)
    assert len(sender.sent) == 1_200
    halves = Counter(at < 300 for at, _ in sender.sent)
    assert halves[True] == pytest.approx(600, rel=0.05)
    assert sender.sent[-1][0] == pytest.approx(600, rel=0.05)


def test_a_pause_of_everybody_leaves_no_more_than_a_burst_behind():
    """Tokens are not saved up: after a minute without anybody waiting, the rate is what it was."""
    buckets = LocalBuckets()
    first = SimulatedSender(Throttle(buckets, {}, {"slow.example": 50.0}), {"slow.example": 10})
    second = SimulatedSender(Throttle(buckets, {}, {"slow.example": 50.0}), {"slow.example": 10_000})

    async def one_after_the_other() -> None:
        await first.run(60)
        await second.run(10)

    run_virtually(one_after_the_other())
    assert len(second.sent) <= 50 * 10 * 1.05
