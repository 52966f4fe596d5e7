"""Plain SMTP to one relay: one connection, one message at a time, every answer classified."""

from __future__ import annotations

import smtplib
import ssl
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.conf import settings

from newsletters.transport.api import ApiRoute
from newsletters.transport.headers import refuse_control_characters
from newsletters.transport.messages import message_id_domain
from newsletters.transport.routes import (
    ConnectionTrouble,
    Receipt,
    Stage,
    TransportError,
    enhanced_status,
    failure,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

# RFC 5321 §4.5.3.2 allows minutes; a task that sends one confirmation must end well inside its lease of two minutes.
TIMEOUT_SECONDS = 10.0


class SmtpSession:
    """One open connection to the relay."""

    def __init__(self, client: smtplib.SMTP) -> None:
        """Take over an open, greeted and authenticated connection."""
        self._client = client

    def send(self, *, sender: str, recipient: str, message: bytes) -> Receipt:
        """Hand over one message; see `routes.Session.send`."""
        refuse_control_characters(sender)
        refuse_control_characters(recipient)
        size = [f"SIZE={len(message)}"] if self._client.has_extn("size") else []
        try:
            self._expect(Stage.MAIL, self._command(Stage.MAIL, self._client.mail, sender, size))
            self._expect(Stage.RECIPIENT, self._command(Stage.RECIPIENT, self._client.rcpt, recipient))
            return self._data(message)
        except ConnectionTrouble:
            self._client.close()
            raise
        except TransportError:
            # The transaction is open on the other side; without a reset the next message would be refused.
            with suppress(smtplib.SMTPException, OSError):
                self._client.rset()
            raise

    def _data(self, message: bytes) -> Receipt:
        try:
            code, reply = self._client.data(message)
        except smtplib.SMTPDataError as error:  # the answer to DATA itself: nothing has been sent yet
            raise failure(stage=Stage.DATA, code=error.smtp_code, reply=_text(error.smtp_error)) from None
        except (smtplib.SMTPException, OSError):
            # Whether the final dot arrived cannot be known from here.
            raise ConnectionTrouble(stage=Stage.DATA, outcome_unknown=True) from None
        text = self._expect(Stage.DATA, (code, reply))
        return Receipt(code=code, status=enhanced_status(text), reply=text)

    @staticmethod
    def _command(stage: Stage, command: Any, *arguments: Any) -> tuple[int, bytes]:
        try:
            answer: tuple[int, bytes] = command(*arguments)
        except (smtplib.SMTPException, OSError, UnicodeError):
            raise ConnectionTrouble(stage=stage) from None
        return answer

    @staticmethod
    def _expect(stage: Stage, answer: tuple[int, bytes]) -> str:
        code, reply = answer
        text = _text(reply)
        if not 200 <= code < 300:  # noqa: PLR2004 (RFC 5321 §4.2.1)
            raise failure(stage=stage, code=code, reply=text)
        return text


@dataclass(frozen=True, slots=True)
class SmtpRoute:
    """A relay: `security` is none, starttls or tls; with either TLS mode the certificate and host name must hold."""

    host: str
    port: int
    username: str = ""
    password: str = field(default="", repr=False)
    security: str = "none"
    timeout: float = TIMEOUT_SECONDS
    tls_context: ssl.SSLContext | None = None

    @property
    def name(self) -> str:
        """The relay's host and port."""
        return f"smtp:{self.host}:{self.port}"

    @contextmanager
    def session(self) -> Iterator[SmtpSession]:
        """Connect, greet, secure and log in; see `routes.Route.session`."""
        client = self._connect()
        try:
            yield SmtpSession(client)
        finally:
            with suppress(smtplib.SMTPException, OSError):
                client.quit()
            client.close()

    def _connect(self) -> smtplib.SMTP:
        # Our own name in EHLO: the standard library would ask a resolver, which may take seconds.
        own_name = message_id_domain()
        context = self.tls_context or ssl.create_default_context()
        client: smtplib.SMTP | None = None
        try:
            if self.security == "tls":
                client = smtplib.SMTP_SSL(
                    self.host, self.port, local_hostname=own_name, timeout=self.timeout, context=context
                )
            else:
                client = smtplib.SMTP(self.host, self.port, local_hostname=own_name, timeout=self.timeout)
            client.ehlo_or_helo_if_needed()
            if self.security == "starttls":
                client.starttls(context=context)
                client.ehlo()
            if self.username:
                client.login(self.username, self.password)
        except smtplib.SMTPResponseException as error:
            _close(client)
            reply = _text(error.smtp_error)
            raise ConnectionTrouble(
                stage=Stage.CONNECT, code=error.smtp_code, status=enhanced_status(reply), reply=reply
            ) from None
        except (smtplib.SMTPException, OSError, ValueError) as error:
            _close(client)
            raise ConnectionTrouble(stage=Stage.CONNECT) from error
        return client


def default_route() -> SmtpRoute | ApiRoute:
    """The provider that `MAIL_API` names, or else the relay of `SMTP_URL`.

    Raises:
        ConnectionTrouble: no relay is configured.
    """
    if settings.MAIL_API:
        return ApiRoute(settings.MAIL_API)
    if not settings.SMTP:
        raise ConnectionTrouble(stage=Stage.CONNECT, reply="SMTP_URL is not set")
    return SmtpRoute(**settings.SMTP)


def _close(client: smtplib.SMTP | None) -> None:
    if client is not None:
        client.close()


def _text(reply: bytes | str) -> str:
    return reply.decode("utf-8", errors="replace") if isinstance(reply, bytes) else reply
