"""Compaction: a mailing that has been over for long keeps its counts and who got what, and loses addresses and names.

In slices of a few chunks, each a short transaction that may be repeated: killed at any moment, it goes on where it was.
"""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import structlog
from django.db import connection, transaction
from django.db.models.functions import Now

from newsletters.delivery.configuration import configuration
from newsletters.delivery.models import CHUNK_SIZE, Chunk, Deferral, Mailing, Receipt, Recipient, Sample
from newsletters.delivery.reporting.charts import POINTS, thinned
from newsletters.delivery.reporting.figures import count_figures, figures_as_data
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.services.bounces import harvest_rejections
from newsletters.delivery.states import OVER, MailingState

if TYPE_CHECKING:
    from datetime import datetime

log = structlog.get_logger(__name__)

SLICE: Final = 4 * CHUNK_SIZE
"""Recipients a transaction: well below a second on SQLite, whose one writer others wait for."""
BOX: Final = 120.0
"""Seconds after which a run ends, far below Celery's limit; the next one goes on."""


@dataclass(slots=True)
class Compacted:
    """What a run did; `is_done` is False when its time was up first."""

    mailings: int = 0
    recipients: int = 0
    receipts_removed: int = 0
    is_done: bool = True


def compact_mailings(*, at: datetime, box: float = BOX) -> Compacted:
    """Compact mailings that have been over for `compact_after_days`; remove receipts after `receipts_days`."""
    done = Compacted()
    end = time.monotonic() + box
    settings = configuration()
    due = Mailing.objects.filter(
        state__in=OVER, compacted_at=None, finished_at__lt=at - timedelta(days=settings.compact_after_days)
    )
    for mailing_id in due.order_by("finished_at").values_list("pk", flat=True):
        _harvest(mailing_id, at)
        while moved := _compact_slice(mailing_id):
            done.recipients += moved
            if time.monotonic() > end:
                done.is_done = False
                return done
        done.mailings += _finish(mailing_id)
    _remove_receipts(done, at - timedelta(days=settings.receipts_days), end)
    return done


def _harvest(mailing_id: int, at: datetime) -> None:
    """Write down what was refused for good in a cancelled mailing, which no sweep has finished."""
    mailing = Mailing.objects.get(pk=mailing_id)
    if mailing.state == MailingState.CANCELLED and not mailing.summary:
        harvest_rejections(mailing=mailing, at=at)


def _compact_slice(mailing_id: int) -> int:
    """Turn the next recipients into receipts; returns how many there were."""
    with transaction.atomic():
        mailing = Mailing.objects.select_for_update().get(pk=mailing_id)
        if mailing.state not in OVER or mailing.compacted_at is not None:
            return 0  # somebody resends, or another run was faster
        if not mailing.summary:
            summary = figures_as_data(count_figures(mailing))
            summary["counts"] = mailing_counts(mailing).as_data()
            Mailing.objects.filter(pk=mailing_id).update(summary=summary)
        first = Recipient.objects.filter(mailing=mailing).order_by("number").values_list("number", flat=True).first()
        if first is None:
            return 0
        last = (first - 1) // SLICE * SLICE + SLICE
        rows = Recipient.objects.filter(mailing=mailing, number__gte=first, number__lte=last)
        with connection.cursor() as cursor:
            cursor.execute(
                "INSERT INTO delivery_receipt (mailing_id, number, subscriber_id, state, done_at)"
                " SELECT mailing_id, number, subscriber_id, state, done_at FROM delivery_recipient"
                " WHERE mailing_id = %s AND number >= %s AND number <= %s ON CONFLICT (mailing_id, number) DO NOTHING",
                [mailing_id, first, last],
            )
        return rows.delete()[0]


def _finish(mailing_id: int) -> int:
    """Remove what only served sending; returns 1 when this run was the one."""
    with transaction.atomic():
        mailing = Mailing.objects.select_for_update().get(pk=mailing_id)
        left = Recipient.objects.filter(mailing=mailing).exists()
        if mailing.state not in OVER or mailing.compacted_at is not None or left:
            return 0
        Deferral.objects.filter(mailing=mailing).delete()
        Chunk.objects.filter(mailing=mailing).delete()
        samples = list(Sample.objects.filter(mailing=mailing).order_by("at").values_list("at", "pk"))
        kept = {pk for _, pk in thinned(samples, POINTS)}
        Sample.objects.filter(mailing=mailing).exclude(pk__in=kept).delete()
        Mailing.objects.filter(pk=mailing_id).update(compacted_at=Now())
    log.info("mailing compacted", mailing=mailing_id, recipients=mailing.size)
    return 1


def _remove_receipts(done: Compacted, before: datetime, end: float) -> None:
    old = Mailing.objects.filter(finished_at__lt=before, compacted_at__isnull=False)
    for mailing_id in old.order_by("finished_at").values_list("pk", flat=True):
        receipts = Receipt.objects.filter(mailing=mailing_id)
        while numbers := list(receipts.order_by("number").values_list("number", flat=True)[:SLICE]):
            done.receipts_removed += receipts.filter(number__lte=numbers[-1]).delete()[0]
            if time.monotonic() > end:
                done.is_done = False
                return
