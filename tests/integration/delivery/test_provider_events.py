"""What a mail provider reports by webhook, through anymail's own views."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time

import pytest
from django.urls import include, path

from courant.urls import urlpatterns as site_addresses
from newsletters.audience.models import Reason, State, Subscription
from newsletters.audience.services import suppression_reason
from newsletters.delivery.bounces.references import message_id
from newsletters.delivery.models import Bounce, ProviderMessage, Recipient
from tests.factories.delivery import frozen_mailing

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]
urlpatterns = [path("mail-events/", include("anymail.urls")), *site_addresses]
SECRET = "provider:invented-secret"


@pytest.fixture(autouse=True)
def secrets(settings):
    settings.ANYMAIL = {"WEBHOOK_SECRET": SECRET, "MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key"}


@pytest.fixture
def recipient():
    return Recipient.objects.get(mailing=frozen_mailing(1))


def reference(recipient):
    from django.conf import settings

    key = settings.LINK_KEYS[recipient.mailing.key_id]
    return message_id(recipient.mailing_id, recipient.number, secret=key, domain="localhost")


def event(recipient, **changes):
    return {
        "RecordType": "Bounce", "Type": "HardBounce", "TypeCode": 1, "ID": 42, "MessageID": "pm-1",
        "Email": recipient.address, "BouncedAt": "2026-11-23T12:00:00Z", "Description": "Not delivered",
        "Details": "smtp;550 5.1.1 The email account that you tried to reach does not exist.",
        "Metadata": {"courant": reference(recipient)}, **changes,
    }  # fmt: skip


def post(client, data, secret=SECRET):
    authorization = f"Basic {base64.b64encode(secret.encode()).decode()}"
    return client.post(
        "/mail-events/postmark/tracking/", json.dumps(data), content_type="application/json",
        headers={"authorization": authorization},
    )  # fmt: skip


def state_of(recipient):
    return Subscription.objects.get(subscriber_id=recipient.subscriber_id).state


@pytest.fixture(autouse=True)
def confirmed_before(recipient):
    from datetime import UTC, datetime

    Subscription.objects.update(confirmed_at=datetime(2026, 1, 1, tzinfo=UTC))


def test_a_hard_bounce_ends_the_subscription_and_counts_once(client, recipient):
    for _ in range(2):
        assert post(client, event(recipient)).status_code == 200
    (bounce,) = Bounce.objects.all()
    assert (bounce.kind, bounce.source, bounce.status, bounce.number) == ("hard", "webhook", "5.1.1", recipient.number)
    assert state_of(recipient) == State.BOUNCED


def test_an_event_without_the_secret_is_refused(client, recipient):
    assert post(client, event(recipient), secret="provider:guessed").status_code == 400
    assert not Bounce.objects.exists()
    assert state_of(recipient) == State.ACTIVE


def test_a_soft_bounce_is_noted_and_ends_nobody(client, recipient):
    changes = {"Type": "SoftBounce", "TypeCode": 4096, "Details": "smtp;452 4.2.2 mailbox full"}
    post(client, event(recipient, **changes))
    assert Bounce.objects.get().kind == Bounce.Kind.SOFT
    assert state_of(recipient) == State.ACTIVE


def test_a_complaint_is_an_objection(client, recipient):
    post(client, event(recipient, RecordType="SpamComplaint", Type="SpamComplaint", TypeCode=512, Details=""))
    assert state_of(recipient) == State.COMPLAINED
    assert suppression_reason(canonical=recipient.address) == Reason.COMPLAINT


def test_the_providers_own_number_finds_the_recipient_when_metadata_are_missing(client, recipient):
    ProviderMessage.objects.create(mailing=recipient.mailing, number=recipient.number, provider_id="pm-77")
    post(client, event(recipient, MessageID="pm-77", Metadata={}, Email="somewhere@else.example"))
    assert Bounce.objects.get().subscriber_id == recipient.subscriber_id


def test_an_unsubscription_at_the_provider_is_honoured_here(client, recipient):
    data = {
        "RecordType": "SubscriptionChange", "MessageID": "pm-1", "Recipient": recipient.address,
        "SuppressSending": True,
        "SuppressionReason": "ManualSuppression", "Origin": "Recipient", "ChangedAt": "2026-11-23T12:00:00Z",
        "Metadata": {"courant": reference(recipient)},
    }  # fmt: skip
    assert post(client, data).status_code == 200
    assert state_of(recipient) == State.UNSUBSCRIBED
    assert suppression_reason(canonical=recipient.address) == Reason.UNSUBSCRIBED_ALL


@pytest.mark.parametrize("record_type", ["Delivery", "Open", "Click"])
def test_deliveries_opens_and_clicks_are_not_kept(client, recipient, record_type):
    data = {"RecordType": record_type, "MessageID": "pm-1", "Recipient": recipient.address, "Metadata": {}}
    assert post(client, data).status_code == 200
    assert not Bounce.objects.exists()


def mailgun(recipient, key="signing-key"):
    stamp, token = str(int(time.time())), "a-token"
    signature = hmac.new(key.encode(), f"{stamp}{token}".encode(), hashlib.sha256).hexdigest()
    return {
        "signature": {"timestamp": stamp, "token": token, "signature": signature},
        "event-data": {
            "event": "failed", "severity": "permanent", "reason": "bounce", "id": "mg-1", "timestamp": time.time(),
            "recipient": recipient.address, "message": {"headers": {"message-id": "mg@example.org"}},
            "delivery-status": {"code": 550, "message": "5.1.1 no such user", "description": ""},
            "user-variables": {"courant": reference(recipient)},
        },
    }  # fmt: skip


def test_a_signed_event_is_taken_and_a_badly_signed_one_is_not(client, recipient, settings):
    settings.ANYMAIL = {"MAILGUN_WEBHOOK_SIGNING_KEY": "signing-key"}
    address = "/mail-events/mailgun/tracking/"
    forged = client.post(address, json.dumps(mailgun(recipient, "guess")), content_type="application/json")
    assert forged.status_code == 400
    assert state_of(recipient) == State.ACTIVE
    genuine = client.post(address, json.dumps(mailgun(recipient)), content_type="application/json")
    assert genuine.status_code == 200
    assert state_of(recipient) == State.BOUNCED
