"""Making transactional mail due. Sending it is `newsletters.audience.sending`."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import structlog
from celery import current_app
from django.db import transaction
from kombu.exceptions import KombuError, OperationalError

from newsletters.audience.models import MailingList, OutgoingMail, Subscriber, Wording
from newsletters.audience.models.suppression import LIFTED_BY_ASKING_AGAIN
from newsletters.audience.services.suppression import suppression_reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

# So many mails may a form make us send to one address in a day: enough for somebody who lost a mail or two, too few
# to annoy somebody whose address others type in.
MAILS_A_DAY = 4
SEND_TASK = "newsletters.audience.send_confirmation"

log = structlog.get_logger(__name__)


def queue_mail(
    *,
    kind: str,
    subscriber: Subscriber,
    at: datetime,
    mailing_lists: Sequence[MailingList] = (),
    wording: Wording | None = None,
) -> OutgoingMail | None:
    """Make one mail due, in the caller's transaction; a task sends it after the commit, a sweep if that is lost.

    Returns None when this address has had `MAILS_A_DAY` already; the person is told the same as ever.
    """
    recent = OutgoingMail.objects.filter(subscriber=subscriber, created_at__gt=at - timedelta(days=1)).count()
    if recent >= MAILS_A_DAY:
        return None
    mail: OutgoingMail = OutgoingMail.objects.create(
        kind=kind, subscriber=subscriber, wording=wording, created_at=at, due_at=at
    )
    mail.mailing_lists.set(mailing_lists)
    transaction.on_commit(partial(_nudge, mail.pk))
    return mail


@transaction.atomic
def request_preferences_link(*, canonical: str, at: datetime) -> None:
    """Send the link to the preference centre to a known address; return nothing, whether it is known or not.

    It goes to people who have unsubscribed too: they may want to see or erase what is kept. Not to an address that
    does not work or that has reported us.
    """
    subscriber = Subscriber.objects.filter(canonical=canonical).exclude(confirmed_at=None).first()
    if subscriber is None or not may_be_answered(subscriber):
        return
    queue_mail(kind=OutgoingMail.Kind.PREFERENCES, subscriber=subscriber, at=at)


def may_be_answered(subscriber: Subscriber) -> bool:
    """Whether a transactional mail may go to this person: yes, but for a complaint or an operator's bar."""
    reason = suppression_reason(canonical=subscriber.canonical)
    return reason is None or reason in LIFTED_BY_ASKING_AGAIN


def _nudge(pk: int) -> None:
    """Ask a worker to send it now. A broker that is down costs a few seconds: the sweep finds the row."""
    try:
        current_app.send_task(SEND_TASK, args=[pk], retry=False)
    except (OperationalError, KombuError, OSError):
        log.warning("broker not reached, the sweep will send it", outgoing_mail=pk)
