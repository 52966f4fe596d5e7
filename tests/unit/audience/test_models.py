"""What the tables refuse, whoever asks."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from newsletters.audience.models import PermissionRecord, State, Subscriber, Subscription, Wording
from newsletters.audience.models.permission import AppendOnlyError
from newsletters.audience.models.subscriptions import TRANSITIONS
from tests.factories.audience import MailingListFactory, SubscriberFactory, SubscriptionFactory, sign_up_wording

pytestmark = pytest.mark.django_db


def test_a_record_of_permission_is_neither_changed_nor_removed_by_code():
    record = SubscriptionFactory().permission
    record.purpose = "Something else"
    for attempt in (
        record.save,
        record.delete,
        PermissionRecord.objects.all().delete,
        lambda: PermissionRecord.objects.update(purpose="x"),
        lambda: PermissionRecord.objects.bulk_update([record], ["purpose"]),
    ):
        with pytest.raises(AppendOnlyError):
            attempt()
    record.refresh_from_db()
    assert record.purpose != "Something else"


@pytest.mark.parametrize("table", ["audience_permissionrecord", "audience_wording"])
def test_the_database_itself_refuses_to_change_what_is_append_only(table):
    SubscriptionFactory()
    with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE {table} SET id = id")  # noqa: S608 (a name of our own)
    if connection.vendor == "postgresql":
        with pytest.raises(IntegrityError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
            cursor.execute(f"DELETE FROM {table}")  # noqa: S608 (a name of our own)


def test_a_text_gets_one_version_and_a_new_text_the_next():
    first = sign_up_wording()
    assert sign_up_wording() == first
    from newsletters.audience.services import record_wording

    second = record_wording(kind=Wording.Kind.SIGN_UP, text="Other words.")
    assert (first.version, second.version) == (1, 2)
    assert record_wording(kind=Wording.Kind.IMPORT, text="Other words.").version == 1


def test_nobody_is_active_without_a_permission():
    subscription = SubscriptionFactory(state=State.PENDING)
    subscription.state = State.ACTIVE
    with pytest.raises(IntegrityError), transaction.atomic():
        subscription.save()


def test_one_person_is_on_a_list_once_and_one_address_is_one_person():
    subscription = SubscriptionFactory()
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscription.objects.create(
            subscriber=subscription.subscriber,
            mailing_list=subscription.mailing_list,
            requested_at=timezone.now(),
        )
    with pytest.raises(IntegrityError), transaction.atomic():
        SubscriberFactory(email=subscription.subscriber.email.upper())
    with pytest.raises(IntegrityError), transaction.atomic():
        Subscriber.objects.create(email="a@example.org", canonical="b@example.org")


def test_every_state_has_a_way_out_and_no_way_to_itself():
    assert set(TRANSITIONS) == set(State)
    for state, following in TRANSITIONS.items():
        assert following
        assert state not in following


def test_an_international_domain_is_shown_in_its_own_script():
    assert SubscriberFactory(email="post@xn--bcher-kva.example").shown_email == "post@bücher.example"


def test_a_list_id_is_the_slug_under_the_sites_host(settings):
    settings.SITE_URL = "https://www.example.org:8443"
    assert MailingListFactory(slug="round").list_id == "round.www.example.org"
