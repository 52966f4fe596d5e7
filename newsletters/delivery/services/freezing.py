"""Freezing: an issue and a list become a mailing that nothing but its progress can change."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import structlog
from django.conf import settings
from django.db import IntegrityError, transaction
from django.db.models import Count, F

from newsletters.audience.models import Frequency, MailingList, Subscription
from newsletters.audience.selectors import audience_waterfall, mailable_subscriptions
from newsletters.audience.services import record_mailed
from newsletters.delivery.configuration import configuration
from newsletters.delivery.ledger import ledger_of
from newsletters.delivery.models import Mailing
from newsletters.delivery.services.clicks import record_links
from newsletters.delivery.states import MailingState
from newsletters.issues.compiled import FIELDS, render_parts

if TYPE_CHECKING:
    from django.db.models import QuerySet

    from newsletters.issues.compiled import CompiledIssue

log = structlog.get_logger(__name__)


class FreezeRefusedError(ValueError):
    """The issue cannot become a mailing; the message is fit for an editor."""


def freeze_mailing(
    *, compiled: CompiledIssue, at: datetime, scheduled_at: datetime | None = None, by: Any = None
) -> Mailing:
    """Make a mailing of a compiled issue. Its recipients are written by `freeze_audience`, in a task.

    `scheduled_at` is None for "at once". The preflight has passed when this is called; what it looks at has not been
    changed since, because `compiled` is the very thing it looked at.

    Raises:
        FreezeRefusedError: there is a mailing of this issue to this list already, or the list takes no mail.
    """
    mailing_list = MailingList.objects.filter(pk=compiled.list_id or 0).first()
    if mailing_list is None:
        raise FreezeRefusedError("The newsletter has no list to send to. Choose one on the newsletter's page.")
    if mailing_list.closed_at is not None:
        raise FreezeRefusedError("The list is closed, so nobody can be mailed.")
    samples = {name: field.sample for name, field in FIELDS.items()}
    try:
        with transaction.atomic():
            mailing = Mailing.objects.create(
                issue_id=compiled.issue_id,
                mailing_list=mailing_list,
                title=render_parts(compiled.subject, samples)[:255],
                content=compiled.as_data(),
                content_hash=compiled.content_hash,
                list_name=mailing_list.name,
                list_id=mailing_list.list_id,
                key_id=next(iter(settings.LINK_KEYS)),
                scheduled_at=scheduled_at,
                created_by=by if getattr(by, "pk", None) else None,
            )
            record_links(compiled=compiled)
    except IntegrityError as error:
        raise FreezeRefusedError(
            "This issue is on its way to this list already; it is sent once. Look at its mailing."
        ) from error
    log.info("mailing made", mailing=mailing.pk, at=at.isoformat())
    return mailing


def freeze_audience(*, mailing: Mailing, at: datetime | None = None) -> Mailing:
    """Write a mailing's recipients to the ledger, a range a transaction; it goes on where a killed run stopped.

    Everybody counts who may be mailed when their range is written; whoever leaves later is left out at the moment of
    sending.
    """
    at = at or datetime.now(UTC)
    while True:
        with transaction.atomic():
            mailing = Mailing.objects.select_for_update().get(pk=mailing.pk)
            if mailing.state != MailingState.FREEZING:
                return mailing
            if not mailing.waterfall:
                ledger_of(mailing).gather_audience_statistics(mailing.mailing_list.subscriptions.count())
                mailing.waterfall = _waterfall(mailing, at)
                mailing.save(update_fields=["waterfall"])
            if not _freeze_range(mailing, at):
                ledger = ledger_of(mailing)
                ledger.make_chunks(mailing.size)
                ledger.gather_statistics()
                mailing.state = MailingState.FROZEN
                mailing.waterfall = _settled_waterfall(mailing)
                mailing.save(update_fields=["state", "waterfall"])
                log.info("mailing frozen", mailing=mailing.pk, recipients=mailing.size)
                return mailing


def _freeze_range(mailing: Mailing, at: datetime) -> bool:
    """Freeze the next range; return whether there was one."""
    size = configuration().freeze_range
    rest = Subscription.objects.filter(
        mailing_list=mailing.mailing_list_id, subscriber_id__gt=mailing.frozen_through
    ).order_by("subscriber_id")
    numbers = rest.values_list("subscriber_id", flat=True)
    last = numbers[size - 1 : size].first() or rest.values_list("subscriber_id", flat=True).last()
    if last is None:
        return False
    audience = _audience(mailing, after=mailing.frozen_through, through=last, at=at)
    written = ledger_of(mailing).freeze_range(
        audience.values(
            person=F("subscriber_id"),
            public_id=F("subscriber__public_id"),
            email=F("subscriber__email"),
            name=F("subscriber__name"),
        ),
        offset=mailing.size,
        with_topics=bool(mailing.compiled.topic_ids),
    )
    # Whoever takes every issue needs no note of when the last one came.
    record_mailed(subscriptions=_limited(mailing, after=mailing.frozen_through, through=last, at=at), at=at)
    Mailing.objects.filter(pk=mailing.pk).update(frozen_through=last, size=F("size") + written)
    mailing.frozen_through, mailing.size = last, mailing.size + written
    return True


def _audience(mailing: Mailing, *, after: int, through: int, at: datetime) -> QuerySet[Subscription]:
    return mailable_subscriptions(mailing.mailing_list, at=at).filter(
        subscriber_id__gt=after, subscriber_id__lte=through
    )


def _limited(mailing: Mailing, *, after: int, through: int, at: datetime) -> QuerySet[Subscription]:
    limited = _audience(mailing, after=after, through=through, at=at).exclude(subscriber__frequency=Frequency.EVERY)
    return Subscription.objects.filter(pk__in=limited.values("pk"))


def _waterfall(mailing: Mailing, at: datetime) -> list[list[Any]]:
    """The counts from everybody on the list down to those who get mail, in order: key, words, number."""
    waterfall = audience_waterfall(mailing.mailing_list, at=at)
    addresses = mailable_subscriptions(mailing.mailing_list, at=at).aggregate(
        rows=Count("pk"), different=Count("subscriber__canonical", distinct=True)
    )
    duplicates = addresses["rows"] - addresses["different"]
    return [
        ["total", "On the list", waterfall.total],
        *([step.key, step.label, step.count] for step in waterfall.left_out),
        ["duplicates", "Duplicate address", duplicates],
        ["to_send", "To send", waterfall.mailable - duplicates],
    ]


def _settled_waterfall(mailing: Mailing) -> list[list[Any]]:
    """The waterfall with those who came or went while the list was written, so that it ends at what was written."""
    *steps, (key, label, counted) = mailing.waterfall
    if counted == mailing.size:
        return mailing.waterfall
    return [
        *steps,
        ["changed", "Changed while the list was written", counted - mailing.size],
        [key, label, mailing.size],
    ]
