"""Mailings ready to go out, with their audience, made without a page or a template."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from uuid import uuid4

from django.utils import timezone

from newsletters.audience.models import (
    Basis,
    Event,
    Ground,
    MailingList,
    PermissionRecord,
    State,
    Subscriber,
    Subscription,
)
from newsletters.delivery.services import freeze_audience, freeze_mailing, start_mailing
from newsletters.issues.compiled import CompiledIssue, SectionEnd, SectionStart, Static, Token
from tests.factories.audience import MailingListFactory

if TYPE_CHECKING:
    from newsletters.delivery.models import Mailing


def compiled_issue(mailing_list: MailingList, **changes: Any) -> CompiledIssue:
    """A small issue with every kind of part."""
    values: dict[str, Any] = {
        "issue_id": None, "newsletter_id": 0, "list_id": mailing_list.pk, "sender_name": "The Alder Institute",
        "sender_address": "news@example.org", "reply_to": "desk@example.org",
        "archive_url": "http://localhost/newsletters/a/",
        "subject": (Static("News for "), Token("name", "you")),
        "preheader": (),
        "html": (
            Static("<p>Dear "), Token("name", "reader"), Static(",</p>\n<p>.dots and é</p>"),
            SectionStart(7), Static("<p>For followers</p>"), SectionEnd(),
            Static('<a href="'), Token("unsubscribe_url"), Static('">Unsubscribe</a> <a href="'),
            Token("preferences_url"), Static('">Preferences</a>\n'),
        ),
        "text": (
            Static("Dear "), Token("name", "reader"), Static(",\n.dots\n"), Token("unsubscribe_url"), Static("\n"),
        ),
    }  # fmt: skip
    return CompiledIssue(**{**values, **changes})


def subscribe_many(mailing_list: MailingList, count: int, *, domain: str = "example.org") -> list[Subscriber]:
    """Many active subscribers at once, each with a record of permission."""
    now = timezone.now()
    subscribers = Subscriber.objects.bulk_create(
        Subscriber(
            email=f"reader{number}@{domain}", canonical=f"reader{number}@{domain}", name=f"Reader {number}",
            public_id=uuid4(), confirmed_at=now,
        )
        for number in range(1, count + 1)
    )  # fmt: skip
    records = PermissionRecord.objects.bulk_create(
        PermissionRecord(
            subscriber_public_id=subscriber.public_id, mailing_list=mailing_list, event=Event.CONFIRMED,
            ground=Ground.CONSENT, basis=Basis.CONSENT, purpose=mailing_list.purpose, at=now,
        )
        for subscriber in subscribers
    )  # fmt: skip
    Subscription.objects.bulk_create(
        Subscription(
            subscriber=subscriber, mailing_list=mailing_list, state=State.ACTIVE, permission=record,
            requested_at=now, confirmed_at=now,
        )
        for subscriber, record in zip(subscribers, records, strict=True)
    )  # fmt: skip
    return subscribers


def frozen_mailing(count: int, **changes: Any) -> Mailing:
    """A mailing frozen for a new list of so many subscribers."""
    mailing_list = MailingListFactory()
    subscribe_many(mailing_list, count)
    mailing = freeze_mailing(compiled=compiled_issue(mailing_list, **changes), at=timezone.now())
    return freeze_audience(mailing=mailing)


def sending_mailing(count: int, **changes: Any) -> Mailing:
    """A mailing that has been started and has no sender yet."""
    return start_mailing(mailing=frozen_mailing(count, **changes))
