"""Celery tasks of the audience: they take ids, call one service, and may run twice."""

from __future__ import annotations

import time

from celery import shared_task
from django.utils import timezone

from newsletters.audience.sending import due_mails, send_mail
from newsletters.audience.services import remove_unconfirmed
from newsletters.audience.services.mails import SEND_TASK

# A sweep stops taking new mails after this long, so that it ends well before the longest task may (5 minutes).
SWEEP_SECONDS = 60.0
SWEEP_BATCH = 200


@shared_task(name=SEND_TASK)
def send_confirmation(pk: int) -> None:
    """Send one mail, right after the form that asked for it."""
    send_mail(pk=pk, at=timezone.now())


@shared_task(name="newsletters.audience.sweep_confirmations")
def sweep_confirmations() -> None:
    """Send what a lost nudge, a killed worker or a relay that was down has left behind."""
    started = time.monotonic()
    for pk in due_mails(SWEEP_BATCH):
        if time.monotonic() - started > SWEEP_SECONDS:
            return
        send_mail(pk=pk, at=timezone.now())


@shared_task(name="newsletters.audience.remove_unconfirmed")
def tidy_audience() -> None:
    """Once a day: forget who never confirmed, and mails dealt with long ago."""
    remove_unconfirmed(at=timezone.now())
