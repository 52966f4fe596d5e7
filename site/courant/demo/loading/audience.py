"""Mailing lists and invented subscribers, with the record of permission that each of their states rests on.

Everything goes through the audience's own services, as if the people had used the forms on the days the file says;
only the confirmation mails are left out, since nobody waits for them.
"""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import transaction

from content.topics.models import Topic
from courant.demo.faults import ContentFault
from courant.demo.loading.state import taken
from courant.demo.moments import moment
from courant.demo.reading import read_entries
from newsletters.audience.addresses import AddressInvalid, parse_address
from newsletters.audience.models import (
    Event,
    Frequency,
    MailingList,
    State,
    Subscriber,
    Subscription,
    Wording,
)
from newsletters.audience.services import (
    record_hard_bounce,
    record_permission,
    record_wording,
    sign_up_wording,
    suppression_reason,
)
from newsletters.audience.services.subscriptions import end_subscription, move_subscription

if TYPE_CHECKING:
    from datetime import datetime

    from courant.demo.loading.state import Load

KEYS = ("email", "name", "lists", "since", "left", "topics", "frequency")
STATES = (State.ACTIVE, State.PENDING, State.UNSUBSCRIBED, State.BOUNCED)
CONFIRMED_AFTER = timedelta(minutes=7)
SIGN_UP_PAGE = "/newsletters/"


def load_lists(load: Load) -> None:
    """Make the mailing lists that are missing.

    Raises:
        ContentFault: a list is refused by its model.
    """
    file = load.folder / "lists.yaml"
    known = dict(MailingList.objects.values_list("slug", "pk"))
    for entry in read_entries(file):
        taken(entry, file, ("slug", "name", "description", "purpose", "frequency", "order"))
        if entry["slug"] in known:
            continue
        mailing_list = MailingList(**entry)
        try:
            mailing_list.full_clean()
        except ValidationError as error:
            raise ContentFault(file, entry["slug"], "; ".join(error.messages)) from error
        mailing_list.save()
        known[mailing_list.slug] = mailing_list.pk
        load.made["mailing lists"] += 1
    load.snippets[MailingList] = known


def load_subscribers(load: Load) -> None:
    """Subscribe the people who are missing; who has been erased since stays away.

    Raises:
        ContentFault: an address is none or does not end in example.org; a list, a state, a topic or a moment that
            does not exist.
    """
    file = load.folder / "subscribers.yaml"
    entries = read_entries(file, key="email")
    known = set(Subscriber.objects.values_list("canonical", flat=True))
    wording = record_wording(kind=Wording.Kind.SIGN_UP, text=sign_up_wording())
    with transaction.atomic():
        for entry in entries:
            taken(entry, file, KEYS)
            try:
                _subscribe(load, entry, known, wording)
            except ValueError as error:
                raise ContentFault(file, entry["email"], str(error)) from error
    load.say(f"Subscribers: {len(entries)}")


def _subscribe(load: Load, entry: dict[str, Any], known: set[str], wording: Wording) -> None:
    try:
        address = parse_address(entry["email"])
    except AddressInvalid as error:
        raise ValueError(f"is no address: {error}") from error
    if not address.canonical.endswith("@example.org"):
        raise ValueError("the demo's addresses end in @example.org")
    if address.canonical in known or suppression_reason(canonical=address.canonical) is not None:
        return
    lists = {load.snippet_id(MailingList, slug): _state(state) for slug, state in entry["lists"].items()}
    asked_at = moment(entry["since"], now=load.now)
    left_at = moment(entry.get("left", "1 hours ago"), now=load.now)
    frequency = entry.get("frequency", Frequency.EVERY)
    if frequency not in Frequency.values:
        raise ValueError(f"frequency {frequency!r} is none of {', '.join(Frequency.values)}")
    subscriber = Subscriber.objects.create(
        email=address.email, canonical=address.canonical, name=entry["name"] or "", frequency=frequency
    )
    Subscriber.objects.filter(pk=subscriber.pk).update(created_at=asked_at)
    subscriber.topics.set([load.snippet_id(Topic, slug) for slug in entry.get("topics", ())])
    for pk, state in lists.items():
        _join(subscriber, MailingList.objects.get(pk=pk), state, wording, asked_at, left_at)
    if State.BOUNCED in lists.values():
        record_hard_bounce(subscriber=subscriber, at=left_at)
    load.made["subscribers"] += 1


def _state(text: str) -> State:
    if text not in STATES:
        raise ValueError(f"state {text!r} is none of {', '.join(STATES)}")
    return State(text)


def _join(  # noqa: PLR0913, PLR0917 (one argument a fact of the file)
    subscriber: Subscriber,
    mailing_list: MailingList,
    state: State,
    wording: Wording,
    asked_at: datetime,
    left_at: datetime,
) -> None:
    """Take one person along the table of states to where the file says they are, a record for every step."""
    subscription = Subscription.objects.create(subscriber=subscriber, mailing_list=mailing_list, requested_at=asked_at)
    record = partial(
        record_permission,
        subscriber=subscriber,
        mailing_list=mailing_list,
        wording=wording,
        page_address=SIGN_UP_PAGE,
    )
    record(event=Event.REQUESTED, at=asked_at)
    if state == State.PENDING:
        return
    confirmed_at = asked_at + CONFIRMED_AFTER
    permission = record(event=Event.CONFIRMED, at=confirmed_at)
    move_subscription(subscription=subscription, to=State.ACTIVE, at=confirmed_at, permission=permission)
    if subscriber.confirmed_at is None:
        subscriber.confirmed_at = confirmed_at
        subscriber.save(update_fields=["confirmed_at"])
    if state == State.UNSUBSCRIBED:
        end_subscription(subscription=subscription, at=left_at, page_address=SIGN_UP_PAGE)
