"""What comes back, from the octets of a returned message to the subscriber who is not written to any more."""

from __future__ import annotations

import io
import json
import sys
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from newsletters.audience.models import Reason, State, Subscriber, Subscription
from newsletters.audience.services import (
    erase_subscriber,
    export_subscriber,
    lift_suppression,
    suppression_reason,
)
from newsletters.delivery.bounces.references import envelope_sender, message_id
from newsletters.delivery.models import Bounce, Mailing, Recipient, Returned
from newsletters.delivery.services import (
    apply_policy,
    harvest_rejections,
    judge_bounces,
    record_returned,
    remove_old_returned,
    replay_returned,
    resume_mailing,
    run_sender,
    sweep_mailings,
)
from newsletters.delivery.services.bounce_policy import Policy
from newsletters.delivery.states import MailingState, Outcome
from newsletters.transport.smtp import SmtpRoute
from tests.factories.delivery import frozen_mailing, sending_mailing
from tests.factories.returned.building import dsn, failed, message, multipart, original, part
from tests.integration.delivery.servers import ScriptedServer

pytestmark = pytest.mark.django_db
ADDRESS = "bounces@institute.example"


@pytest.fixture(autouse=True)
def bounce_address(settings):
    settings.BOUNCE_ADDRESS = ADDRESS


def verp(recipient, *, secret=None):
    from django.conf import settings

    key = secret or settings.LINK_KEYS[recipient.mailing.key_id]
    return envelope_sender(recipient.mailing_id, recipient.number, secret=key, address=ADDRESS)


def recipients(mailing):
    return list(Recipient.objects.filter(mailing=mailing).order_by("number").select_related("mailing"))


def returned(recipient, code="5.1.1", words="550 5.1.1 user unknown", *, to=None, **headers):
    """A report of a failure, as it comes to the recipient's own bounce address."""
    return dsn(
        "It failed.",
        failed(recipient.address, code, words),
        to=recipient.address,
        To=f"<{to or verp(recipient)}>",
        **headers,
    )


def record(raw, **options):
    return record_returned(raw=raw, at=timezone.now(), **options)


def subscriber_of(recipient):
    return Subscriber.objects.get(pk=recipient.subscriber_id)


def states(recipient):
    return set(Subscription.objects.filter(subscriber_id=recipient.subscriber_id).values_list("state", flat=True))


def test_a_hard_bounce_ends_the_subscription_and_suppresses_the_address():
    recipient = recipients(frozen_mailing(2))[0]
    recorded = record(returned(recipient))
    assert recorded.returned.state == Returned.State.UNDERSTOOD
    (bounce,) = recorded.bounces
    assert (bounce.kind, bounce.number, bounce.status) == (Bounce.Kind.HARD, recipient.number, "5.1.1")
    assert states(recipient) == {State.BOUNCED}
    assert suppression_reason(canonical=recipient.address) == Reason.HARD_BOUNCE
    bounce.refresh_from_db()
    assert bounce.applied_at is not None


def test_the_same_message_read_twice_is_one_bounce():
    recipient = recipients(frozen_mailing(1))[0]
    raw = returned(recipient)
    assert record(raw).is_new
    again = record(raw)
    assert not again.is_new
    assert not again.bounces
    assert (Bounce.objects.count(), Returned.objects.count()) == (1, 1)


def test_the_same_failure_reported_twice_is_one_bounce():
    recipient = recipients(frozen_mailing(1))[0]
    record(returned(recipient))
    second = record(returned(recipient, Subject="Once more"))
    assert second.is_new
    assert not second.bounces
    assert Bounce.objects.count() == 1


@pytest.mark.parametrize(
    "forgery",
    [
        lambda recipient: verp(recipient, secret="somebody else's key"),
        lambda recipient: verp(recipient).replace(f"+{recipient.mailing_id}.", f"+{recipient.mailing_id + 1}."),
        lambda _: ADDRESS,
    ],
)
def test_a_bounce_that_proves_nothing_ends_nobody(forgery):
    recipient = recipients(frozen_mailing(1))[0]
    recorded = record(returned(recipient, to=forgery(recipient)))
    assert recorded.returned.state == Returned.State.FOREIGN
    assert [bounce.subscriber_id for bounce in recorded.bounces] == [None]
    assert states(recipient) == {State.ACTIVE}


def test_a_forged_complaint_ends_nobody():
    recipient = recipients(frozen_mailing(1))[0]
    record(complaint(recipient, to=ADDRESS))
    assert states(recipient) == {State.ACTIVE}


def test_the_message_id_of_the_returned_original_is_proof_enough(settings):
    recipient = recipients(frozen_mailing(1))[0]
    ours = message_id(
        recipient.mailing_id, recipient.number, secret=settings.LINK_KEYS[recipient.mailing.key_id], domain="localhost"
    )
    raw = multipart(
        part("text/plain", f"<{recipient.address}>: 550 5.1.1 user unknown\n"),
        part("message/rfc822", original(recipient.address, **{"Message-ID": ours, "Return-Path": "<>"})),
        To="<postmaster@institute.example>",
    )
    (bounce,) = record(raw).bounces
    assert bounce.subscriber_id == recipient.subscriber_id


def test_the_envelope_recipient_of_the_pipe_counts_when_no_header_says_it():
    recipient = recipients(frozen_mailing(1))[0]
    raw = returned(recipient, to="undisclosed@institute.example")
    (bounce,) = record(raw, envelope_recipient=verp(recipient).upper()).bounces
    assert bounce.subscriber_id == recipient.subscriber_id


def complaint(recipient, *, to=None):
    return multipart(
        part("text/plain", "An email abuse report.\n"),
        part("message/feedback-report", "Feedback-Type: abuse\nUser-Agent: Provider/1\nVersion: 1\n"),
        part("message/rfc822", original("redacted@provider.example")),
        kind="multipart/report; report-type=feedback-report",
        To=f"<{to or verp(recipient)}>",
    )


def test_a_complaint_is_an_objection_that_lasts():
    recipient = recipients(frozen_mailing(1))[0]
    record(complaint(recipient))
    assert states(recipient) == {State.COMPLAINED}
    assert suppression_reason(canonical=recipient.address) == Reason.COMPLAINT


def test_an_automatic_answer_counts_for_nothing():
    recipient = recipients(frozen_mailing(1))[0]
    raw = message(
        "I am away. 550 5.1.1 user unknown\n", From=recipient.address, To=f"<{verp(recipient)}>",
        Subject="Out of office", Auto_Submitted="auto-replied",
    )  # fmt: skip
    assert record(raw).returned.state == Returned.State.IGNORED
    assert not Bounce.objects.exists()
    assert states(recipient) == {State.ACTIVE}


def soft_bounces(count, *, days_apart=1):
    """Soft bounces of one subscriber in so many mailings, the last one today."""
    mailing = frozen_mailing(1)
    recipient = recipients(mailing)[0]
    Subscription.objects.update(confirmed_at=timezone.now() - timedelta(days=1_000))
    for number in range(count):
        other = Mailing.objects.get(pk=mailing.pk)
        other.pk, other.state = None, MailingState.CANCELLED
        other.save()
        Bounce.objects.create(
            kind=Bounce.Kind.SOFT, source=Bounce.Source.MESSAGE, mailing=other, number=1, address=recipient.address,
            subscriber_id=recipient.subscriber_id, reference=f"soft{number}",
            at=timezone.now() - timedelta(days=days_apart * number),
        )  # fmt: skip
    return recipient


def test_soft_bounces_end_a_subscription_only_when_there_are_enough_of_them_in_time():
    recipient = soft_bounces(3, days_apart=40)
    assert not apply_policy(at=timezone.now(), policy=Policy(soft=3, days=60)).verdicts
    assert not apply_policy(at=timezone.now(), policy=Policy(soft=4, days=100)).verdicts
    assert states(recipient) == {State.ACTIVE}
    assert apply_policy(at=timezone.now(), policy=Policy(soft=3, days=80)).count(Bounce.Kind.SOFT) == 1
    assert states(recipient) == {State.BOUNCED}


def test_several_soft_bounces_of_one_mailing_are_one():
    recipient = soft_bounces(1)
    bounce = Bounce.objects.get()
    for number in range(5):
        bounce.pk, bounce.reference = None, f"again{number}"
        bounce.save()
    assert not apply_policy(at=timezone.now()).verdicts
    assert states(recipient) == {State.ACTIVE}


def test_a_dry_run_says_what_would_happen_and_does_nothing():
    recipient = soft_bounces(3)
    assert judge_bounces().count(Bounce.Kind.SOFT) == 1
    assert judge_bounces(policy=Policy(soft=4, days=60)).verdicts == []
    out = io.StringIO()
    call_command("newsletter", "bounce-policy", stdout=out)
    assert "1 subscribers would be ended" in out.getvalue()
    assert states(recipient) == {State.ACTIVE}
    assert not Bounce.objects.exclude(applied_at=None).exists()


def test_who_has_confirmed_again_is_not_ended_by_what_came_before():
    recipient = soft_bounces(5)
    Subscription.objects.update(confirmed_at=timezone.now() + timedelta(seconds=1))
    assert not apply_policy(at=timezone.now()).verdicts
    assert states(recipient) == {State.ACTIVE}


def test_a_lifted_suppression_is_not_brought_back_by_the_bounce_that_caused_it():
    recipient = recipients(frozen_mailing(1))[0]
    record(returned(recipient))
    assert lift_suppression(canonical=recipient.address, by_operator=True)
    assert not apply_policy(at=timezone.now()).verdicts
    assert suppression_reason(canonical=recipient.address) is None


def test_too_many_hard_bounces_of_one_mailing_are_held_until_an_operator_lets_them_go(settings):
    settings.DELIVERY = {"enough": 20, "rejection_rate": 0.1}
    everybody = recipients(frozen_mailing(20))
    for recipient in everybody[:5]:
        record(returned(recipient))
    ended = [recipient for recipient in everybody if states(recipient) == {State.BOUNCED}]
    assert len(ended) == 2
    judgement = apply_policy(at=timezone.now())
    assert (judgement.held, judgement.verdicts) == (3, [])
    assert apply_policy(at=timezone.now(), even_so=True).count(Bounce.Kind.HARD) == 3
    assert sum(states(recipient) == {State.BOUNCED} for recipient in everybody) == 5


@pytest.mark.django_db(transaction=True)
def test_what_the_relay_refuses_for_good_is_a_bounce():
    mailing = sending_mailing(6)
    answers = {
        "reader1@": "550 5.1.1 no such user",
        "reader2@": "554 5.7.1 blocked as spam",
        "reader3@": "552 5.2.2 full",
    }

    def script(stage, argument, _talk):
        return next((reply for start, reply in answers.items() if stage == "rcpt" and argument.startswith(start)), None)

    with ScriptedServer(script) as server:
        run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port))
    found = {bounce.address.partition("@")[0]: bounce.kind for bounce in Bounce.objects.all()}
    assert found == {"reader1": Bounce.Kind.HARD, "reader2": Bounce.Kind.BLOCK, "reader3": Bounce.Kind.SOFT}
    assert harvest_rejections(mailing=mailing, at=timezone.now()) == 0
    assert suppression_reason(canonical="reader1@example.org") == Reason.HARD_BOUNCE
    assert suppression_reason(canonical="reader2@example.org") is None


@pytest.mark.django_db(transaction=True)
def test_each_message_leaves_with_a_sender_of_its_own():
    mailing = sending_mailing(3)
    with ScriptedServer() as server:
        run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port))
    expected = {recipient.address: verp(recipient) for recipient in recipients(mailing)}
    assert {to: sender for sender, to, _ in server.accepted} == expected


@pytest.mark.django_db(transaction=True)
def test_without_a_bounce_address_mail_comes_back_to_the_sender(settings):
    settings.BOUNCE_ADDRESS = ""
    mailing = sending_mailing(1)
    with ScriptedServer() as server:
        run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port))
    assert [sender for sender, _, _ in server.accepted] == ["news@example.org"]


def test_a_mailing_that_is_refused_too_often_pauses_by_itself_and_resumes_when_told(settings):
    settings.DELIVERY = {"enough": 10, "rejection_rate": 0.2, "window": 4, "connections": 1, "box": 1}
    mailing = sending_mailing(20)
    Recipient.objects.filter(mailing=mailing, number__lte=12).update(state=Outcome.ACCEPTED)
    Recipient.objects.filter(mailing=mailing, number__lte=3).update(state=Outcome.REJECTED)
    mailing.chunks.update(accepted=9, rejected=3)
    assert sweep_mailings().paused == 1
    mailing.refresh_from_db()
    assert mailing.state == MailingState.PAUSED
    assert "3 of 12" in mailing.trouble
    resume_mailing(mailing=mailing)
    assert sweep_mailings().paused == 0


def test_a_mailing_with_too_many_complaints_pauses_by_itself(settings):
    settings.DELIVERY = {"enough": 10, "complaint_rate": 0.1}
    mailing = sending_mailing(20)
    Recipient.objects.filter(mailing=mailing, number__lte=12).update(state=Outcome.ACCEPTED)
    mailing.chunks.update(accepted=12)
    for recipient in recipients(mailing)[:2]:
        record(complaint(recipient))
    assert sweep_mailings().paused == 1
    mailing.refresh_from_db()
    assert "reported it as spam" in mailing.trouble


def test_a_replay_reads_again_what_was_not_understood():
    recipient = recipients(frozen_mailing(1))[0]
    recorded = record(returned(recipient))
    Bounce.objects.all().delete()
    Returned.objects.update(state=Returned.State.UNKNOWN)
    assert replay_returned(states=[Returned.State.UNKNOWN]) == 1
    recorded.returned.refresh_from_db()
    assert recorded.returned.state == Returned.State.UNDERSTOOD
    assert Bounce.objects.get().subscriber_id == recipient.subscriber_id
    assert replay_returned(states=list(Returned.State.values)) == 0


def test_erasure_takes_what_came_back_with_it_and_leaves_the_figure():
    first, second = recipients(frozen_mailing(2))
    record(returned(first))
    record(message(f"About {second.address} and {first.address.upper()}, in no known form.\n", Subject="Hello"))
    record(returned(second))
    assert export_subscriber(subscriber=subscriber_of(first))["bounces"][0]["status"] == "5.1.1"
    erase_subscriber(subscriber=subscriber_of(first), at=timezone.now())
    assert all(first.address.encode() not in bytes(row.raw).lower() for row in Returned.objects.all())
    assert Returned.objects.count() == 1
    kept = Bounce.objects.get(number=first.number)
    assert (kept.subscriber_id, kept.address, kept.diagnostic) == (None, "erased", "")


def test_old_messages_are_removed_and_what_they_said_stays(settings):
    settings.DELIVERY = {"returned_days": 30}
    recipient = recipients(frozen_mailing(1))[0]
    record_returned(raw=returned(recipient), at=timezone.now() - timedelta(days=31))
    remove_old_returned(at=timezone.now())
    assert not Returned.objects.exists()
    assert Bounce.objects.count() == 1


def pipe(monkeypatch, raw, *arguments):
    class Stdin:
        buffer = io.BytesIO(raw)

    monkeypatch.setattr(sys, "stdin", Stdin)
    out = io.StringIO()
    call_command("newsletter", "bounce", *arguments, stdout=out)
    return out.getvalue()


def test_the_pipe_takes_a_message_and_the_address_it_came_to(monkeypatch):
    recipient = recipients(frozen_mailing(1))[0]
    monkeypatch.setenv("ORIGINAL_RECIPIENT", verp(recipient))
    assert "1 new on record" in pipe(monkeypatch, returned(recipient, to="nobody@institute.example"))
    assert states(recipient) == {State.BOUNCED}


def test_the_pipe_only_says_what_it_makes_of_a_message_when_asked_to(monkeypatch):
    recipient = recipients(frozen_mailing(1))[0]
    said = json.loads(pipe(monkeypatch, returned(recipient), "--dry-run"))
    assert said["reports"][0]["class"] == "hard"
    assert said["ours"] == {"mailing": recipient.mailing_id, "number": recipient.number}
    assert not Returned.objects.exists()


def test_the_pipe_asks_the_mail_system_to_try_again_when_the_database_is_away(monkeypatch):
    from django.db import OperationalError

    from newsletters.delivery.bounces import commands

    def out_of_reach(**_):
        raise OperationalError("no connection")

    monkeypatch.setattr(commands, "record_returned", out_of_reach)
    with pytest.raises(CommandError) as caught:
        pipe(monkeypatch, b"Subject: x\n\nx")
    assert caught.value.returncode == 75
