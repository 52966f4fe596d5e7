"""The control room: what it says of a mailing, what an operator may do, and who may look."""

from __future__ import annotations

from datetime import timedelta

import pytest
from bs4 import BeautifulSoup
from django.contrib.auth.models import Permission
from django.contrib.messages import get_messages
from django.urls import reverse
from django.utils import timezone

from courant.users.models import User
from newsletters.audience.models import State, Subscription
from newsletters.delivery.ledger import Result, ledger_of
from newsletters.delivery.models import Mailing, Rate, Recipient, Sample
from newsletters.delivery.reporting.progress import domain_queues, mailing_delays, mailing_pace
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.services import sweep_mailings
from newsletters.delivery.states import MailingState, Outcome
from tests.factories.audience import MailingListFactory
from tests.factories.delivery import compiled_issue, frozen_mailing, sending_mailing, subscribe_many

pytestmark = pytest.mark.django_db


def person(name: str, *codenames: str) -> User:
    user = User.objects.create_user(name, f"{name}@example.org", "secret-secret")
    user.user_permissions.add(
        Permission.objects.get(codename="access_admin"),
        *Permission.objects.filter(content_type__app_label="delivery", codename__in=codenames),
    )
    return user


@pytest.fixture
def watcher(db) -> User:
    return person("watcher", "view_mailing")


@pytest.fixture
def operator(db) -> User:
    return person("operator", "view_mailing", "change_mailing")


def address(name: str, mailing: Mailing) -> str:
    return reverse(f"delivery:{name}", args=[mailing.pk])


def text_of(response) -> str:
    assert response.status_code == 200
    return " ".join(BeautifulSoup(response.content, "html.parser").get_text(" ").split())


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def settle(mailing: Mailing, results: list[Result]) -> None:
    """Give outcomes as a sender does."""
    ledger = ledger_of(mailing)
    sender = ledger.open_sender(lease=30, limit=1)
    while chunk := ledger.claim_chunk(sender, lanes=[""]):
        mine = [result for result in results if result.number in {place.number for place in chunk.places}]
        ledger.pump(sender, on_wire=[result.number for result in mine], results=[], lease=30)
        ledger.pump(sender, on_wire=[], results=mine, lease=30)
        if len(mine) < len(chunk.places):
            break
    ledger.close_sender(sender)


def accepted(numbers) -> list[Result]:
    return [Result(number, Outcome.ACCEPTED, 250, "2.0.0 Ok") for number in numbers]


def make_unknown(mailing: Mailing, numbers: list[int]) -> None:
    ledger = ledger_of(mailing)
    sender = ledger.open_sender(lease=-1, limit=1)
    ledger.claim_chunk(sender, lanes=[""])
    from newsletters.delivery.models import Sender

    Sender.objects.filter(pk=sender).update(on_wire=numbers)
    assert ledger.bury_expired_senders() == (1, len(numbers))


@pytest.mark.parametrize("name", ["mailing", "live", "cancel", "report", "export_figures"])
def test_somebody_without_the_right_sees_nothing(client, name):
    mailing = frozen_mailing(2)
    client.force_login(person("stranger"))
    assert client.get(address(name, mailing)).status_code == 302
    assert client.get(reverse("delivery:mailings")).status_code == 302


@pytest.mark.parametrize("name", ["steer", "unknown"])
def test_whoever_may_only_look_changes_nothing(client, watcher, name):
    mailing = sending_mailing(2)
    client.force_login(watcher)
    assert "Pause" not in text_of(client.get(address("mailing", mailing)))
    client.post(address(name, mailing), {"action": "pause", "decision": "close-all"})
    mailing.refresh_from_db()
    assert mailing.state == MailingState.SENDING


def test_progress_and_the_parts_that_are_fetched_say_the_same(client, watcher):
    mailing = sending_mailing(10)
    settle(mailing, accepted(range(1, 5)))
    client.force_login(watcher)
    for name in ("mailing", "live"):
        page = text_of(client.get(address(name, mailing)))
        assert "4 of 10 settled" in page
        assert "Accepted by the relay 4" in page
        assert "example.org 6 0 none" in page


def test_the_page_polls_only_while_something_goes_on(client, watcher):
    mailing = sending_mailing(3)
    client.force_login(watcher)
    assert b"data-live-url" in client.get(address("mailing", mailing)).content
    Mailing.objects.update(state=MailingState.FINISHED)
    assert b"data-live-url" not in client.get(address("mailing", mailing)).content


def test_the_waterfall_leads_from_everybody_to_those_who_get_mail(client, watcher):
    mailing_list = MailingListFactory()
    people = subscribe_many(mailing_list, 8)
    Subscription.objects.filter(subscriber__in=people[:3]).update(state=State.UNSUBSCRIBED)
    people[3].suppressed_at = timezone.now()
    people[3].save()
    from newsletters.delivery.services import freeze_audience, freeze_mailing

    mailing = freeze_mailing(compiled=compiled_issue(mailing_list), at=timezone.now())
    mailing = freeze_audience(mailing=mailing)
    steps = {key: number for key, _, number in mailing.waterfall}
    assert (steps["total"], steps["unsubscribed"], steps["suppressed"], steps["to_send"]) == (8, 3, 1, 4)
    assert steps["duplicates"] == 0
    left_out = sum(number for key, _, number in mailing.waterfall if key not in {"total", "to_send"})
    assert steps["total"] - left_out == steps["to_send"] == mailing.size
    client.force_login(watcher)
    page = text_of(client.get(address("mailing", mailing)))
    assert "Unsubscribed \N{MINUS SIGN}3" in page
    assert "Duplicate address 0 To send 4" in page


def test_who_leaves_while_the_list_is_written_is_a_step_of_the_waterfall():
    mailing_list = MailingListFactory()
    people = subscribe_many(mailing_list, 5)
    from newsletters.delivery.services import freeze_audience, freeze_mailing
    from newsletters.delivery.services.freezing import _waterfall

    mailing = freeze_mailing(compiled=compiled_issue(mailing_list), at=timezone.now())
    mailing.waterfall = _waterfall(mailing, timezone.now())
    mailing.save()
    Subscription.objects.filter(subscriber=people[0]).update(state=State.UNSUBSCRIBED)
    mailing = freeze_audience(mailing=mailing)
    assert [(key, number) for key, _, number in mailing.waterfall[-2:]] == [("changed", 1), ("to_send", 4)]


def test_pace_and_time_left_come_from_the_last_minute():
    mailing = sending_mailing(100)
    at = timezone.now()
    Sample.objects.create(mailing=mailing, at=at - timedelta(seconds=90), accepted=4, settled=4)
    Sample.objects.create(mailing=mailing, at=at - timedelta(seconds=60), accepted=10, settled=10)
    Sample.objects.create(mailing=mailing, at=at - timedelta(seconds=30), accepted=12, settled=12)
    settle(mailing, accepted(range(1, 41)))
    pace = mailing_pace(mailing, mailing_counts(mailing), at=at)
    assert pace.per_minute == pytest.approx(30)
    assert pace.left == timedelta(minutes=2)
    assert pace.words == "about 2 minutes"


def test_a_pause_of_an_hour_is_no_part_of_the_pace():
    mailing = sending_mailing(100)
    at = timezone.now()
    Mailing.objects.update(started_at=at - timedelta(hours=1))
    mailing.refresh_from_db()
    Sample.objects.create(mailing=mailing, at=at - timedelta(minutes=59), accepted=50, settled=50)
    assert mailing_pace(mailing, mailing_counts(mailing), at=at).per_minute is None


def test_the_sweep_notes_counts_while_a_mailing_is_sending():
    mailing = sending_mailing(10)
    settle(mailing, accepted(range(1, 4)))
    at = timezone.now()
    sweep_mailings(at=at)
    sweep_mailings(at=at + timedelta(seconds=5))
    sweep_mailings(at=at + timedelta(seconds=16))
    assert list(Sample.objects.values_list("at", "accepted")) == [(at, 3), (at + timedelta(seconds=16), 3)]


def test_queues_are_counted_a_domain_with_its_limit():
    mailing_list = MailingListFactory()
    for domain, count in {"one.example": 5, "Two.example": 3, "three.example": 1}.items():
        subscribe_many(mailing_list, count, domain=domain.lower())
    Rate.objects.create(domain="two.example", per_second=0.5)
    from newsletters.delivery.services import freeze_audience, freeze_mailing, start_mailing

    mailing = freeze_audience(mailing=freeze_mailing(compiled=compiled_issue(mailing_list), at=timezone.now()))
    mailing = start_mailing(mailing=mailing)
    settle(mailing, [*accepted([1, 2]), Result(3, Outcome.DEFERRED, 451, "Later", 600)])
    queues = [(queue.domain, queue.waiting, queue.deferred, queue.limit) for queue in domain_queues(mailing)]
    assert queues == [("one.example", 2, 1, None), ("two.example", 3, 0, 0.5), ("three.example", 1, 0, None)]


def test_deferred_recipients_are_grouped_by_reason_without_their_addresses(client, watcher):
    mailing = sending_mailing(6)
    settle(
        mailing,
        [
            Result(1, Outcome.DEFERRED, 451, "4.7.1 <reader1@example.org>: Greylisted", 300),
            Result(2, Outcome.DEFERRED, 451, "4.7.1 <reader2@example.org>: Greylisted", 900),
            Result(3, Outcome.DEFERRED, 452, "4.2.2 Mailbox full", 60),
        ],
    )
    delays = mailing_delays(mailing)
    assert (delays.total, delays.read) == (3, 3)
    assert [(delay.code, delay.reason, delay.count) for delay in delays.rows] == [
        (451, "4.7.1 …: Greylisted", 2),
        (452, "4.2.2 Mailbox full", 1),
    ]
    assert timedelta(0) < delays.rows[0].next_at - timezone.now() <= timedelta(seconds=300)
    client.force_login(watcher)
    assert "4.7.1 …: Greylisted 451 2" in text_of(client.get(address("live", mailing)))


def test_the_unknown_are_listed_and_decided_about_one_by_one(client, operator):
    mailing = sending_mailing(10)
    make_unknown(mailing, [2, 3, 5])
    client.force_login(operator)
    page = text_of(client.get(address("mailing", mailing)))
    assert [name for name in (f"reader{n}@example.org" for n in range(1, 11)) if name in page] == [
        "reader2@example.org",
        "reader3@example.org",
        "reader5@example.org",
    ]
    client.post(address("unknown", mailing), {"decision": "resend-chosen", "number": ["2"]})
    client.post(address("unknown", mailing), {"decision": "close-chosen", "number": ["5"]})
    states = dict(Recipient.objects.filter(number__in=[2, 3, 5]).values_list("number", "state"))
    assert states == {2: Outcome.PENDING, 3: Outcome.UNKNOWN, 5: Outcome.CLOSED}


def test_with_nobody_chosen_nothing_is_decided(client, operator):
    mailing = sending_mailing(10)
    make_unknown(mailing, [2, 3])
    client.force_login(operator)
    assert "Nobody was chosen" in said(client.post(address("unknown", mailing), {"decision": "resend-chosen"}))
    client.post(address("unknown", mailing), {})
    assert mailing_counts(mailing).unknown == 2
    client.post(address("unknown", mailing), {"decision": "resend-all"})
    assert mailing_counts(mailing).unknown == 0


def test_cancelling_asks_first_and_leaves_an_exact_account(client, operator):
    mailing = sending_mailing(10)
    settle(mailing, accepted(range(1, 5)))
    client.force_login(operator)
    response = client.post(address("steer", mailing), {"action": "cancel"})
    assert response["Location"] == address("cancel", mailing)
    mailing.refresh_from_db()
    assert mailing.state == MailingState.SENDING
    assert "4 of 10 have it already and keep it. 6 will not get it." in text_of(client.get(response["Location"]))
    client.post(address("steer", mailing), {"action": "cancel", "confirmed": "yes"})
    mailing.refresh_from_db()
    counts = mailing_counts(mailing)
    assert (mailing.state, counts.accepted, counts.pending) == (MailingState.CANCELLED, 4, 6)


def test_pause_resume_and_what_is_not_possible_are_said(client, operator):
    mailing = sending_mailing(3)
    client.force_login(operator)
    assert "paused" in said(client.post(address("steer", mailing), {"action": "pause"}))
    assert "Resume" in text_of(client.get(address("mailing", mailing)))
    assert "cannot become" in said(client.post(address("steer", mailing), {"action": "pause"}))
    assert "sending" in said(client.post(address("steer", mailing), {"action": "resume"}))


def test_a_schedule_missed_by_more_than_an_hour_asks_before_it_fires(client, operator):
    mailing = frozen_mailing(3)
    due = timezone.now()
    Mailing.objects.update(scheduled_at=due)
    assert sweep_mailings(at=due + timedelta(minutes=59, seconds=59)).started == 1
    Mailing.objects.update(state=MailingState.FROZEN)
    assert sweep_mailings(at=due + timedelta(hours=1, seconds=1)).started == 0
    mailing.refresh_from_db()
    assert mailing.state == MailingState.MISSED
    assert sweep_mailings(at=due + timedelta(hours=2)).started == 0
    client.force_login(operator)
    assert "was missed. It waits for your decision" in text_of(client.get(reverse("delivery:mailings")))
    page = text_of(client.get(address("mailing", mailing)))
    assert "in case it is too late now: send it, or cancel it" in page
    client.post(address("steer", mailing), {"action": "start"})
    mailing.refresh_from_db()
    assert mailing.state == MailingState.SENDING


def test_the_issue_desk_and_the_first_page_show_what_waits_for_a_decision(client, operator, watcher):
    from newsletters.delivery.desk import summary_of

    mailing = frozen_mailing(3)
    client.force_login(operator)
    home = reverse("wagtailadmin_home")
    assert "wait for you" not in text_of(client.get(home))
    due = timezone.now()
    Mailing.objects.update(scheduled_at=due)
    sweep_mailings(at=due + timedelta(hours=2))
    mailing.refresh_from_db()
    assert summary_of(mailing).state == "Missed its time; waiting for a decision"
    assert summary_of(mailing).url == address("mailing", mailing)
    page = text_of(client.get(home))
    assert "Mailings that wait for you" in page
    assert "Missed its time" in page
    client.force_login(watcher)
    assert "wait for you" not in text_of(client.get(home))


def test_somebody_in_doubt_waits_for_a_decision_until_it_is_made():
    from newsletters.delivery.selectors import mailings_to_decide
    from newsletters.delivery.services import close_unknown

    mailing = sending_mailing(3)
    assert not mailings_to_decide()
    make_unknown(mailing, [1])
    assert list(mailings_to_decide()) == [mailing]
    close_unknown(mailing=mailing)
    assert not mailings_to_decide()
