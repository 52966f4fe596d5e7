"""The rights to a copy and to erasure, and the end of what nobody confirmed."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import transaction

from newsletters.audience.models import Event, OutgoingMail, Reason, Subscriber, Subscription
from newsletters.audience.personal_data import personal_data
from newsletters.audience.selectors import last_grant
from newsletters.audience.services.permission import record_permission
from newsletters.audience.services.suppression import suppress_address

if TYPE_CHECKING:
    from datetime import datetime

# After the link has expired: a month in which a late click can still be answered with "here is a new link".
UNCONFIRMED_DAYS_AFTER_EXPIRY = 30
SENT_MAIL_DAYS = 30


def export_subscriber(*, subscriber: Subscriber) -> dict[str, Any]:
    """Everything that is kept about one person, of all rooms, as JSON types (UK GDPR Art. 15 and 20)."""
    return {
        declaration.export_key: declaration.export(subscriber)
        for declaration in personal_data
        if declaration.export is not None
    }


@transaction.atomic
def erase_subscriber(*, subscriber: Subscriber, at: datetime, page_address: str = "") -> None:
    """Remove everything that names the person (UK GDPR Art. 17).

    Two things stay: the record of permission, which knows only a random number, as proof that past mail was lawful
    (Art. 17(3)(e)); and a keyed hash of the address, so that no import mails the person again.
    """
    subscriber = Subscriber.objects.select_for_update().get(pk=subscriber.pk)
    for subscription in Subscription.objects.filter(subscriber=subscriber).select_related("mailing_list"):
        earlier = last_grant(subscriber=subscriber, mailing_list=subscription.mailing_list)
        record_permission(
            subscriber=subscriber, mailing_list=subscription.mailing_list, event=Event.ERASED, at=at,
            page_address=page_address, like=earlier,
        )  # fmt: skip
    suppress_address(canonical=subscriber.canonical, reason=Reason.ERASED, at=at)
    for declaration in personal_data:
        if declaration.erase is not None:
            declaration.erase(subscriber)
    subscriber.delete()


def remove_unconfirmed(*, at: datetime) -> tuple[int, int]:
    """Forget people who never confirmed, and mails that were dealt with long ago.

    Returns how many people and how many mails. Who has a subscription that went further than asking stays.
    """
    oldest = at - timedelta(days=settings.CONFIRMATION_DAYS + UNCONFIRMED_DAYS_AFTER_EXPIRY)
    forgotten = Subscriber.objects.filter(confirmed_at=None, created_at__lt=oldest).exclude(
        subscriptions__requested_at__gte=oldest
    )
    people = 0
    for subscriber in forgotten.iterator(chunk_size=500):
        subscriber.delete()
        people += 1
    old = OutgoingMail.objects.exclude(state=OutgoingMail.State.WAITING).filter(
        created_at__lt=at - timedelta(days=SENT_MAIL_DAYS)
    )
    mails, _ = old.delete()
    return people, mails
