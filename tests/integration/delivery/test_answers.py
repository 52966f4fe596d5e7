"""What a server's answers leave in the ledger: a real sender against a server that does as it is told."""

from __future__ import annotations

import ssl
import time
from collections import Counter
from datetime import timedelta

import pytest
import trustme
from django.db.models.functions import Now

from newsletters.delivery.models import Deferral, Mailing, Recipient, Sender
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.sending import relay
from newsletters.delivery.sending.dispatch import Ending
from newsletters.delivery.services import run_sender, sweep_mailings
from newsletters.delivery.states import MailingState, Outcome
from newsletters.transport.smtp import SmtpRoute
from tests.factories.delivery import sending_mailing
from tests.integration.delivery.servers import CLOSE, ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)
HOST = "127.0.0.1"
PEOPLE = 12


@pytest.fixture(autouse=True)
def quick(settings, monkeypatch):
    """Little patience with a relay in trouble, so that a test need not have it either."""
    settings.DELIVERY = {
        "window": 8, "connections": 3, "command_timeout": 2, "data_timeout": 2, "connect_timeout": 2,
        "retry_delays": (300, 900),
    }  # fmt: skip
    monkeypatch.setattr(relay, "PATIENCE", 0.6)
    monkeypatch.setattr(relay, "FIRST_PAUSE", 0.05)
    monkeypatch.setattr(relay, "LONGEST_PAUSE", 0.1)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def trusting(authority):
    """What a site trusts whose relay has a certificate of this authority."""
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def serving(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def send(mailing, server, **route):
    return run_sender(mailing_id=mailing.pk, route=SmtpRoute(HOST, server.port, **route))


def states(mailing):
    return dict(Recipient.objects.filter(mailing=mailing).values_list("number", "state"))


def number_of(address):
    return int(address.partition("@")[0].removeprefix("reader"))


def let_deferrals_fall_due():
    Deferral.objects.update(due_at=Now() - timedelta(seconds=1))
    return sweep_mailings()


ANSWERS = {
    2: ("rcpt", "450 4.2.1 busy", Outcome.DEFERRED),
    3: ("rcpt", "550 5.1.1 no such user", Outcome.REJECTED),
    4: ("data", "451 4.3.0 not now", Outcome.DEFERRED),
    5: ("data", "554 5.7.1 not you", Outcome.REJECTED),
    6: ("body", "452 4.2.2 mailbox full", Outcome.DEFERRED),
    7: ("body", "552 5.3.4 too big", Outcome.REJECTED),
    8: ("body", "421 4.7.0 too many", Outcome.DEFERRED),
    9: ("body", "ACCEPT", Outcome.UNKNOWN),
}


def answering(stage, argument, _talk):
    planned = ANSWERS.get(number_of(argument)) if argument.startswith("reader") else None
    return planned[1] if planned and planned[0] == stage else None


@pytest.mark.parametrize("pipelining", [True, False])
def test_each_answer_leaves_its_recipient_in_the_right_state_and_the_others_alone(pipelining):
    mailing = sending_mailing(PEOPLE)
    with ScriptedServer(answering, pipelining=pipelining) as server:
        assert send(mailing, server) is Ending.EMPTY
    assert states(mailing) == {
        number: ANSWERS[number][2] if number in ANSWERS else Outcome.ACCEPTED for number in range(1, PEOPLE + 1)
    }
    for row in Recipient.objects.filter(mailing=mailing, number__in=ANSWERS).exclude(state=Outcome.UNKNOWN):
        assert f"{row.smtp_code} {row.smtp_text}" == ANSWERS[row.number][1]
    assert Recipient.objects.get(mailing=mailing, number=9).smtp_text.startswith("No answer after the message was sent")
    deferred = {number for number, (_, _, state) in ANSWERS.items() if state is Outcome.DEFERRED}
    assert set(Deferral.objects.values_list("number", flat=True)) == deferred
    # Number 9 had it, and the server said nothing: in doubt for the ledger, and not sent again.
    assert set(map(number_of, server.deliveries)) == {1, 9, 10, 11, 12}
    assert set(server.deliveries.values()) == {1}
    counts = mailing_counts(mailing)
    assert (counts.total, counts.accepted, counts.deferred, counts.rejected, counts.unknown) == (12, 4, 4, 3, 1)
    assert not Sender.objects.exists()


@pytest.mark.parametrize("stage", ["greeting", "ehlo", "starttls", "auth", "mail", "rcpt", "data"])
def test_421_at_any_stage_before_a_body_costs_nobody_anything(stage, authority, trusting):
    def script(at, *_):
        # Only the first two connections meet it, or one recipient might at all its tries; at EHLO also the HELO that a
        # client falls back to.
        talk = _[-1]
        return "421 4.3.2 shutting down CLOSE" if at == stage and talk.number <= 2 and not talk.messages else None

    mailing = sending_mailing(PEOPLE)
    context = serving(authority.issue_cert(HOST))
    with ScriptedServer(script, starttls=context, extensions=["AUTH PLAIN LOGIN"]) as server:
        ending = send(mailing, server, security="starttls", tls_context=trusting, username="relay", password="a secret")
    assert ending is Ending.EMPTY
    assert set(states(mailing).values()) == {Outcome.ACCEPTED}
    assert set(server.deliveries.values()) == {1}
    assert len(server.deliveries) == PEOPLE
    mailing.refresh_from_db()
    assert mailing.trouble == ""


def test_a_greylisted_recipient_gets_it_at_the_second_try():
    seen = set()

    def greylist(stage, argument, _talk):
        if stage != "rcpt" or argument in seen:
            return None
        seen.add(argument)
        return "451 4.7.1 Greylisted, please come back in 5 minutes"

    mailing = sending_mailing(PEOPLE)
    with ScriptedServer(greylist) as server:
        assert send(mailing, server) is Ending.EMPTY
        assert set(states(mailing).values()) == {Outcome.DEFERRED}
        assert server.accepted == []
        assert sweep_mailings().retried == 0
        assert let_deferrals_fall_due().retried == PEOPLE
        assert send(mailing, server) is Ending.EMPTY
    assert set(Recipient.objects.values_list("state", "attempts", "smtp_code")) == {(Outcome.ACCEPTED, 2, 250)}
    assert set(server.deliveries.values()) == {1}
    assert not Deferral.objects.exists()
    sweep_mailings()
    mailing.refresh_from_db()
    assert mailing.state == MailingState.FINISHED


def test_a_recipient_who_is_put_off_for_ever_is_given_up_with_growing_pauses():
    mailing = sending_mailing(2)
    pauses = []

    def puts_off(stage, argument, _talk):
        return "450 4.2.1 no" if stage == "rcpt" and number_of(argument) == 2 else None

    with ScriptedServer(puts_off) as server:
        for _ in range(3):
            send(mailing, server)
            due = [each.due_at - each.now for each in Deferral.objects.annotate(now=Now())]
            pauses += [round(each.total_seconds(), -2) for each in due]
            let_deferrals_fall_due()
    assert states(mailing) == {1: Outcome.ACCEPTED, 2: Outcome.REJECTED}
    assert pauses == [300, 900]
    row = Recipient.objects.get(mailing=mailing, number=2)
    assert (row.attempts, row.smtp_code, row.smtp_text) == (3, 450, "Given up: 4.2.1 no")


def test_a_server_that_answers_slowly_is_waited_for():
    def slow(stage, _argument, talk):
        if stage in ("greeting", "rcpt", "body") and talk.messages == 0:
            time.sleep(0.3)

    mailing = sending_mailing(PEOPLE)
    with ScriptedServer(slow, delay=0.01) as server:
        assert send(mailing, server) is Ending.EMPTY
    assert set(states(mailing).values()) == {Outcome.ACCEPTED}
    assert set(server.deliveries.values()) == {1}


def test_a_server_that_is_too_slow_leaves_in_doubt_only_those_whose_message_it_has(settings):
    settings.DELIVERY = {**settings.DELIVERY, "command_timeout": 0.4, "data_timeout": 0.4, "connections": 1}

    def hangs(stage, argument, _talk):
        if stage == "body" and number_of(argument) == 3:
            time.sleep(1.2)

    mailing = sending_mailing(5)
    with ScriptedServer(hangs) as server:
        assert send(mailing, server) is Ending.EMPTY
        time.sleep(1.2)
    assert states(mailing) == {**dict.fromkeys((1, 2, 4, 5), Outcome.ACCEPTED), 3: Outcome.UNKNOWN}
    assert set(server.deliveries.values()) == {1}


@pytest.mark.parametrize("pipelining", [True, False])
def test_a_server_that_closes_after_every_second_message_gets_them_all(pipelining):
    def closes(stage, _argument, talk):
        return "250 2.0.0 queued CLOSE" if stage == "body" and talk.messages == 1 else None

    mailing = sending_mailing(PEOPLE)
    with ScriptedServer(closes, pipelining=pipelining) as server:
        assert send(mailing, server) is Ending.EMPTY
    assert set(states(mailing).values()) == {Outcome.ACCEPTED}
    assert Counter(server.deliveries.values()) == {1: PEOPLE}
    mailing.refresh_from_db()
    assert mailing.trouble == ""


@pytest.mark.parametrize("stage", ["greeting", "mail"])
@pytest.mark.parametrize("reply", [CLOSE, "421 4.3.2 not today CLOSE"])
def test_a_relay_that_closes_on_everybody_stops_the_sender_and_blames_nobody_at_once(stage, reply):
    mailing = sending_mailing(PEOPLE)
    with ScriptedServer(lambda at, *_: reply if at == stage else None) as server:
        ending = send(mailing, server)
    found = Counter(states(mailing).values())
    if stage == "greeting":
        assert ending is Ending.TROUBLE
        assert found == {Outcome.PENDING: PEOPLE}
        mailing.refresh_from_db()
        assert mailing.trouble
        assert mailing.not_before is not None
    # At MAIL a recipient may be what the server minds, so after three fresh connections it is put off, not refused.
    assert set(found) <= {Outcome.PENDING, Outcome.DEFERRED}
    assert server.accepted == []
    assert not Sender.objects.exists()


def no_certificate_of(fault, authority):
    if fault == "unknown authority":
        return serving(trustme.CA().issue_cert(HOST))
    if fault == "another name":
        return serving(authority.issue_cert("mail.example.org"))
    from datetime import UTC, datetime

    return serving(authority.issue_cert(HOST, not_after=datetime(2020, 1, 1, tzinfo=UTC)))


@pytest.mark.parametrize("security", ["tls", "starttls"])
@pytest.mark.parametrize("fault", ["unknown authority", "another name", "expired"])
def test_a_relay_with_a_wrong_certificate_gets_neither_password_nor_mail(security, fault, authority, trusting):
    mailing = sending_mailing(3)
    context = no_certificate_of(fault, authority)
    options = {security: context, "extensions": ["AUTH PLAIN"]}
    with ScriptedServer(**options) as server:
        ending = send(mailing, server, security=security, tls_context=trusting, username="relay", password="a secret")
    assert ending is Ending.TROUBLE
    assert set(states(mailing).values()) == {Outcome.PENDING}
    assert {line.split()[0] for line in server.log} <= {"EHLO", "STARTTLS"}
    mailing.refresh_from_db()
    assert "certificate does not hold" in mailing.trouble
    assert mailing.state == MailingState.SENDING


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_a_relay_with_a_good_certificate_gets_everything(security, authority, trusting):
    mailing = sending_mailing(PEOPLE)
    context = serving(authority.issue_cert(HOST))
    with ScriptedServer(**{security: context, "extensions": ["AUTH PLAIN"]}) as server:
        ending = send(mailing, server, security=security, tls_context=trusting, username="relay", password="a secret")
    assert ending is Ending.EMPTY
    assert set(server.deliveries.values()) == {1}
    assert len(server.deliveries) == PEOPLE
    assert set(states(mailing).values()) == {Outcome.ACCEPTED}


def test_a_relay_without_starttls_gets_nothing(trusting):
    mailing = sending_mailing(3)
    with ScriptedServer(extensions=["AUTH PLAIN"]) as server:
        ending = send(mailing, server, security="starttls", tls_context=trusting, username="relay", password="a secret")
    assert ending is Ending.TROUBLE
    assert {line.split()[0] for line in server.log} == {"EHLO"}
    assert set(states(mailing).values()) == {Outcome.PENDING}


@pytest.mark.parametrize(
    ("extensions", "words"),
    [
        (["AUTH PLAIN"], "535 5.7.8 wrong password"),
        (["AUTH LOGIN"], "535 5.7.8 wrong password"),
        (["AUTH XOAUTH2"], "neither AUTH PLAIN nor AUTH LOGIN"),
        ([], "neither AUTH PLAIN nor AUTH LOGIN"),
    ],
)
def test_a_failed_login_is_the_relays_trouble_and_nobody_is_refused(extensions, words):
    def refuse(stage, _argument, _talk):
        return "535 5.7.8 wrong password" if stage in ("auth", "login") else None

    mailing = sending_mailing(3)
    with ScriptedServer(refuse, extensions=extensions) as server:
        assert send(mailing, server, username="relay", password="a secret") is Ending.TROUBLE
    assert server.accepted == []
    assert set(states(mailing).values()) == {Outcome.PENDING}
    mailing.refresh_from_db()
    assert words in mailing.trouble


def test_a_mailing_goes_on_when_the_relay_is_well_again():
    mailing = sending_mailing(PEOPLE)
    with ScriptedServer(lambda at, *_: "421 down CLOSE" if at == "greeting" else None) as server:
        assert send(mailing, server) is Ending.TROUBLE
    with ScriptedServer() as server:
        assert send(mailing, server) is Ending.EMPTY
    assert set(server.deliveries.values()) == {1}
    assert set(states(mailing).values()) == {Outcome.ACCEPTED}
    assert Mailing.objects.get(pk=mailing.pk).trouble == ""
