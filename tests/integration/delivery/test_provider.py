"""Sending through a mail provider's API: the same ledger, the same promises."""

from __future__ import annotations

import random
from datetime import timedelta
from email import message_from_bytes

import pytest
from django.utils import timezone

from newsletters.delivery.bounces.references import read_reference
from newsletters.delivery.models import Mailing, ProviderMessage, Recipient
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.sending.dispatch import Ending
from newsletters.delivery.services import run_sender, sweep_mailings
from newsletters.delivery.states import MailingState, Outcome
from newsletters.transport.api import ApiRoute
from newsletters.transport.messages import Letter, Mailbox, build_message, encode_message
from newsletters.transport.smtp import SmtpRoute, default_route
from tests.factories.delivery import sending_mailing
from tests.integration.delivery.provider import DROP, HANG, ScriptedProvider
from tests.integration.delivery.servers import ScriptedServer
from tests.integration.delivery.test_crashes import WINDOW, finish, reckon, start_sender, time_passes, wait_for

pytestmark = pytest.mark.django_db(transaction=True)


def route_to(provider, **options):
    return ApiRoute("postmark", {"api_url": f"http://127.0.0.1:{provider.port}", "server_token": "invented", **options})


def send(mailing, provider, **options):
    ending = run_sender(mailing_id=mailing.pk, route=route_to(provider, **options))
    mailing.refresh_from_db()
    return ending


def state_of(address):
    return Recipient.objects.get(address=address).state


def test_everybody_gets_it_once_and_one_a_request():
    mailing = sending_mailing(120)
    with ScriptedProvider() as provider:
        assert send(mailing, provider) is Ending.EMPTY
    assert len(provider.deliveries) == len(provider.requests) == 120
    assert set(provider.deliveries.values()) == {1}
    assert mailing_counts(mailing).accepted == 120
    assert sweep_mailings().finished == 1
    assert ProviderMessage.objects.count() == 120


def test_the_message_is_the_one_that_smtp_would_have_carried():
    mailing = sending_mailing(1)
    with ScriptedProvider() as provider:
        send(mailing, provider)
    Recipient.objects.update(state=Outcome.PENDING)
    mailing.chunks.update(state=0)
    with ScriptedServer() as server:
        run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port))
    by_api, by_smtp = provider.accepted[0][1], message_from_bytes(server.accepted[0][2])
    texts = {
        part.get_content_type(): part.get_payload(decode=True).decode()
        for part in by_smtp.walk()
        if not part.is_multipart()
    }

    def comparable(text):
        # The preference link carries the moment it was made.
        return text.replace("\r\n", "\n").partition("/preferences/")[0].rstrip()

    assert comparable(by_api["HtmlBody"]) == comparable(texts["text/html"])
    assert comparable(by_api["TextBody"]) == comparable(texts["text/plain"])
    assert by_api["Subject"] == "News for Reader 1"
    headers = {each["Name"]: each["Value"] for each in by_api["Headers"]}
    for name in ("Message-ID", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Feedback-ID", "Precedence"):
        assert headers[name] == by_smtp[name], name
    assert headers["X-PM-KeepID"] == "true"
    assert (by_api["TrackOpens"], by_api["TrackLinks"]) == (False, "None")
    assert read_reference(by_api["Metadata"]["courant"]) == (mailing.pk, 1)


def test_a_request_without_an_answer_leaves_its_recipient_unknown_and_is_not_repeated():
    mailing = sending_mailing(12)
    strange = {"reader3@example.org": DROP, "reader5@example.org": HANG}
    with ScriptedProvider(lambda recipient, _: strange.get(recipient)) as provider:
        send(mailing, provider, timeout=0.5)
    assert {address: state_of(address) for address in strange} == dict.fromkeys(strange, Outcome.UNKNOWN)
    assert set(provider.deliveries.values()) == {1}
    assert mailing_counts(mailing).accepted == 10


def test_a_server_error_says_nothing_so_the_recipient_is_unknown():
    mailing = sending_mailing(5)
    answer = (500, 0, "Internal error", {})
    with ScriptedProvider(lambda recipient, _: answer if recipient.startswith("reader2@") else None) as provider:
        send(mailing, provider)
    assert state_of("reader2@example.org") == Outcome.UNKNOWN
    assert mailing_counts(mailing).accepted == 4


def test_an_address_that_the_provider_refuses_is_rejected():
    mailing = sending_mailing(5)
    words = (
        "You tried to send to a recipient that has been marked as inactive.\nFound inactive addresses:"
        " reader2@example.org.\nInactive recipients are ones that have generated a hard bounce or a spam complaint. "
    )
    with ScriptedProvider(
        lambda recipient, _: (422, 406, words, {}) if recipient.startswith("reader2@") else None
    ) as provider:
        send(mailing, provider)
    assert state_of("reader2@example.org") == Outcome.REJECTED
    assert mailing_counts(mailing).accepted == 4


def test_too_many_requests_pause_the_route_for_as_long_as_the_provider_says():
    first = sending_mailing(30)
    second = Mailing.objects.get(pk=first.pk)
    second.pk = None
    second.save()
    with ScriptedProvider(
        lambda _, number: (429, 0, "Slow down", {"Retry-After": "120"}) if number > 10 else None
    ) as provider:
        assert send(first, provider) is Ending.TROUBLE
    counts = mailing_counts(first)
    assert counts.rejected == counts.unknown == 0
    assert counts.accepted == len(provider.accepted) < 30
    assert "429" in first.trouble
    assert first.state == MailingState.SENDING
    for mailing in Mailing.objects.all():
        assert mailing.not_before > timezone.now() + timedelta(seconds=100)
    assert sweep_mailings().to_nudge == []
    Mailing.objects.update(not_before=None)
    with ScriptedProvider() as provider:
        assert send(first, provider) is Ending.EMPTY
    assert mailing_counts(first).accepted == 30
    first.refresh_from_db()
    assert (first.trouble, second.state) == ("", MailingState.SENDING)


def test_a_short_rest_is_waited_for():
    mailing = sending_mailing(6)
    with ScriptedProvider(
        lambda _, number: (429, 0, "Slow down", {"Retry-After": "1"}) if number == 3 else None
    ) as provider:
        assert send(mailing, provider) is Ending.EMPTY
    assert mailing_counts(mailing).accepted == 6
    assert set(provider.deliveries.values()) == {1}


@pytest.mark.parametrize("code", [401, 403])
def test_a_refused_key_is_trouble_of_the_route_and_nobodys_fault(code, monkeypatch):
    monkeypatch.setattr("newsletters.delivery.sending.provider.PATIENCE", 0.5)
    mailing = sending_mailing(5)
    with ScriptedProvider(lambda *_: (code, 10, "Bad or missing API token", {})) as provider:
        assert send(mailing, provider) is Ending.TROUBLE
    counts = mailing_counts(mailing)
    assert (counts.pending, counts.rejected, counts.unknown) == (5, 0, 0)
    assert str(code) in mailing.trouble


def test_nobody_listening_is_trouble_of_the_route(free_port, monkeypatch):
    monkeypatch.setattr("newsletters.delivery.sending.provider.PATIENCE", 0.5)
    mailing = sending_mailing(5)
    nobody = ApiRoute("postmark", {"api_url": f"http://127.0.0.1:{free_port}", "server_token": "invented"})
    assert run_sender(mailing_id=mailing.pk, route=nobody) is Ending.TROUBLE
    counts = mailing_counts(mailing)
    assert (counts.pending, counts.unknown) == (5, 0)


def test_a_message_that_is_turned_down_three_times_is_rejected_and_the_others_go_on():
    mailing = sending_mailing(5)
    answer = (422, 409, "JSON required", {})
    with ScriptedProvider(lambda recipient, _: answer if recipient.startswith("reader4@") else None) as provider:
        assert send(mailing, provider) is Ending.EMPTY
    assert state_of("reader4@example.org") == Outcome.REJECTED
    assert mailing_counts(mailing).accepted == 4
    assert len(provider.requests) == 4 + 3


def test_no_more_requests_are_out_at_once_than_configured(settings):
    settings.DELIVERY = {"connections": 3}
    mailing = sending_mailing(30)
    with ScriptedProvider(delay=0.02) as provider:
        send(mailing, provider)
    assert 1 < provider.most_at_once <= 3


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_killed_sender_loses_and_doubles_nobody(seed, monkeypatch):
    monkeypatch.setenv("ROUTE", "api")
    chance = random.Random(seed)  # noqa: S311 (nothing secret)
    mailing = sending_mailing(100)
    with ScriptedProvider(delay=0.005) as provider:
        process = start_sender(mailing, provider)
        target = chance.randint(1, 70)
        wait_for(lambda: len(provider.accepted) >= target or process.poll() is not None)
        assert process.poll() is None
        process.kill()
        process.wait(10)
        time_passes()
        sweep_mailings()
        finish(mailing, provider)
        unknown = reckon(mailing, provider)
    assert len(unknown) <= WINDOW
    counts = mailing_counts(mailing)
    assert (counts.accepted, counts.unknown) == (100 - len(unknown), len(unknown))


def test_the_settings_choose_the_route_for_single_mails_too(settings):
    letter = Letter(
        sender=Mailbox("desk@institute.example", "The Alder Institute"), recipient=Mailbox("ann@reader.example", "Ann"),
        subject="Bitte bestätigen", text="Hallo\n", html="<p>Hallo</p>", date=timezone.now(), automatic=True,
    )  # fmt: skip
    with ScriptedProvider() as provider:
        settings.MAIL_API = "postmark"
        settings.ANYMAIL = {
            "POSTMARK_SERVER_TOKEN": "invented", "POSTMARK_API_URL": f"http://127.0.0.1:{provider.port}",
        }  # fmt: skip
        assert default_route().name == "api:postmark"
        with default_route().session() as session:
            receipt = session.send(
                sender="desk@institute.example", recipient="ann@reader.example",
                message=encode_message(build_message(letter)),
            )  # fmt: skip
    assert receipt.provider_id == "pm-1"
    ((recipient, said),) = provider.accepted
    assert (recipient, said["Subject"], said["TextBody"].strip()) == ("ann@reader.example", "Bitte bestätigen", "Hallo")
    assert {"Name": "Auto-Submitted", "Value": "auto-generated"} in said["Headers"]
