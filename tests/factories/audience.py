"""Factories of lists, subscribers and subscriptions; an active subscription has its record of permission."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import factory
from django.utils import timezone

from newsletters.audience.models import (
    Event,
    MailingList,
    State,
    Subscriber,
    Subscription,
    Wording,
)
from newsletters.audience.services import record_permission, record_wording

WORDING = "By subscribing you ask the Institute to send you the newsletters you have chosen by email."


def sign_up_wording() -> Wording:
    """The wording that factories use; the same row each time."""
    return record_wording(kind=Wording.Kind.SIGN_UP, text=WORDING)


class MailingListFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = MailingList

    name = factory.Sequence(lambda n: f"Round {n}")
    slug = factory.Sequence(lambda n: f"round-{n}")
    description = "What worked, and what did not."
    purpose = "To send a newsletter about improving care."
    frequency = "once a month"


class SubscriberFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Subscriber

    email = factory.Sequence(lambda n: f"Reader{n}@example.org")
    canonical = factory.LazyAttribute(lambda made: made.email.lower())
    name = factory.Sequence(lambda n: f"Reader {n}")
    confirmed_at = factory.LazyFunction(timezone.now)


class SubscriptionFactory(factory.django.DjangoModelFactory):
    class Meta:
        model = Subscription

    subscriber = factory.SubFactory(SubscriberFactory)
    mailing_list = factory.SubFactory(MailingListFactory)
    state = State.ACTIVE
    requested_at = factory.LazyFunction(lambda: timezone.now() - timedelta(days=30))
    confirmed_at = factory.LazyAttribute(lambda made: made.requested_at if made.state == State.ACTIVE else None)

    @factory.lazy_attribute
    def permission(self) -> Any:
        if self.state != State.ACTIVE:
            return None
        return record_permission(
            subscriber=self.subscriber,
            mailing_list=self.mailing_list,
            event=Event.CONFIRMED,
            at=self.requested_at,
            wording=sign_up_wording(),
        )
