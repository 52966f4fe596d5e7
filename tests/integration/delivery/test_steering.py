"""Pause, resume and cancel while messages are on the wire, counted in messages; and who overtakes whom."""

from __future__ import annotations

from collections import Counter
from email import message_from_bytes

import pytest
from celery import current_app
from django.db import connection
from django.utils import timezone

from courant.supervisor.programs import workers
from newsletters.audience.models import OutgoingMail, Subscriber
from newsletters.audience.sending import send_mail
from newsletters.audience.services.mails import SEND_TASK
from newsletters.delivery.models import Mailing, Rate, Recipient
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.sending.dispatch import Ending
from newsletters.delivery.services import cancel_mailing, pause_mailing, resume_mailing, run_sender
from newsletters.delivery.states import MailingState, Outcome
from newsletters.transport.smtp import SmtpRoute
from tests.factories.delivery import sending_mailing
from tests.integration.delivery.servers import ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)

WINDOW = 16
PEOPLE = 600


class PressAt:
    """A script that presses a button when so many bodies have come in, and counts those that come after it."""

    def __init__(self, number: int, button) -> None:
        self.number, self.button = number, button
        self.bodies = self.after = 0

    def __call__(self, stage: str, _argument: str, _talk) -> None:
        if stage != "body":
            return
        self.bodies += 1
        if self.bodies == self.number:
            try:
                self.button()
            finally:
                connection.close()
        elif self.bodies > self.number:
            self.after += 1


@pytest.fixture
def mailing(settings) -> Mailing:
    settings.DELIVERY = {"window": WINDOW, "connections": 4}
    return sending_mailing(PEOPLE)


def send(mailing: Mailing, script=None) -> tuple[ScriptedServer, Ending | None]:
    with ScriptedServer(script) as server:
        return server, run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port))


@pytest.mark.parametrize("number", [1, 150])
def test_after_pause_no_more_than_one_window_goes_out_and_resume_sends_to_the_rest_only(mailing, number):
    press = PressAt(number, lambda: pause_mailing(mailing=mailing))
    before, ending = send(mailing, press)
    assert ending is Ending.STOPPED
    # Whoever was committed as on the wire when the button was pressed, and nobody else.
    assert press.after <= WINDOW
    assert len(before.accepted) == press.bodies
    mailing.refresh_from_db()
    counts = mailing_counts(mailing)
    assert (mailing.state, counts.accepted, counts.unknown) == (MailingState.PAUSED, press.bodies, 0)
    assert run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", 1)) is None
    resume_mailing(mailing=mailing)
    after, ending = send(mailing)
    assert ending is Ending.EMPTY
    recipients = Counter(address for _, address, _ in [*before.accepted, *after.accepted])
    assert len(recipients) == PEOPLE
    assert set(recipients.values()) == {1}
    assert len(after.accepted) == PEOPLE - press.bodies


def test_cancel_leaves_an_exact_account(mailing):
    press = PressAt(150, lambda: cancel_mailing(mailing=mailing))
    server, ending = send(mailing, press)
    assert ending is Ending.STOPPED
    assert press.after <= WINDOW
    mailing.refresh_from_db()
    counts = mailing_counts(mailing)
    assert (mailing.state, counts.accepted, counts.pending) == (
        MailingState.CANCELLED,
        press.bodies,
        PEOPLE - press.bodies,
    )
    accepted = set(Recipient.objects.filter(state=Outcome.ACCEPTED).values_list("address", flat=True))
    assert accepted == {address for _, address, _ in server.accepted}


def test_sending_in_bulk_and_confirmations_are_apart_from_queue_to_process():
    def queue_of(task: str) -> str:
        return str(current_app.amqp.router.route({}, task)["queue"].name)

    assert queue_of("newsletters.delivery.send_mailing") == "bulk"
    assert queue_of(SEND_TASK) == "transactional"
    assert queue_of("newsletters.audience.sweep_confirmations") == "transactional"
    queues = [program.command[program.command.index("-Q") + 1] for program in workers()]
    assert queues == ["transactional", "index,bulk"]


def test_a_confirmation_overtakes_a_mailing_that_waits_for_its_rate(mailing, settings, valkey_url):
    settings.REDIS_URL = valkey_url
    Rate.objects.create(domain="", per_second=5)
    reader = Subscriber.objects.get(email=f"reader{PEOPLE}@example.org")
    sent: list[bool] = []
    with ScriptedServer() as server:
        route = SmtpRoute("127.0.0.1", server.port)

        def confirm_and_pause() -> None:
            now = timezone.now()
            mail = OutgoingMail.objects.create(
                kind=OutgoingMail.Kind.PREFERENCES, subscriber=reader, due_at=now, created_at=now
            )
            sent.append(send_mail(pk=mail.pk, at=now, route=route))
            pause_mailing(mailing=mailing)

        server.script = PressAt(3, confirm_and_pause)
        run_sender(mailing_id=mailing.pk, route=route)
        subjects = [message_from_bytes(message)["Subject"] for _, _, message in server.accepted]
    assert sent == [True]
    place = subjects.index("Your link to your preferences")
    # Those that were on the wire already, at most; hundreds of the mailing wait behind their rate.
    assert place <= WINDOW
    assert mailing_counts(mailing).pending > PEOPLE - 100
