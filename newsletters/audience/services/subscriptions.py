"""From asking to leaving: each function is one move of the subscription's states, with its record of permission."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.db import transaction

from newsletters.audience import links
from newsletters.audience.addresses import Address
from newsletters.audience.links import TokenExpired, TokenInvalid
from newsletters.audience.models import (
    Event,
    MailingList,
    OutgoingMail,
    PermissionRecord,
    Reason,
    State,
    Subscriber,
    Subscription,
    Wording,
)
from newsletters.audience.models.subscriptions import TRANSITIONS
from newsletters.audience.models.suppression import LIFTED_BY_ASKING_AGAIN
from newsletters.audience.selectors import last_grant
from newsletters.audience.services.mails import queue_mail
from newsletters.audience.services.permission import record_permission
from newsletters.audience.services.suppression import lift_suppression, suppress_address, suppression_reason

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet


# Undoing is for a slip of the hand: later than this, a link in an old mail must not subscribe anybody.
UNDO_WITHIN = timedelta(hours=24)

_MOMENTS = {
    State.PENDING: "requested_at",
    State.ACTIVE: "confirmed_at",
    State.UNSUBSCRIBED: "unsubscribed_at",
    State.BOUNCED: "bounced_at",
    State.COMPLAINED: "complained_at",
}


class MoveRefused(ValueError):  # noqa: N818 (reads as what it is)
    """A subscription cannot go from its state to that one."""


@dataclass(frozen=True, slots=True)
class Left:
    """What an unsubscribe link did: `changed` is False when there was nothing left to end."""

    subscriber: Subscriber | None
    mailing_list: MailingList | None
    changed: bool


def move_subscription(
    *, subscription: Subscription, to: State, at: datetime, permission: PermissionRecord | None = None
) -> None:
    """Change the state by the table of transitions, note the moment, and hang up or take down the permission.

    Raises:
        MoveRefused: the table has no such move.
    """
    if to not in TRANSITIONS[subscription.state]:
        raise MoveRefused(f"a subscription cannot go from {subscription.state} to {to}")
    subscription.state = to
    subscription.permission = permission
    setattr(subscription, _MOMENTS[to], at)
    subscription.save(update_fields=["state", "permission", _MOMENTS[to]])


@transaction.atomic
def request_subscription(  # noqa: PLR0913 (one argument a field of the form)
    *,
    address: Address,
    mailing_lists: Sequence[MailingList],
    wording: Wording,
    at: datetime,
    page_address: str = "",
    name: str = "",
) -> None:
    """Take what the sign-up form sent: pending subscriptions, and a mail with the link that makes them active.

    Returns nothing on purpose: the caller must not be able to say whether the address was known. Who is subscribed
    to all of it already gets a mail that says so. For an address that a confirmation must not reach (a complaint, an
    operator's entry) the same work is done and rolled back. A stranger's form never changes a confirmed person's
    name.
    """
    reason = suppression_reason(canonical=address.canonical)
    subscriber = _locked_subscriber(address)
    if name and subscriber.confirmed_at is None:
        subscriber.name = name
        subscriber.save(update_fields=["name"])
    waiting = []
    for mailing_list in mailing_lists:
        subscription, created = Subscription.objects.get_or_create(
            subscriber=subscriber, mailing_list=mailing_list, defaults={"requested_at": at}
        )
        if subscription.state == State.ACTIVE:
            continue
        if subscription.state == State.PENDING:
            if not created:
                subscription.requested_at = at
                subscription.save(update_fields=["requested_at"])
        else:
            move_subscription(subscription=subscription, to=State.PENDING, at=at)
        record_permission(
            subscriber=subscriber, mailing_list=mailing_list, event=Event.REQUESTED, at=at, wording=wording,
            page_address=page_address,
        )  # fmt: skip
        waiting.append(mailing_list)
    kind = OutgoingMail.Kind.CONFIRM if waiting else OutgoingMail.Kind.ALREADY_SUBSCRIBED
    queue_mail(kind=kind, subscriber=subscriber, mailing_lists=waiting or mailing_lists, wording=wording, at=at)
    if reason is not None and reason not in LIFTED_BY_ASKING_AGAIN:
        transaction.set_rollback(True)
    elif reason is not None and subscriber.suppressed_at is None:  # erased before, or imported beside a suppression
        Subscriber.objects.filter(pk=subscriber.pk).update(suppressed_at=at)


@transaction.atomic
def confirm_subscription(*, token: str, at: datetime, page_address: str = "") -> Subscriber:
    """Turn the pending subscriptions that a link names into active ones.

    The token is the only proof that the address's owner asked, so it names the wording that was shown and is refused
    after `CONFIRMATION_DAYS`. Confirming twice is harmless: the second time finds nothing pending and records
    nothing. A link older than a later unsubscription does not bring the subscription back.

    Raises:
        TokenExpired: the link is too old, or overtaken by an unsubscription; the page offers to send a new one.
        TokenInvalid: altered, or not ours, or the person's data have been erased since.
    """
    confirmation = links.read_confirmation(token, at=at)
    subscriber = Subscriber.objects.select_for_update().filter(public_id=confirmation.subscriber).first()
    wording = Wording.objects.filter(kind=Wording.Kind.SIGN_UP, version=confirmation.wording_version).first()
    if subscriber is None or wording is None:
        raise TokenInvalid("there is nothing to confirm for this link")
    subscriptions = list(
        Subscription.objects.filter(
            subscriber=subscriber, mailing_list__in=confirmation.mailing_lists, mailing_list__closed_at=None
        ).select_related("mailing_list")
    )
    pending = [subscription for subscription in subscriptions if subscription.state == State.PENDING]
    if not pending:
        if any(subscription.state == State.ACTIVE for subscription in subscriptions):
            return subscriber
        raise TokenExpired(confirmation)
    if not lift_suppression(canonical=subscriber.canonical):
        raise TokenInvalid("this address must not be mailed")
    for subscription in pending:
        record = record_permission(
            subscriber=subscriber, mailing_list=subscription.mailing_list, event=Event.CONFIRMED, at=at,
            wording=wording, page_address=page_address,
        )  # fmt: skip
        move_subscription(subscription=subscription, to=State.ACTIVE, at=at, permission=record)
    subscriber.suppressed_at = None
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = at
        subscriber.save(update_fields=["confirmed_at"])
    return subscriber


@transaction.atomic
def renew_confirmation(*, token: str, at: datetime, page_address: str = "") -> None:
    """Send a new link in the place of one that was too old, with the same lists and the wording of that time.

    The old link is the proof that somebody reads that mailbox; what it asked for is asked for again from now.

    Raises:
        TokenInvalid: altered, or not ours, or nothing is left that could be confirmed.
    """
    try:
        confirmation = links.read_confirmation(token, at=at)
    except TokenExpired as expired:
        confirmation = expired.confirmation
    subscriber = Subscriber.objects.filter(public_id=confirmation.subscriber).first()
    wording = Wording.objects.filter(kind=Wording.Kind.SIGN_UP, version=confirmation.wording_version).first()
    mailing_lists = list(MailingList.objects.open().filter(pk__in=confirmation.mailing_lists))
    if subscriber is None or wording is None or not mailing_lists:
        raise TokenInvalid("there is nothing to confirm for this link")
    request_subscription(
        address=Address(subscriber.email, subscriber.canonical),
        mailing_lists=mailing_lists,
        wording=wording,
        at=at,
        page_address=page_address,
    )


@transaction.atomic
def unsubscribe(*, token: str, at: datetime, page_address: str = "") -> Left:
    """End one subscription by the link of a mail (RFC 8058): at once, without a question, any number of times.

    A person whose data are erased has nothing left to end; that is no error.

    Raises:
        TokenInvalid: altered, or not ours.
    """
    link = links.read_unsubscribe(token)
    mailing_list = MailingList.objects.filter(pk=link.mailing_list).first()
    subscriber = Subscriber.objects.select_for_update().filter(public_id=link.subscriber).first()
    if subscriber is None or mailing_list is None:
        return Left(subscriber, mailing_list, changed=False)
    subscription = Subscription.objects.filter(subscriber=subscriber, mailing_list=mailing_list).first()
    if subscription is None:
        return Left(subscriber, mailing_list, changed=False)
    changed = end_subscription(subscription=subscription, at=at, page_address=page_address)
    return Left(subscriber, mailing_list, changed=changed)


def end_subscription(*, subscription: Subscription, at: datetime, page_address: str = "") -> bool:
    """Unsubscribe at the person's own wish and record it; return False if there was nothing to end."""
    if subscription.state in {State.UNSUBSCRIBED, State.COMPLAINED}:
        return False
    _record_end(subscription=subscription, event=Event.WITHDRAWN, at=at, page_address=page_address)
    move_subscription(subscription=subscription, to=State.UNSUBSCRIBED, at=at)
    return True


@transaction.atomic
def undo_unsubscription(*, token: str, at: datetime, page_address: str = "") -> bool:
    """Take back an unsubscription that the same link has just made; False if it is not possible any more.

    Only within `UNDO_WITHIN`, only where a permission was on record before, and on the same ground as that.

    Raises:
        TokenInvalid: altered, or not ours.
    """
    link = links.read_unsubscribe(token)
    subscriber = Subscriber.objects.select_for_update().filter(public_id=link.subscriber, suppressed_at=None).first()
    if subscriber is None:
        return False
    subscription = (
        Subscription.objects.filter(subscriber=subscriber, mailing_list=link.mailing_list, mailing_list__closed_at=None)
        .select_related("mailing_list")
        .first()
    )
    if subscription is None:
        return False
    if subscription.state == State.ACTIVE:
        return True
    earlier = last_grant(subscriber=subscriber, mailing_list=subscription.mailing_list)
    left_at = subscription.unsubscribed_at
    if subscription.state != State.UNSUBSCRIBED or left_at is None or at - left_at > UNDO_WITHIN or earlier is None:
        return False
    record = record_permission(
        subscriber=subscriber, mailing_list=subscription.mailing_list, event=Event.RENEWED, at=at,
        page_address=page_address, like=earlier,
    )  # fmt: skip
    move_subscription(subscription=subscription, to=State.ACTIVE, at=at, permission=record)
    return True


@transaction.atomic
def record_hard_bounce(*, subscriber: Subscriber, at: datetime) -> None:
    """The address does not exist: end everything that is active or pending, and suppress it."""
    subscriptions = Subscription.objects.filter(subscriber=subscriber, state__in=[State.ACTIVE, State.PENDING])
    for subscription in subscriptions.select_related("mailing_list", "permission"):
        _record_end(subscription=subscription, event=Event.ENDED, at=at)
        move_subscription(subscription=subscription, to=State.BOUNCED, at=at)
    suppress_address(canonical=subscriber.canonical, reason=Reason.HARD_BOUNCE, at=at)


@transaction.atomic
def record_complaint(*, subscriber: Subscriber, at: datetime) -> None:
    """The person reported our mail as spam: an objection (UK GDPR Art. 21(2)) to all of it, and lasting."""
    subscriptions = Subscription.objects.filter(subscriber=subscriber).exclude(state=State.COMPLAINED)
    for subscription in subscriptions.select_related("mailing_list", "permission"):
        _record_end(subscription=subscription, event=Event.OBJECTED, at=at)
        move_subscription(subscription=subscription, to=State.COMPLAINED, at=at)
    suppress_address(canonical=subscriber.canonical, reason=Reason.COMPLAINT, at=at)


def record_mailed(*, subscriptions: QuerySet[Subscription], at: datetime) -> int:
    """Note that these subscriptions are in a frozen audience, on which "at most one a week" rests; one statement."""
    return subscriptions.order_by().update(last_mailed_at=at)


def _record_end(*, subscription: Subscription, event: Event, at: datetime, page_address: str = "") -> None:
    """Record an end under the ground on which the mailing had rested, or consent where none had been given yet."""
    earlier = subscription.permission or last_grant(
        subscriber=subscription.subscriber, mailing_list=subscription.mailing_list
    )
    record_permission(
        subscriber=subscription.subscriber, mailing_list=subscription.mailing_list, event=event, at=at,
        page_address=page_address, like=earlier,
    )  # fmt: skip


def _locked_subscriber(address: Address) -> Subscriber:
    Subscriber.objects.bulk_create(
        [Subscriber(email=address.email, canonical=address.canonical)], ignore_conflicts=True
    )
    return Subscriber.objects.select_for_update().get(canonical=address.canonical)
