"""The audience in the admin: lists are edited, people are looked at and helped, history is read."""

from __future__ import annotations

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.urls import reverse

from newsletters.audience.models import MailingList, Reason, State, Subscriber
from newsletters.audience.services import suppression_reason
from tests.factories.audience import MailingListFactory, SubscriberFactory, SubscriptionFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def boss(client):
    client.force_login(get_user_model().objects.create_superuser("boss", "boss@example.org", "x"))
    return client


@pytest.fixture
def reader(client):
    user = get_user_model().objects.create_user("reader", "reader@example.org", "x")
    user.user_permissions.set(Permission.objects.filter(codename__in=["access_admin", "view_subscriber"]))
    client.force_login(user)
    return client


def page_of(subscriber) -> str:
    return reverse("subscribers:inspect", args=[subscriber.pk])


def test_people_are_found_by_address_list_and_state(boss):
    one, other = MailingListFactory(), MailingListFactory()
    here = SubscriptionFactory(mailing_list=one, state=State.ACTIVE).subscriber
    SubscriptionFactory(subscriber=here, mailing_list=other, state=State.UNSUBSCRIBED)
    there = SubscriptionFactory(mailing_list=other, state=State.ACTIVE).subscriber

    def found(query: str) -> str:
        answer = boss.get(f"{reverse('subscribers:index')}?{query}")
        assert answer.status_code == 200
        return answer.content.decode()

    both = found("")
    assert here.email in both
    assert there.email in both
    assert here.email not in found(f"mailing_list={other.pk}&state=active")
    assert there.email in found(f"mailing_list={other.pk}&state=active")
    searched = found(f"q={here.email[:12].upper()}")
    assert here.email in searched


def test_the_list_of_people_does_not_ask_more_the_more_there_are(boss, django_assert_max_num_queries):
    for _ in range(12):
        SubscriptionFactory()
    boss.get(reverse("subscribers:index"))
    with django_assert_max_num_queries(20):
        boss.get(reverse("subscribers:index"))


def test_a_persons_page_shows_the_history_and_the_words(boss):
    subscription = SubscriptionFactory()
    text = boss.get(page_of(subscription.subscriber)).content.decode()
    assert "Confirmed by the link in the mail" in text
    assert "Consent (reg. 22(2))" in text
    assert "Sign-up form 1" in text


def test_nobody_edits_or_deletes_a_person_by_hand(boss):
    person = SubscriberFactory()
    for path in (
        f"/admin/subscribers/edit/{person.pk}/",
        f"/admin/subscribers/delete/{person.pk}/",
        "/admin/subscribers/new/",
    ):
        assert boss.get(path).status_code in {302, 403}
        boss.post(path, {"name": "Changed"})
    person.refresh_from_db()
    assert person.name != "Changed"
    assert Subscriber.objects.count() == 1


def test_an_operator_helps_somebody_who_rings(boss):
    subscription = SubscriptionFactory()
    person = subscription.subscriber
    boss.post(page_of(person), {"action": "unsubscribe"})
    subscription.refresh_from_db()
    assert subscription.state == State.UNSUBSCRIBED
    boss.post(page_of(person), {"action": "suppress"})
    assert suppression_reason(canonical=person.canonical) == Reason.MANUAL
    assert "Suppressed: entered by an operator" in boss.get(page_of(person)).content.decode()
    boss.post(page_of(person), {"action": "lift"})
    assert suppression_reason(canonical=person.canonical) is None
    boss.post(page_of(person), {"action": "erase"})
    assert Subscriber.objects.exists()
    boss.post(page_of(person), {"action": "erase", "sure": "yes"})
    assert not Subscriber.objects.exists()


def test_who_may_only_look_cannot_act(reader):
    subscription = SubscriptionFactory()
    path = page_of(subscription.subscriber)
    page = reader.get(path)
    assert page.status_code == 200
    assert b"Erase this" not in page.content
    assert reader.post(path, {"action": "unsubscribe"}).status_code in {302, 403}
    subscription.refresh_from_db()
    assert subscription.state == State.ACTIVE


def test_an_unknown_action_does_nothing(boss):
    assert boss.post(page_of(SubscriberFactory()), {"action": "promote"}).status_code == 404


def test_a_list_is_made_and_shows_its_waterfall_and_is_not_deleted(boss):
    boss.post(
        reverse("mailing_lists:add"),
        {"name": "The round", "slug": "round", "purpose": "To send the round.", "order": 1, "is_public": "on"},
    )
    mailing_list = MailingList.objects.get(slug="round")
    SubscriptionFactory(mailing_list=mailing_list)
    SubscriptionFactory(mailing_list=mailing_list, state=State.PENDING)
    text = boss.get(reverse("mailing_lists:inspect", args=[mailing_list.pk])).content.decode()
    assert "without: waiting for confirmation" in text
    assert boss.post(f"/admin/mailing_lists/delete/{mailing_list.pk}/").status_code in {302, 403}
    assert MailingList.objects.filter(pk=mailing_list.pk).exists()
