"""Celery tasks: they take a number and call one service, and may run any number of times."""

from __future__ import annotations

import structlog
from celery import shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError

from newsletters.delivery import services
from newsletters.delivery.bounces.mailbox import MailboxTroubleError, configured_mailbox, read_mailbox
from newsletters.delivery.models import Mailing
from newsletters.delivery.sending.dispatch import Ending
from newsletters.delivery.states import MailingState

log = structlog.get_logger(__name__)


@shared_task(name="newsletters.delivery.send_mailing")
def send_mailing(mailing_id: int) -> None:
    """Do the next piece of work for a mailing: freeze its audience, start it when due, send for a box of time."""
    mailing = Mailing.objects.filter(pk=mailing_id).first()
    if mailing is None:
        return
    if mailing.state == MailingState.FREEZING:
        mailing = services.freeze_audience(mailing=mailing)
    if mailing.state == MailingState.FROZEN:
        # The sweep starts what is due; the schedule is looked at in one place.
        services.sweep_mailings(at=timezone.now())
        return
    if mailing.state == MailingState.SENDING and services.run_sender(mailing_id=mailing_id) is Ending.BOX:
        nudge_mailing(mailing_id)


@shared_task(name="newsletters.delivery.sweep_mailings")
def sweep_mailings() -> None:
    """Look after all mailings; run by beat every few seconds."""
    for mailing_id in services.sweep_mailings().to_nudge:
        nudge_mailing(mailing_id)


@shared_task(name="newsletters.delivery.read_bounces")
def read_bounces() -> None:
    """Read what has come to the bounce mailbox, where there is one; run by beat every few minutes."""
    mailbox = configured_mailbox()
    if mailbox is None:
        return
    try:
        read_mailbox(mailbox)
    except MailboxTroubleError as error:
        log.warning("bounce mailbox out of reach", reason=str(error))


@shared_task(name="newsletters.delivery.remove_old_returned")
def remove_old_returned() -> None:
    """Once a day: forget returned messages that are too old to be replayed."""
    services.remove_old_returned(at=timezone.now())


@shared_task(name="newsletters.delivery.compact_mailings")
def compact_mailings() -> None:
    """Compact what has been over for long, for two minutes at most; run by beat every hour."""
    done = services.compact_mailings(at=timezone.now())
    log.info("compaction", mailings=done.mailings, recipients=done.recipients, receipts=done.receipts_removed)


def nudge_mailing(mailing_id: int) -> None:
    """Ask a worker to look after a mailing; without a broker the sweep will, once there is one."""
    try:
        send_mailing.delay(mailing_id)
    except (OperationalError, OSError):
        log.warning("no broker, mailing left to the sweep", mailing=mailing_id)
