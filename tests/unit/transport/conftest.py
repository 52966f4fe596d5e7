"""An SMTP server that answers as a test tells it, on a free port, with or without TLS."""

from __future__ import annotations

import ssl
from contextlib import contextmanager
from typing import Any

import pytest
import trustme
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult


class Sink:
    """Keeps what it gets; `answers` maps a command to the reply it gives instead of accepting."""

    def __init__(self) -> None:
        self.messages: list[tuple[str, list[str], bytes]] = []
        self.answers: dict[str, Any] = {}

    async def handle_MAIL(self, _server, _session, envelope, address, options):  # noqa: N802 (aiosmtpd's name)
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return self.answers.get("mail", "250 2.1.0 OK")

    async def handle_RCPT(self, _server, _session, envelope, address, _options):  # noqa: N802 (aiosmtpd's name)
        answer = self.answers.get("rcpt", "250 2.1.5 OK")
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server, _session, envelope):  # noqa: N802 (aiosmtpd's name)
        answer = self.answers.get("data", "250 2.0.0 queued as ABC123")
        if answer == "hang up":
            server.transport.abort()
            return "421 too late"
        if answer.startswith("250"):
            self.messages.append((envelope.mail_from, envelope.rcpt_tos, envelope.content))
        return answer


class _Listener(Controller):
    def __init__(self, sink: Sink, **kwargs: Any) -> None:
        self.smtp_options = kwargs.pop("smtp_options", {})
        super().__init__(sink, hostname="127.0.0.1", port=0, **kwargs)

    def factory(self) -> SMTP:
        return SMTP(self.handler, hostname="sink.example.org", **self.smtp_options)

    def _trigger_server(self) -> None:
        # Port 0 is known only after listening; aiosmtpd would connect to 0.
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@pytest.fixture
def sink():
    return Sink()


@pytest.fixture
def listening(sink):
    """Start the sink; gives its port."""
    started: list[_Listener] = []

    @contextmanager
    def listen(**options: Any):
        listener = _Listener(sink, **options)
        listener.start()
        started.append(listener)
        try:
            yield listener.port
        finally:
            listener.stop()

    return listen


@pytest.fixture(scope="session")
def authority():
    return trustme.CA()


@pytest.fixture
def server_context(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusting_context(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def check_login(_server, _session, _envelope, _mechanism, data):
    success = (data.login, data.password) == (b"relay", b"secret")
    return AuthResult(success=success, handled=success)
