"""Two people, two workers or two browsers at once: real threads on a real database."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.utils import timezone

from newsletters.audience import links
from newsletters.audience.addresses import parse_address
from newsletters.audience.models import (
    Event,
    OutgoingMail,
    PermissionRecord,
    Reason,
    State,
    Subscriber,
    Subscription,
    Suppression,
    Wording,
)
from newsletters.audience.sending import lease_mail
from newsletters.audience.services import (
    confirm_subscription,
    record_wording,
    request_subscription,
    suppress_address,
    unsubscribe,
)
from tests.factories.audience import MailingListFactory, SubscriptionFactory, sign_up_wording

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.django_db(transaction=True)
THREADS = 6


def at_once(work: Callable[[int], object]) -> list[object]:
    """Run the work in several threads that start together; errors come out."""
    barrier = threading.Barrier(THREADS)

    def run(number: int) -> object:
        try:
            barrier.wait(timeout=20)
            return work(number)
        finally:
            connection.close()

    with ThreadPoolExecutor(THREADS) as pool:
        return [future.result(timeout=60) for future in [pool.submit(run, number) for number in range(THREADS)]]


def test_a_link_pressed_many_times_at_once_confirms_once():
    subscription = SubscriptionFactory(state=State.PENDING)
    token = links.sign_confirmation(
        subscriber=subscription.subscriber.public_id,
        mailing_lists=[subscription.mailing_list_id],
        wording_version=sign_up_wording().version,
        at=timezone.now(),
    )
    at_once(lambda _: confirm_subscription(token=token, at=timezone.now()))
    subscription.refresh_from_db()
    assert subscription.state == State.ACTIVE
    assert PermissionRecord.objects.filter(event=Event.CONFIRMED).count() == 1


def test_one_click_and_the_button_at_once_withdraw_once():
    subscription = SubscriptionFactory()
    token = links.sign_unsubscribe(
        subscriber=subscription.subscriber.public_id, mailing_list=subscription.mailing_list_id
    )
    changed = [left.changed for left in at_once(lambda _: unsubscribe(token=token, at=timezone.now()))]
    assert sorted(changed) == [False] * (THREADS - 1) + [True]
    assert PermissionRecord.objects.filter(event=Event.WITHDRAWN).count() == 1


def test_a_form_sent_many_times_at_once_makes_one_person_with_one_subscription():
    mailing_list, wording = MailingListFactory(), sign_up_wording()
    at_once(
        lambda number: request_subscription(
            address=parse_address("Jo@example.org" if number % 2 else "jo@EXAMPLE.org"),
            mailing_lists=[mailing_list],
            wording=wording,
            at=timezone.now(),
        )
    )
    assert Subscriber.objects.count() == 1
    assert Subscription.objects.count() == 1
    assert OutgoingMail.objects.count() <= THREADS


def test_confirming_and_leaving_at_once_end_in_one_of_the_two_states():
    subscription = SubscriptionFactory(state=State.PENDING)
    facts = {"subscriber": subscription.subscriber.public_id}
    now = timezone.now()
    confirm = links.sign_confirmation(
        **facts, mailing_lists=[subscription.mailing_list_id], wording_version=sign_up_wording().version, at=now
    )
    leave = links.sign_unsubscribe(**facts, mailing_list=subscription.mailing_list_id)

    def work(number: int) -> None:
        if number % 2:
            unsubscribe(token=leave, at=now + timedelta(seconds=1))
            return
        try:
            confirm_subscription(token=confirm, at=now)
        except links.TokenExpired:  # the other was first: a link never brings back who has left since
            return

    at_once(work)
    subscription.refresh_from_db()
    assert subscription.state == State.UNSUBSCRIBED
    assert subscription.permission is None


def test_one_worker_gets_a_mail_however_many_ask():
    subscription = SubscriptionFactory(state=State.PENDING)
    now = timezone.now() - timedelta(minutes=1)
    mail = OutgoingMail.objects.create(kind="confirm", subscriber=subscription.subscriber, created_at=now, due_at=now)
    leases = at_once(lambda _: lease_mail(pk=mail.pk))
    assert sum(lease is not None for lease in leases) == 1
    mail.refresh_from_db()
    assert mail.attempts == 1


def test_the_same_new_wording_shown_to_many_at_once_gets_one_version():
    versions = at_once(lambda _: record_wording(kind=Wording.Kind.SIGN_UP, text="The same words.").version)
    assert set(versions) == {1}
    different = at_once(lambda number: record_wording(kind=Wording.Kind.SIGN_UP, text=f"Words {number}.").version)
    assert sorted(different) == list(range(2, THREADS + 2))


def test_an_address_suppressed_for_two_reasons_at_once_is_there_once():
    reasons = [Reason.ERASED, Reason.COMPLAINT]
    at_once(lambda number: suppress_address(canonical="jo@example.org", reason=reasons[number % 2], at=timezone.now()))
    assert Suppression.objects.count() == 1
