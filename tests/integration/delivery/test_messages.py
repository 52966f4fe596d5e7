"""Every message of a run, parsed back and held against what the preview shows for that person."""

from __future__ import annotations

import pytest
from django.utils import timezone

from newsletters.delivery.sending.dispatch import Ending
from newsletters.delivery.services import freeze_audience, freeze_mailing, run_sender, start_mailing
from newsletters.transport.smtp import SmtpRoute
from tests.factories.audience import MailingListFactory
from tests.factories.delivery import subscribe_many
from tests.integration.delivery.inspection import NAMES, awkward_issue, inspect_run, spread_names
from tests.integration.delivery.servers import ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)
TOPIC = 7


@pytest.fixture
def run(settings):
    """A finished run of awkward messages: its mailing, and what the server got."""
    settings.DELIVERY = {"window": 32, "connections": 4}
    mailing_list = MailingListFactory()
    subscribe_many(mailing_list, 6 * len(NAMES))
    compiled = awkward_issue(mailing_list, topic_id=TOPIC)
    mailing = freeze_audience(mailing=freeze_mailing(compiled=compiled, at=timezone.now()))
    spread_names(mailing, topic_id=TOPIC)
    start_mailing(mailing=mailing)
    with ScriptedServer() as server:
        assert run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port)) is Ending.EMPTY
    return mailing, server.accepted


def test_every_message_is_what_the_preview_shows_for_its_reader(run):
    mailing, accepted = run
    found = inspect_run(mailing, accepted)
    assert found.faults == []
    assert found.messages == 6 * len(NAMES)


SPOILT = [
    (b"\r\nPrecedence: bulk", b"", "Precedence: 0 times"),
    (b"For followers", b"For everybody", "is not what the preview shows"),
    (b"List-Unsubscribe: <http", b"List-Unsubscribe: <httq", "List-Unsubscribe is not"),
    (b"quoted-printable\r\n", b"8bit\r\n", "an encoding other"),
    (b"\r\n\r\n", b"\r\n\r\n" + b"y" * 77 + b"\r\n", "a body line of 77"),
    (b"=2E", b"\r\n.", "starts with a dot"),
    (b"Subject: ", b"Subject: Re: ", "the subject is"),
]


def test_the_inspection_sees_what_is_spoilt(run):
    mailing, accepted = run
    for old, new, fault in SPOILT:
        spoilt = [(sender, recipient, data.replace(old, new)) for sender, recipient, data in accepted]
        assert any(fault in words for words in inspect_run(mailing, spoilt).faults), fault
    identifier = next(line for line in accepted[0][2].split(b"\r\n") if line.startswith(b"Message-ID"))
    other = next(line for line in accepted[1][2].split(b"\r\n") if line.startswith(b"Message-ID"))
    alike = [(*accepted[1][:2], accepted[1][2].replace(other, identifier)), *accepted[:1], *accepted[3:]]
    faults = inspect_run(mailing, alike).faults
    assert any(words.endswith("2 times") for words in faults)
    assert any(words == f"{accepted[2][1]}: accepted and not arrived" for words in faults)
