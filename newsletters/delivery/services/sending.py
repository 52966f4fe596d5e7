"""Running one sender, from opening its row in the ledger to closing it."""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from datetime import timedelta
from typing import TYPE_CHECKING

import structlog
from django.db.models.functions import Now
from django.utils import timezone

from newsletters.delivery.configuration import configuration
from newsletters.delivery.ledger import ledger_of
from newsletters.delivery.models import Mailing
from newsletters.delivery.selectors import refusal_reasons, waiting_mailings
from newsletters.delivery.sending.composing import Composer
from newsletters.delivery.sending.dispatch import Dispatch, Ending
from newsletters.delivery.shutdown import worker_name
from newsletters.transport.routes import ConnectionTrouble
from newsletters.transport.smtp import SmtpRoute, default_route

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

log = structlog.get_logger(__name__)

TROUBLE_PAUSE = 15
"""Seconds before the sweep starts another sender for a relay that could not be used."""


def run_sender(*, mailing_id: int, route: SmtpRoute | None = None) -> Ending | None:
    """Send a part of a mailing, for at most a box of time; None where there is nothing for a sender to do.

    Safe to call any number of times: a mailing never has more senders than configured.
    """
    mailing = Mailing.objects.select_related("mailing_list").get(pk=mailing_id)
    settings = configuration()
    ledger = ledger_of(mailing)
    sender = ledger.open_sender(
        lease=settings.lease, limit=settings.senders_a_mailing, worker=worker_name(os.getppid())
    )
    if sender is None:
        return None
    try:
        composer = Composer(mailing)
        chosen = route or default_route()
    except Exception as error:
        words = error.reply if isinstance(error, ConnectionTrouble) else str(error)
        _Surroundings(mailing).note_trouble(words)
        ledger.close_sender(sender)
        raise
    dispatch, ending = asyncio.run(_run(mailing, sender, composer, chosen))
    changes: dict[str, object] = {"deaths": 0} if dispatch.sent else {}
    if ending is Ending.TROUBLE:
        changes["not_before"] = timezone.now() + timedelta(seconds=TROUBLE_PAUSE)
    if changes:
        Mailing.objects.filter(pk=mailing_id).update(**changes)
    log.info("sender ended", mailing=mailing_id, sender=sender, ending=ending.value, outcomes=dispatch.sent)
    return ending


async def _run(mailing: Mailing, sender: int, composer: Composer, route: SmtpRoute) -> tuple[Dispatch, Ending]:
    dispatch = Dispatch(
        ledger=ledger_of(mailing),
        sender=sender,
        composer=composer,
        route=route,
        surroundings=_Surroundings(mailing),
        configuration=configuration(),
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

    def __init__(self, mailing: Mailing) -> None:
        self._mailing_id = mailing.pk
        self._mailing_list_id = mailing.mailing_list_id

    def refused(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Return who of these may not be mailed any more, and why."""
        return refusal_reasons(mailing_list_id=self._mailing_list_id, subscriber_ids=subscriber_ids)

    def others_wait(self) -> bool:
        """Whether another mailing has no sender."""
        return waiting_mailings().exclude(pk=self._mailing_id).exists()

    def note_trouble(self, words: str) -> None:
        """Show an operator why nothing goes out."""
        mailing = Mailing.objects.filter(pk=self._mailing_id)
        if words:
            mailing.filter(trouble_since=None).update(trouble_since=Now())
            mailing.update(trouble=words[:300])
        else:
            mailing.update(trouble="", trouble_since=None, not_before=None)
