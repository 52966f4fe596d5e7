"""A test send goes over a real SMTP conversation to one address."""

from __future__ import annotations

import email
import email.policy

import pytest
from aiosmtpd.controller import Controller
from django.contrib.messages import get_messages
from django.urls import reverse

pytestmark = pytest.mark.django_db


class Keeps:
    """An SMTP sink that keeps what it gets, or refuses everything."""

    def __init__(self) -> None:
        self.envelopes = []
        self.refuse = False

    async def handle_DATA(self, server, session, envelope) -> str:  # noqa: ARG002, N802 (aiosmtpd names it)
        if self.refuse:
            return "554 5.7.1 No"
        self.envelopes.append(envelope)
        return "250 OK"


@pytest.fixture
def relay(settings, free_port):
    keeps = Keeps()
    controller = Controller(keeps, hostname="127.0.0.1", port=free_port)
    controller.start()
    settings.SMTP = {"host": "127.0.0.1", "port": free_port, "username": "", "password": "", "security": "none"}
    yield keeps
    controller.stop()


def send_test_to(client, issue, address: str):
    return client.post(reverse("issues:test", args=[issue.pk]), {"address": address})


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))


def test_a_test_arrives_with_both_parts_and_is_marked(client, issue, publisher, relay) -> None:
    publisher.first_name = "Mara"
    publisher.save()
    client.force_login(publisher)
    assert "is on its way to mara@example.org" in said(send_test_to(client, issue, "mara@example.org"))
    (envelope,) = relay.envelopes
    assert envelope.rcpt_tos == ["mara@example.org"]
    message = email.message_from_bytes(envelope.content, policy=email.policy.default)
    assert message["Subject"] == "[Test] What carried the others"
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert "Dear Mara," in part.get_content()
        assert "For followers only." in part.get_content()


@pytest.mark.parametrize("address", ["", "nobody", "a@b", "a@example.org, b@example.org", "a@example.org\nBcc: b@c.d"])
def test_what_is_no_single_address_is_refused(client, issue, publisher, relay, address: str) -> None:
    client.force_login(publisher)
    assert "enter one address" in said(send_test_to(client, issue, address))
    assert relay.envelopes == []


def test_a_relay_that_refuses_is_said(client, issue, publisher, relay) -> None:
    relay.refuse = True
    client.force_login(publisher)
    assert "The relay did not take the test" in said(send_test_to(client, issue, "mara@example.org"))


def test_a_relay_that_is_not_there_is_said(client, issue, publisher, settings, free_port) -> None:
    settings.SMTP = {"host": "127.0.0.1", "port": free_port, "username": "", "password": "", "security": "none"}
    client.force_login(publisher)
    assert "The relay did not take the test" in said(send_test_to(client, issue, "mara@example.org"))


def test_without_a_senders_address_the_test_says_what_to_do(client, issue, newsletter, publisher, relay) -> None:
    newsletter.sender_address = ""
    newsletter.save()
    client.force_login(publisher)
    assert "enter one on its page" in said(send_test_to(client, issue, "mara@example.org"))
    assert relay.envelopes == []
