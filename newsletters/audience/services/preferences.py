"""What a person changes behind the signed link."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import transaction

from newsletters.audience.models import Event, MailingList, Reason, State, Subscriber, Subscription, Wording
from newsletters.audience.services.permission import record_permission
from newsletters.audience.services.subscriptions import end_subscription, move_subscription
from newsletters.audience.services.suppression import lift_suppression, suppress_address

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from content.topics.models import Topic


@transaction.atomic
def change_preferences(  # noqa: PLR0913 (one argument a field of the form)
    *,
    subscriber: Subscriber,
    name: str,
    frequency: str,
    topics: Collection[Topic],
    mailing_lists: Collection[MailingList],
    wording: Wording,
    at: datetime,
    page_address: str = "",
) -> None:
    """Make the person's choices so: their lists are exactly `mailing_lists`, each change with its own record.

    The signed link has proved the address, so a list that is added is active at once. A list that is not public can
    be left here, never joined. A suppression that the person cannot lift leaves them off every list.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    subscriber.name, subscriber.frequency = name, frequency
    subscriber.save(update_fields=["name", "frequency"])
    subscriber.topics.set(topics)
    present = {
        subscription.mailing_list_id: subscription
        for subscription in Subscription.objects.filter(subscriber=subscriber).select_related(
            "mailing_list", "permission"
        )
    }
    wanted = {mailing_list.pk: mailing_list for mailing_list in mailing_lists}
    for pk, subscription in present.items():
        if pk not in wanted and subscription.state != State.UNSUBSCRIBED:
            end_subscription(subscription=subscription, at=at, page_address=page_address)
    joining = [
        mailing_list
        for pk, mailing_list in wanted.items()
        if (pk not in present or present[pk].state != State.ACTIVE)
        and mailing_list.is_public
        and mailing_list.closed_at is None
    ]
    if not joining or not lift_suppression(canonical=subscriber.canonical):
        return
    for mailing_list in joining:
        record = record_permission(
            subscriber=subscriber, mailing_list=mailing_list, event=Event.CHANGED, at=at, wording=wording,
            page_address=page_address,
        )  # fmt: skip
        subscription, _ = Subscription.objects.get_or_create(
            subscriber=subscriber, mailing_list=mailing_list, defaults={"requested_at": at}
        )
        move_subscription(subscription=subscription, to=State.ACTIVE, at=at, permission=record)


@transaction.atomic
def unsubscribe_from_all(*, subscriber: Subscriber, at: datetime, page_address: str = "") -> None:
    """End every subscription and suppress the address, so that no import brings it back; twice is harmless."""
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    for subscription in Subscription.objects.filter(subscriber=subscriber).select_related("mailing_list", "permission"):
        end_subscription(subscription=subscription, at=at, page_address=page_address)
    suppress_address(canonical=subscriber.canonical, reason=Reason.UNSUBSCRIBED_ALL, at=at)
