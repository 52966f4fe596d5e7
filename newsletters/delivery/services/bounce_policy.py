"""When an address is not written to any more: at once when it is gone or complains, after a while when it stays full.

Nobody is suppressed over what may be our own fault: refusals by policy never count, and hard bounces of a mailing of
which an implausible part came back as hard are held until an operator has looked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

import structlog
from django.db import transaction
from django.db.models import Max

from newsletters.audience.models import Subscriber, Subscription
from newsletters.audience.services import record_complaint, record_hard_bounce
from newsletters.delivery.configuration import configuration
from newsletters.delivery.models import Bounce, Mailing

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

BATCH = 500
"""Subscribers looked at in one query."""

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Policy:
    """Soft bounces of `soft` different mailings within `days` days are as good as a hard one."""

    soft: int
    days: int

    @classmethod
    def in_force(cls) -> Policy:
        """Return the policy as it is configured."""
        return cls(soft=configuration().soft_bounces, days=configuration().soft_days)


class Verdict(NamedTuple):
    """One subscriber who is not written to any more, and why."""

    subscriber_id: int
    kind: str
    bounces: list[int]


@dataclass(slots=True)
class Judgement:
    """What the policy says: whom it ends, and how many hard bounces are held because there are too many of them."""

    verdicts: list[Verdict] = field(default_factory=list)
    held: int = 0
    examined: int = 0

    def count(self, kind: str) -> int:
        """How many are ended for one reason."""
        return sum(verdict.kind == kind for verdict in self.verdicts)


def judge_bounces(*, policy: Policy | None = None, since: datetime | None = None, even_so: bool = False) -> Judgement:
    """Say what a policy would do to the whole history (or from `since` on), and do nothing: the dry run."""
    policy, judgement = policy or Policy.in_force(), Judgement()
    bounces = Bounce.objects.exclude(subscriber_id=None)
    if since is not None:
        bounces = bounces.filter(at__gte=since)
    subscribers = bounces.order_by("subscriber_id").values_list("subscriber_id", flat=True).distinct()
    for batch in _batches(subscribers.iterator(chunk_size=BATCH)):
        _judge(judgement, policy, bounces.filter(subscriber_id__in=batch), batch, even_so=even_so)
    return judgement


def apply_policy(
    *, at: datetime, subscriber_ids: Iterable[int] | None = None, even_so: bool = False, policy: Policy | None = None
) -> Judgement:
    """End what the policy says is to be ended, among these subscribers or all with bounces not acted on yet.

    `even_so` lets go of hard bounces that were held. Who is suppressed already stays so; doing it twice is harmless.
    """
    policy, judgement = policy or Policy.in_force(), Judgement()
    pending = Bounce.objects.filter(applied_at=None).exclude(subscriber_id=None)
    everybody = pending.order_by("subscriber_id").values_list("subscriber_id", flat=True).distinct()
    for batch in _batches(everybody if subscriber_ids is None else subscriber_ids):
        with transaction.atomic():
            before = len(judgement.verdicts)
            # What has been acted on is spent: an operator who lifts a suppression is not overruled by it.
            bounces = Bounce.objects.filter(subscriber_id__in=batch, applied_at=None)
            _judge(judgement, policy, bounces, batch, even_so=even_so)
            for verdict in judgement.verdicts[before:]:
                _end(verdict, at)
    return judgement


def _end(verdict: Verdict, at: datetime) -> None:
    subscriber = Subscriber.objects.select_for_update().filter(pk=verdict.subscriber_id).first()
    if subscriber is None:
        return
    if verdict.kind == Bounce.Kind.COMPLAINT:
        record_complaint(subscriber=subscriber, at=at)
    else:
        record_hard_bounce(subscriber=subscriber, at=at)
    Bounce.objects.filter(pk__in=verdict.bounces).update(applied_at=at)
    log.info("subscriber ended by a bounce", kind=verdict.kind, bounces=len(verdict.bounces))


def _judge(judgement: Judgement, policy: Policy, bounces: QuerySet[Bounce], batch: list[int], *, even_so: bool) -> None:
    confirmed = dict(
        Subscription.objects.filter(subscriber_id__in=batch)
        .order_by()
        .values_list("subscriber_id")
        .annotate(Max("confirmed_at"))
    )
    rows = list(bounces.order_by("subscriber_id", "at", "pk"))
    judgement.examined += len(rows)
    suspicious = set() if even_so else _suspicious_mailings({row.mailing_id for row in rows})
    for subscriber_id, group in groupby(rows, key=lambda row: row.subscriber_id):
        # Who has proved since then that the address works is not ended by what came back before.
        since = confirmed.get(subscriber_id)
        counting = [row for row in group if since is None or row.at > since]
        held = [row for row in counting if row.kind == Bounce.Kind.HARD and row.mailing_id in suspicious]
        judgement.held += sum(row.applied_at is None for row in held)
        verdict = _verdict(subscriber_id, [row for row in counting if row not in held], policy)
        if verdict is not None:
            judgement.verdicts.append(verdict)


def _verdict(subscriber_id: int, rows: list[Bounce], policy: Policy) -> Verdict | None:
    for kind in (Bounce.Kind.COMPLAINT, Bounce.Kind.HARD):
        found = [row.pk for row in rows if row.kind == kind]
        if found:
            return Verdict(subscriber_id, kind, found)
    soft = [row for row in rows if row.kind == Bounce.Kind.SOFT]
    for index, last in enumerate(soft):
        window = [row for row in soft[: index + 1] if last.at - row.at <= timedelta(days=policy.days)]
        if len({row.mailing_id or -row.pk for row in window}) >= policy.soft:
            return Verdict(subscriber_id, Bounce.Kind.SOFT, [row.pk for row in window])
    return None


def _suspicious_mailings(mailing_ids: set[int | None]) -> set[int]:
    """Return the mailings of which more came back as hard than a list that was ever good can hold."""
    settings, found = configuration(), set()
    for mailing_id in mailing_ids:
        if mailing_id is None:
            continue
        size = Mailing.objects.filter(pk=mailing_id).values_list("size", flat=True).first() or 0
        hard = Bounce.objects.filter(mailing_id=mailing_id, kind=Bounce.Kind.HARD).count()
        is_implausible = hard > size * settings.rejection_rate and hard >= settings.enough * settings.rejection_rate
        if is_implausible:
            found.add(mailing_id)
    return found


def _batches(numbers: Iterable[int | None] | Iterable[int]) -> Iterator[list[int]]:
    batch: list[int] = []
    for number in numbers:
        if number is not None:
            batch.append(number)
        if len(batch) == BATCH:
            yield batch
            batch = []
    if batch:
        yield batch
