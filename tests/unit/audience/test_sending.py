"""Transactional mail: sent once, tried again after trouble, given up when it cannot be."""

from __future__ import annotations

import re
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from uuid import uuid4

import pytest
from django.utils import timezone

from newsletters.audience import links
from newsletters.audience.models import OutgoingMail
from newsletters.audience.sending import DELAYS, GIVE_UP_AFTER, due_mails, lease_mail, send_mail
from newsletters.audience.services import confirm_subscription, record_complaint
from newsletters.audience.tasks import send_confirmation, sweep_confirmations, tidy_audience
from newsletters.transport.routes import ConnectionTrouble, PermanentFailure, Receipt, Stage, TemporaryFailure
from tests.factories.audience import MailingListFactory, SubscriberFactory, SubscriptionFactory, sign_up_wording

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


class Relay:
    """A route that keeps what it gets, or fails as told; `during` is called while a message is on the wire."""

    name = "test"

    def __init__(self, error: Exception | None = None, during=None) -> None:
        self.error, self.during, self.sent = error, during, []

    @contextmanager
    def session(self):
        yield self

    def send(self, *, sender: str, recipient: str, message: bytes) -> Receipt:
        if self.during:
            self.during()
        if self.error:
            raise self.error
        self.sent.append((sender, recipient, message_from_bytes(message, policy=policy.default)))
        return Receipt(250, "2.0.0", "queued")


def waiting(kind="confirm", **facts) -> OutgoingMail:
    subscription = facts.pop("subscription", None) or SubscriptionFactory(state="pending", **facts)
    mail = OutgoingMail.objects.create(
        kind=kind, subscriber=subscription.subscriber, wording=sign_up_wording(), created_at=NOW, due_at=NOW
    )
    mail.mailing_lists.set([subscription.mailing_list])
    return mail


def test_the_confirmation_has_a_link_that_confirms_in_both_parts():
    mail = waiting(subscriber__name="Zoë “Q”", mailing_list__name="The round & more")
    relay = Relay()
    assert send_mail(pk=mail.pk, at=NOW, route=relay)
    _, recipient, message = relay.sent[0]
    assert recipient == mail.subscriber.email
    plain, rich = (part.get_content() for part in message.iter_parts())
    assert "Hello Zoë “Q”," in plain
    assert "- The round & more" in plain
    assert "The round &amp; more" in rich
    token = re.search(r"/subscribe/confirm/([^/\s]+)/", plain)[1]
    assert token in rich
    confirm_subscription(token=token, at=NOW + timedelta(hours=1))
    assert mail.subscriber.subscriptions.get().state == "active"
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["List-Unsubscribe"] is None


@pytest.mark.parametrize(("kind", "words"), [("already", "subscribed already"), ("preferences", "change what you get")])
def test_the_other_mails_have_a_link_to_the_preferences(kind, words):
    mail = waiting(kind)
    relay = Relay()
    send_mail(pk=mail.pk, at=NOW, route=relay)
    for part in relay.sent[0][2].iter_parts():
        content = part.get_content()
        assert words in " ".join(content.split())
        token = re.search(r"/preferences/([^/\s\"]+)/", content)[1]
        assert links.read_preferences(token) == (mail.subscriber.public_id, NOW)


def test_a_mail_is_sent_once_and_noted():
    mail = waiting()
    relay = Relay()
    assert [send_mail(pk=mail.pk, at=NOW, route=relay) for _ in range(3)] == [True, False, False]
    mail.refresh_from_db()
    assert (len(relay.sent), mail.state, mail.smtp_code, mail.lease_owner) == (1, "sent", 250, None)


def test_while_one_worker_sends_another_finds_nothing_to_do():
    mail = waiting()
    others = []
    relay = Relay(during=lambda: others.append((lease_mail(pk=mail.pk), due_mails(10))))
    assert send_mail(pk=mail.pk, at=NOW, route=relay)
    assert others == [(None, [])]


def test_a_killed_workers_mail_goes_out_again_under_the_same_message_id():
    mail = waiting()
    relay = Relay()
    lease_mail(pk=mail.pk)
    assert not send_mail(pk=mail.pk, at=NOW, route=relay)
    OutgoingMail.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert due_mails(10) == [mail.pk]
    assert send_mail(pk=mail.pk, at=NOW, route=relay)
    OutgoingMail.objects.update(state="waiting")
    send_mail(pk=mail.pk, at=NOW, route=relay)
    first, second = (message["Message-ID"] for _, _, message in relay.sent)
    assert first == second


def test_a_worker_whose_lease_ran_out_does_not_overwrite_the_others_outcome():
    mail = waiting()

    def taken_over() -> None:
        OutgoingMail.objects.update(lease_owner=uuid4(), leased_until=timezone.now() + timedelta(minutes=1))

    send_mail(pk=mail.pk, at=NOW, route=Relay(TemporaryFailure(stage=Stage.DATA, code=451), during=taken_over))
    mail.refresh_from_db()
    assert (mail.state, mail.smtp_code) == ("waiting", None)
    assert mail.leased_until is not None


@pytest.mark.parametrize(
    "error",
    [
        TemporaryFailure(stage=Stage.RECIPIENT, code=450, status="4.2.1"),
        ConnectionTrouble(stage=Stage.CONNECT),
        ConnectionTrouble(stage=Stage.DATA, outcome_unknown=True),
        PermanentFailure(stage=Stage.MAIL, code=550, status="5.7.1"),
    ],
)
def test_trouble_that_may_pass_is_tried_again_later_and_later_and_then_given_up(error):
    mail = waiting()
    delays = []
    for _ in range(GIVE_UP_AFTER):
        OutgoingMail.objects.update(due_at=NOW)
        send_mail(pk=mail.pk, at=NOW, route=Relay(error))
        mail.refresh_from_db()
        delays.append(int((mail.due_at - NOW).total_seconds()))
    assert delays == [*DELAYS, 0]
    assert (mail.state, mail.attempts, mail.smtp_code) == ("given_up", GIVE_UP_AFTER, error.code)


@pytest.mark.parametrize("stage", [Stage.RECIPIENT, Stage.DATA])
def test_an_address_that_is_refused_for_good_is_given_up_at_once(stage):
    mail = waiting()
    send_mail(pk=mail.pk, at=NOW, route=Relay(PermanentFailure(stage=stage, code=550, status="5.1.1")))
    mail.refresh_from_db()
    assert (mail.state, mail.smtp_status, mail.attempts) == ("given_up", "5.1.1", 1)


def test_a_mail_that_killed_its_worker_each_time_is_given_up():
    mail = waiting()
    OutgoingMail.objects.update(attempts=GIVE_UP_AFTER)
    relay = Relay()
    assert not send_mail(pk=mail.pk, at=NOW, route=relay)
    mail.refresh_from_db()
    assert (mail.state, relay.sent) == ("given_up", [])


def test_who_complained_since_gets_nothing():
    subscription = SubscriptionFactory()
    mail = waiting("already", subscription=subscription)
    record_complaint(subscriber=subscription.subscriber, at=NOW)
    relay = Relay()
    send_mail(pk=mail.pk, at=NOW, route=relay)
    assert not relay.sent


def test_the_tasks_do_nothing_for_a_mail_that_is_gone_and_log_no_address(settings, caplog):
    settings.SMTP = {"host": "127.0.0.1", "port": 9, "security": "none"}
    send_confirmation(987_654)
    mail = waiting(subscriber__email="jo.secret@example.org", subscriber__name="Jo Secret")
    sweep_confirmations()
    tidy_audience()
    mail.refresh_from_db()
    assert (mail.state, mail.attempts) == ("waiting", 1)
    assert "secret" not in caplog.text.lower()


def test_the_sender_is_the_settings_then_the_organisation_then_this_site(settings):
    from content.organisation.models import Organisation
    from newsletters.audience.models import AudienceSettings
    from newsletters.audience.sending import sender_mailbox

    settings.SITE_URL = "https://www.example.org"
    organisation, chosen = Organisation.load(), AudienceSettings.load()
    organisation.name, organisation.contact_email = "The Institute", ""
    organisation.save()
    assert (sender_mailbox().address, sender_mailbox().name) == ("newsletters@www.example.org", "The Institute")
    organisation.contact_email = "contact@example.org"
    organisation.save()
    assert sender_mailbox().address == "contact@example.org"
    chosen.sender_address, chosen.sender_name = "news@example.org", "The round"
    chosen.save()
    assert (sender_mailbox().address, sender_mailbox().name) == ("news@example.org", "The round")


def test_a_form_nudges_a_worker_and_a_broker_that_is_down_is_no_error(
    django_capture_on_commit_callbacks, monkeypatch, caplog
):
    from kombu.exceptions import OperationalError

    from newsletters.audience.services import mails

    asked = []
    monkeypatch.setattr(mails.current_app, "send_task", lambda *args, **kwargs: asked.append((args, kwargs)))
    person = SubscriberFactory()
    with django_capture_on_commit_callbacks(execute=True):
        mail = mails.queue_mail(kind="preferences", subscriber=person, at=NOW, mailing_lists=[MailingListFactory()])
    assert asked == [(("newsletters.audience.send_confirmation",), {"args": [mail.pk], "retry": False})]

    def down(*_, **__):
        raise OperationalError

    monkeypatch.setattr(mails.current_app, "send_task", down)
    with django_capture_on_commit_callbacks(execute=True):
        mails.queue_mail(kind="preferences", subscriber=person, at=NOW)
    assert due_mails(10)
    assert person.email not in caplog.text
