"""Every message of a mailing is signed, whatever stands in it."""

from __future__ import annotations

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from newsletters.audience.models import Subscriber
from newsletters.delivery.services import freeze_audience, freeze_mailing, run_sender, start_mailing
from newsletters.transport.smtp import SmtpRoute
from tests.factories.audience import MailingListFactory
from tests.factories.delivery import compiled_issue, subscribe_many
from tests.integration.delivery.servers import ScriptedServer
from tests.unit.transport.test_signing import pem, record, signed_names

pytestmark = pytest.mark.django_db(transaction=True)
NAMES = ['O\'Brien "Bob"', "Zoë Ångström", "🦊 Fox", "אבי כהן", "x" * 120, "a  b", ".", "From here"]


def test_every_message_of_a_mailing_verifies(settings):
    from django.utils import timezone

    key = rsa.generate_private_key(65537, 2048)
    settings.DKIM = {"domain": "example.org", "selector": "news", "key": pem(key)}
    mailing_list = MailingListFactory()
    for subscriber, name in zip(subscribe_many(mailing_list, len(NAMES)), NAMES, strict=True):
        Subscriber.objects.filter(pk=subscriber.pk).update(name=name)
    mailing = freeze_audience(mailing=freeze_mailing(compiled=compiled_issue(mailing_list), at=timezone.now()))
    mailing = start_mailing(mailing=mailing)
    with ScriptedServer() as server:
        run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", server.port))
    assert len(server.accepted) == len(NAMES)
    for _, _, data in server.accepted:
        assert dkim.verify(data, dnsfunc=lambda *_, **__: record(key))
        assert {"list-unsubscribe", "list-unsubscribe-post"} <= set(signed_names(data))


def test_a_key_that_cannot_be_used_is_shown_as_the_mailings_trouble(settings):
    from newsletters.transport.signing import KeyUnusableError
    from tests.factories.delivery import sending_mailing

    settings.DKIM = {"domain": "example.org", "selector": "news", "key": "nonsense"}
    mailing = sending_mailing(2)
    with pytest.raises(KeyUnusableError):
        run_sender(mailing_id=mailing.pk, route=SmtpRoute("127.0.0.1", 9))
    mailing.refresh_from_db()
    assert "openssl genrsa" in mailing.trouble
