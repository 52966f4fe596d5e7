"""Rates against a real Valkey: kept, shared, and nobody else's business."""

from __future__ import annotations

import asyncio
import time
from collections import Counter

import pytest

from newsletters.delivery.models import Rate
from newsletters.delivery.sending.dispatch import Ending
from newsletters.delivery.sending.throttle import BURST, LocalBuckets, SharedBuckets, Throttle
from newsletters.delivery.services import run_sender
from newsletters.transport.smtp import SmtpRoute
from tests.factories.audience import MailingListFactory
from tests.factories.delivery import compiled_issue, subscribe_many
from tests.integration.delivery.servers import ScriptedServer


async def drawn_in(buckets_list, seconds, *, rate):
    """Draw as fast as one can from one bucket by several clients; returns how many tokens there were."""
    total = 0
    end = time.monotonic() + seconds
    # The bucket's first tokens are what gathered since it was first looked at: nothing.
    while time.monotonic() < end:
        for buckets in buckets_list:
            total += await buckets.draw("test", rate=rate, most=1_000)
        await asyncio.sleep(0.005)
    for buckets in buckets_list:
        await buckets.close()
    return total


@pytest.mark.parametrize("rate", [7, 50, 400])
def test_two_clients_together_draw_no_more_than_the_rate(valkey_url, rate):
    async def go():
        prefix = f"t{time.monotonic_ns()}:"
        return await drawn_in([SharedBuckets(valkey_url, prefix=prefix) for _ in range(2)], 2.0, rate=rate)

    drawn = asyncio.run(go())
    assert 0 < drawn <= rate * 2 * 1.05 + rate * BURST + 1


def test_without_valkey_a_sender_keeps_the_rate_by_itself(free_port):
    async def go():
        return await drawn_in([SharedBuckets(f"redis://127.0.0.1:{free_port}/0")], 1.0, rate=100)

    assert 0 < asyncio.run(go()) <= 100 * 1.05 + 100 * BURST + 1


def test_tokens_are_drawn_only_for_those_who_wait():
    async def go():
        throttle = Throttle(LocalBuckets(), {}, {"a.example": 100.0, "b.example": 100.0})
        running = asyncio.ensure_future(throttle.run(lambda: {"a.example": 3, "": 9}, lambda: None))
        await asyncio.sleep(0.3)
        running.cancel()
        return [throttle.allowance(lane) for lane in ("a.example", "b.example", "")]

    assert asyncio.run(go())[:2] == [3, 0]


@pytest.mark.django_db(transaction=True)
def test_a_limited_domain_is_never_faster_than_its_limit(valkey_url, settings):
    settings.REDIS_URL = valkey_url
    settings.DELIVERY = {"window": 16, "connections": 4}
    Rate.objects.create(domain="slow.example", per_second=40)
    mailing_list = MailingListFactory()
    for domain in ("slow.example", "a.example", "b.example"):
        subscribe_many(mailing_list, 80, domain=domain)
    from django.utils import timezone

    from newsletters.delivery.services import freeze_audience, freeze_mailing, start_mailing

    mailing = freeze_audience(mailing=freeze_mailing(compiled=compiled_issue(mailing_list), at=timezone.now()))
    mailing = start_mailing(mailing=mailing)
    arrivals = {"slow.example": [], "a.example": [], "b.example": []}

    def note(stage, argument, _talk):
        if stage == "body":
            arrivals[argument.rpartition("@")[2]].append(time.monotonic())

    with ScriptedServer(note) as server:
        assert run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port)) is Ending.EMPTY
    assert Counter({domain: len(times) for domain, times in arrivals.items()}) == Counter(dict.fromkeys(arrivals, 80))
    # Never faster than the limit; that the others do not wait for it is shown without a clock in test_waiting.
    slow = arrivals["slow.example"]
    assert (len(slow) - 1) / (slow[-1] - slow[0]) <= 40 * 1.1


@pytest.mark.django_db(transaction=True)
def test_a_spread_mailing_takes_its_time(valkey_url, settings):
    from tests.factories.delivery import sending_mailing

    settings.REDIS_URL = valkey_url
    mailing = sending_mailing(60)
    type(mailing).objects.filter(pk=mailing.pk).update(spread_minutes=1)
    settings.DELIVERY = {"box": 3}
    with ScriptedServer() as server:
        assert run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port)) is Ending.BOX
    # One a second: three seconds' worth, not sixty.
    assert 1 <= len(server.accepted) <= 5
