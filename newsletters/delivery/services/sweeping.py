"""The sweep: finds what is due and what was left behind. Nothing depends on a task being delivered again."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import structlog
from django.db.models import F, Q
from django.db.models.functions import Now

from newsletters.delivery.configuration import configuration
from newsletters.delivery.ledger import ledger_of
from newsletters.delivery.models import Mailing, Sender
from newsletters.delivery.selectors import alarm, spent_mailings, waiting_mailings
from newsletters.delivery.services.bounces import harvest_rejections
from newsletters.delivery.services.sampling import sample_mailings
from newsletters.delivery.services.steering import pause_mailing, start_mailing
from newsletters.delivery.states import ForbiddenMoveError, MailingState

log = structlog.get_logger(__name__)

NUDGE_SECONDS = 20
"""A mailing that was nudged is not nudged again for this long: its task may be waiting behind others."""


@dataclass(slots=True)
class Swept:
    """What a sweep found; `to_nudge` are mailings that want a task."""

    buried: int = 0
    unknown: int = 0
    retried: int = 0
    started: int = 0
    finished: int = 0
    paused: int = 0
    to_nudge: list[int] = field(default_factory=list)


def sweep_mailings(*, at: datetime | None = None) -> Swept:
    """Settle dead senders, start what is due, reopen what may be retried, finish what is done, find idle mailings."""
    at = at or datetime.now(UTC)
    swept = Swept()
    _bury(swept)
    _start_due(swept, at)
    for mailing in Mailing.objects.filter(state=MailingState.SENDING, deferrals__due_at__lte=Now()).distinct():
        swept.retried += ledger_of(mailing).reopen_due_deferrals()
    sample_mailings(at=at)
    for mailing in Mailing.objects.filter(state=MailingState.SENDING):
        reason = alarm(mailing)
        if reason:
            try:
                pause_mailing(mailing=mailing, reason=reason)
            except ForbiddenMoveError:
                continue  # somebody was faster
            log.warning("mailing paused by itself", mailing=mailing.pk)
            swept.paused += 1
    spent = list(spent_mailings())
    for mailing in spent:
        harvest_rejections(mailing=mailing, at=at)
    finished = [mailing.pk for mailing in spent]
    swept.finished = Mailing.objects.filter(pk__in=finished, state=MailingState.SENDING).update(
        state=MailingState.FINISHED, finished_at=Now(), trouble="", trouble_since=None
    )
    idle = Q(pk__in=waiting_mailings().values("pk")) | Q(state=MailingState.FREEZING)
    rested = Q(nudged_at=None) | Q(nudged_at__lt=Now() - timedelta(seconds=NUDGE_SECONDS))
    for mailing in Mailing.objects.filter(idle, rested):
        if Mailing.objects.filter(rested, pk=mailing.pk).update(nudged_at=Now()):
            swept.to_nudge.append(mailing.pk)
    return swept


def _bury(swept: Swept) -> None:
    expired = Sender.objects.filter(lease_until__lte=Now()).values("mailing_id")
    for mailing in Mailing.objects.filter(pk__in=expired):
        buried, unknown = ledger_of(mailing).bury_expired_senders()
        if not buried:
            continue
        swept.buried += buried
        swept.unknown += unknown
        log.warning("sender died", mailing=mailing.pk, senders=buried, unknown=unknown)
        Mailing.objects.filter(pk=mailing.pk).update(deaths=F("deaths") + buried, nudged_at=None)
        mailing.refresh_from_db(fields=["deaths", "state"])
        if mailing.deaths >= configuration().deaths and mailing.state == MailingState.SENDING:
            pause_mailing(
                mailing=mailing,
                reason=f"{mailing.deaths} senders died one after the other without sending anything. Look at the"
                " worker's log, then resume.",
            )


def _start_due(swept: Swept, at: datetime) -> None:
    late = at - timedelta(seconds=configuration().late)
    for mailing in Mailing.objects.due(at):
        if mailing.scheduled_at is not None and mailing.scheduled_at < late:
            missed = Mailing.objects.filter(pk=mailing.pk, state=MailingState.FROZEN)
            missed.update(state=MailingState.MISSED)
            log.warning("schedule missed", mailing=mailing.pk)
            continue
        try:
            start_mailing(mailing=mailing)
        except ForbiddenMoveError:
            continue  # somebody was faster
        swept.started += 1
