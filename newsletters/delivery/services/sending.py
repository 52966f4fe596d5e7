"""Running one sender, from opening its row in the ledger to closing it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.conf import settings
from django.db.models.functions import Now
from django.utils import timezone

from newsletters.delivery.configuration import configuration
from newsletters.delivery.ledger import ledger_of
from newsletters.delivery.models import Mailing, ProviderMessage
from newsletters.delivery.selectors import current_rates, refusal_reasons, waiting_mailings
from newsletters.delivery.sending.composing import Composer
from newsletters.delivery.sending.dispatch import Dispatch, Ending
from newsletters.delivery.sending.throttle import SharedBuckets, Throttle
from newsletters.delivery.services.bounces import harvest_rejections
from newsletters.delivery.shutdown import worker_name
from newsletters.delivery.states import MailingState
from newsletters.transport.routes import ConnectionTrouble
from newsletters.transport.smtp import SmtpRoute, default_route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletters.transport.api import ApiRoute

log = structlog.get_logger(__name__)

TROUBLE_PAUSE = 15
"""Seconds before the sweep starts another sender for a relay that could not be used."""


def run_sender(*, mailing_id: int, route: SmtpRoute | ApiRoute | None = None) -> Ending | None:
    """Send a part of a mailing, for at most a box of time; None where there is nothing for a sender to do.

    Safe to call any number of times: a mailing never has more senders than configured.
    """
    mailing = Mailing.objects.select_related("mailing_list").get(pk=mailing_id)
    ledger = ledger_of(mailing)
    sender = ledger.open_sender(
        lease=configuration().lease, limit=configuration().senders_a_mailing, worker=worker_name(os.getppid())
    )
    if sender is None:
        return None
    try:
        composer = Composer(mailing)
        chosen = route or default_route()
        throttle = throttle_of(mailing, chosen)
        ledger.open_lanes(sorted(throttle.domains))
    except Exception as error:
        words = error.reply if isinstance(error, ConnectionTrouble) else str(error)
        _Surroundings(mailing).note_trouble(words)
        ledger.close_sender(sender)
        raise
    dispatch, ending = asyncio.run(_run(mailing, sender, composer, chosen, throttle))
    changes: dict[str, object] = {"deaths": 0} if dispatch.settled else {}
    if ending is Ending.TROUBLE:
        changes["not_before"] = timezone.now() + timedelta(seconds=max(TROUBLE_PAUSE, dispatch.rest))
    if dispatch.rest:
        # It is the route that rests, not this mailing alone.
        until = timezone.now() + timedelta(seconds=dispatch.rest)
        Mailing.objects.filter(state=MailingState.SENDING).update(not_before=until)
    if ending in (Ending.EMPTY, Ending.BOX) and dispatch.settled:
        # What an earlier sender met is over; a paused mailing keeps the reason of its pause.
        sending = Mailing.objects.filter(pk=mailing_id, state=MailingState.SENDING)
        sending.update(trouble="", trouble_since=None)
    if changes:
        Mailing.objects.filter(pk=mailing_id).update(**changes)
    harvest_rejections(mailing=mailing, at=timezone.now())
    log.info("sender ended", mailing=mailing_id, sender=sender, ending=ending.value, outcomes=dispatch.settled)
    return ending


def throttle_of(mailing: Mailing, route: SmtpRoute | ApiRoute) -> Throttle:
    """Return the limits that hold for a mailing on a route at this moment."""
    rates = current_rates()
    general = {f"route:{route.name}": rate for domain, rate in rates.items() if not domain}
    if mailing.spread_minutes and mailing.size:
        general[f"mailing:{mailing.pk}"] = mailing.size / (mailing.spread_minutes * 60)
    by_domain = {domain: rate for domain, rate in rates.items() if domain}
    return Throttle(SharedBuckets(settings.REDIS_URL), general, by_domain, limits=rates)


async def _run(
    mailing: Mailing, sender: int, composer: Composer, route: SmtpRoute | ApiRoute, throttle: Throttle
) -> tuple[Dispatch, Ending]:
    dispatch = Dispatch(
        ledger=ledger_of(mailing),
        sender=sender,
        composer=composer,
        route=route,
        surroundings=_Surroundings(mailing, rates=throttle.limits),
        configuration=configuration(),
        throttle=throttle,
    )
    loop = asyncio.get_running_loop()
    listens = threading.current_thread() is threading.main_thread()
    if listens:
        loop.add_signal_handler(signal.SIGTERM, dispatch.stop, Ending.STOPPED)
    try:
        return dispatch, await dispatch.run()
    finally:
        if listens:
            loop.remove_signal_handler(signal.SIGTERM)


class _Surroundings:
    """What a sender asks of the rest of the system."""

    def __init__(self, mailing: Mailing, *, rates: Mapping[str, float] | None = None) -> None:
        self._mailing_id = mailing.pk
        self._ledger = ledger_of(mailing)
        self._rates = rates or {}

    def refused(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Return who of these may not be mailed any more, and why."""
        return refusal_reasons(ledger=self._ledger, subscriber_ids=subscriber_ids)

    def others_wait(self) -> bool:
        """Whether another mailing has no sender."""
        return waiting_mailings().exclude(pk=self._mailing_id).exists()

    def limits_changed(self) -> bool:
        """Whether the rates are others than this sender started with."""
        return current_rates() != self._rates

    def note_provider_id(self, number: int, provider_id: str) -> None:
        """Keep what a mail provider calls a recipient's message."""
        ProviderMessage.objects.get_or_create(mailing_id=self._mailing_id, number=number, provider_id=provider_id[:255])

    def note_trouble(self, words: str) -> None:
        """Show an operator why nothing goes out."""
        mailing = Mailing.objects.filter(pk=self._mailing_id)
        if words:
            mailing.filter(trouble_since=None).update(trouble_since=Now())
            mailing.update(trouble=words[:300])
        else:
            mailing.update(trouble="", trouble_since=None, not_before=None)
