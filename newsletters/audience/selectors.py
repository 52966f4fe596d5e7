"""Reads: who may be mailed, and why the others may not."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q
from django.utils import timezone

from newsletters.audience.models import Basis, Frequency, MailingList, PermissionRecord, State, Subscriber, Subscription
from newsletters.audience.models.permission import GRANTING

if TYPE_CHECKING:
    import uuid
    from collections.abc import Iterable
    from datetime import datetime

    from django.db.models import QuerySet

# Half a day and two days less than the words say: an issue that leaves a few hours earlier than last week's, or on
# the first of a month of 30 days, still belongs to the next week or month.
PAUSES = {Frequency.WEEKLY: timedelta(days=6, hours=12), Frequency.MONTHLY: timedelta(days=28)}
LAWFUL_BASES = frozenset(Basis.values)


@dataclass(frozen=True, slots=True)
class Step:
    """One line of the waterfall: how many people fall away here, and why in words."""

    key: str
    label: str
    count: int


@dataclass(frozen=True, slots=True)
class Waterfall:
    """From everybody on a list down to those who may be mailed; the steps add up exactly."""

    total: int
    left_out: tuple[Step, ...]
    mailable: int


def public_lists() -> QuerySet[MailingList]:
    """The lists that the sign-up form offers."""
    return MailingList.objects.public()


def mailable_subscriptions(mailing_list: MailingList, *, at: datetime | None = None) -> QuerySet[Subscription]:
    """The subscriptions that a mailing of this list may use at `at`: the audience, as one plain query.

    Active, the address not suppressed, a granting permission on record, the list open, and the person's own
    frequency kept. `delivery` can turn it into an INSERT … SELECT: `mailable_subscriptions(l).values_list(
    "subscriber_id", "subscriber__public_id", "subscriber__email", "subscriber__name")`; after that it says so by
    `services.record_mailed`, on which the frequency rests.
    """
    return (
        Subscription.objects.filter(mailing_list=mailing_list)
        .mailable()
        .filter(permission__event__in=GRANTING)
        .exclude(_too_soon(at or timezone.now()))
        .order_by()
    )


def audience_waterfall(mailing_list: MailingList, *, at: datetime | None = None) -> Waterfall:
    """Count who is left out and why; each person is counted at the first reason that holds. One query."""
    at = at or timezone.now()
    active, free = Q(state=State.ACTIVE), Q(subscriber__suppressed_at=None)
    granted = Q(permission__event__in=GRANTING)
    closed = Q(mailing_list__closed_at__isnull=False)
    counted = active & free & granted
    reasons: list[tuple[str, str, Q]] = [
        *((state.value, State(state).label, Q(state=state)) for state in State if state is not State.ACTIVE),
        ("suppressed", "Suppressed address", active & ~free),
        ("without_permission", "No permission on record", active & free & (Q(permission=None) | ~granted)),
        ("closed", "The list is closed", counted & closed),
        ("frequency", "Had mail recently and wants less", counted & ~closed & _too_soon(at)),
    ]
    counts = Subscription.objects.filter(mailing_list=mailing_list).aggregate(
        total=Count("pk"), **{key: Count("pk", filter=condition) for key, _, condition in reasons}
    )
    left_out = tuple(Step(key, label, counts[key]) for key, label, _ in reasons)
    return Waterfall(counts["total"], left_out, counts["total"] - sum(step.count for step in left_out))


def permission_history(public_id: uuid.UUID) -> QuerySet[PermissionRecord]:
    """Everything that is on record about one person, oldest first; it is there after erasure too."""
    return PermissionRecord.objects.filter(subscriber_public_id=public_id).select_related("mailing_list", "wording")


def last_grant(*, subscriber: Subscriber, mailing_list: MailingList) -> PermissionRecord | None:
    """The latest record that allowed this list to mail this person, whether or not it was withdrawn since."""
    return (
        PermissionRecord.objects.filter(
            subscriber_public_id=subscriber.public_id, mailing_list=mailing_list, event__in=GRANTING
        )
        .order_by("-at", "-pk")
        .first()
    )


def followers(topics: Iterable[int]) -> QuerySet[Subscriber]:
    """Subscribers who follow at least one of these topics: the readers of an issue's topic section."""
    interest = Subscriber.topics.through._default_manager.filter(subscriber=OuterRef("pk"), topic__in=list(topics))  # noqa: SLF001 (Django's public name)
    return Subscriber.objects.filter(Exists(interest))


def _too_soon(at: datetime) -> Q:
    condition = Q()
    for frequency, pause in PAUSES.items():
        condition |= Q(subscriber__frequency=frequency, last_mailed_at__gt=at - pause)
    return condition
