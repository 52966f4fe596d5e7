"""A sender against a server that takes everything."""

from __future__ import annotations

import pytest

from newsletters.delivery.models import Recipient, Sender
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.sending.dispatch import Ending
from newsletters.delivery.services import run_sender, sweep_mailings
from newsletters.delivery.states import MailingState, Outcome
from newsletters.transport.smtp import SmtpRoute
from tests.factories.delivery import sending_mailing
from tests.integration.delivery.servers import ScriptedServer

pytestmark = pytest.mark.django_db(transaction=True)


def test_everybody_gets_it_once():
    mailing = sending_mailing(1203)
    with ScriptedServer() as server:
        assert run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port)) is Ending.EMPTY
    assert set(server.deliveries.values()) == {1}
    assert len(server.deliveries) == 1203
    counts = mailing_counts(mailing)
    assert (counts.total, counts.accepted, counts.pending) == (1203, 1203, 0)
    assert not Sender.objects.exists()
    sweep_mailings()
    mailing.refresh_from_db()
    assert mailing.state == MailingState.FINISHED
    assert set(Recipient.objects.values_list("state", "smtp_code")) == {(Outcome.ACCEPTED, 250)}
    assert len(set(server.message_ids.values())) == 1203
