"""A mail provider's API, through django-anymail: one recipient a request, every answer in the vocabulary of routes.

The message is the one that SMTP would have carried, taken apart again: the same subject, text, HTML and headers. What
the provider writes itself is left to it (Date, the envelope, DKIM), and it must not count opens and clicks. A provider
takes several recipients in one request too, but then tells of some failures for the request as a whole, so that
nobody could say who got it; one a request keeps the ledger exact.
"""

from __future__ import annotations

import email
import email.policy
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any, Final

import requests
from anymail.exceptions import AnymailAPIError, AnymailError, AnymailRecipientsRefused
from django.core.exceptions import ImproperlyConfigured
from django.core.mail import EmailMultiAlternatives, get_connection
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

from newsletters.transport.routes import ConnectionTrouble, PermanentFailure, Receipt, Stage, TransportError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from email.message import EmailMessage

METADATA: Final = "courant"
"""The key under which a message carries its own Message-ID, so that the provider's events find the recipient."""
MOST_REST: Final = 900.0
"""Seconds: a longer Retry-After is asked about again after this."""
_TOO_MANY: Final = 429
_UNAVAILABLE: Final = 503
_OUR_ACCOUNT: Final = frozenset({401, 402, 403, 404, 405, 407, 410, 423})
"""HTTP answers that speak of us: a wrong key, no credit, an account that is closed or under review."""
_WRITTEN_ANEW: Final = frozenset(
    {"from", "to", "subject", "reply-to", "date", "mime-version", "content-type", "content-transfer-encoding"}
    | {"dkim-signature", "return-path"}
)
_KEEP_ID: Final = {"Postmark": {"X-PM-KeepID": "true"}}
"""What some providers want to hear, or they put a Message-ID of their own in the place of ours."""
_REFUSED: Final = frozenset({"rejected", "invalid", "failed"})


class RouteRests(ConnectionTrouble):
    """The provider wants to be left alone for a while: `seconds`, from its Retry-After (RFC 9110 §10.2.3)."""

    def __init__(self, *, seconds: float, code: int, reply: str) -> None:
        """As `ConnectionTrouble`, with the seconds."""
        super().__init__(stage=Stage.CONNECT, code=code, reply=reply)
        self.seconds = min(max(seconds, 1.0), MOST_REST)


class ApiSession:
    """An open connection to the API; not to be shared between threads."""

    def __init__(self, backend: Any) -> None:
        """Take over an opened backend of anymail's."""
        self._backend = backend

    def send(self, *, sender: str, recipient: str, message: bytes) -> Receipt:
        """Hand over one message; see `routes.Session.send`. The provider writes the envelope sender itself."""
        del sender
        mail = as_django_message(message, recipient=recipient)
        mail.extra_headers |= _KEEP_ID.get(self._backend.esp_name, {})
        try:
            self._backend.send_messages([mail])
        except AnymailRecipientsRefused as error:
            raise PermanentFailure(stage=Stage.RECIPIENT, code=550, reply=_refusal(mail)) from error
        except AnymailAPIError as error:
            raise _trouble(error) from error
        except (AnymailError, ImproperlyConfigured) as error:
            # It did not come to a request: what this provider cannot be told, or our settings.
            raise ConnectionTrouble(stage=Stage.CONNECT, reply=f"{type(error).__name__}: {error}") from error
        status = _status_of(mail)
        return Receipt(code=250, status="", reply=status.status or "taken", provider_id=status.message_id or "")


@dataclass(frozen=True, slots=True)
class ApiRoute:
    """A provider: `backend` is anymail's class, or its short name such as `postmark`."""

    backend: str
    options: dict[str, Any] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        """The provider's name."""
        return f"api:{self.backend.removesuffix('.EmailBackend').rpartition('.')[2]}"

    @contextmanager
    def session(self) -> Iterator[ApiSession]:
        """Open a session; see `routes.Route.session`."""
        session = self.open()
        try:
            yield session
        finally:
            session.close()

    def open(self) -> ClosingSession:
        """Open a session that the caller closes.

        Raises:
            ConnectionTrouble: the settings do not make a backend.
        """
        path = self.backend if "." in self.backend else f"anymail.backends.{self.backend}.EmailBackend"
        try:
            backend: Any = get_connection(path, ignore_unsupported_features=True, **self.options)
            backend.open()
        except (ImproperlyConfigured, ImportError, TypeError) as error:
            raise ConnectionTrouble(stage=Stage.CONNECT, reply=f"MAIL_API cannot be used: {error}") from error
        return ClosingSession(backend)


class ClosingSession(ApiSession):
    """A session with its end."""

    def close(self) -> None:
        """Close the connection."""
        self._backend.close()


def as_django_message(raw: bytes, *, recipient: str) -> EmailMultiAlternatives:
    """Take a message apart again for an API: what people read, and the headers that a provider lets through."""
    parsed: EmailMessage = email.message_from_bytes(raw, policy=email.policy.default)
    plain, marked_up = parsed.get_body(("plain",)), parsed.get_body(("html",))
    headers = {name: str(value) for name, value in parsed.items() if name.lower() not in _WRITTEN_ANEW}
    mail = EmailMultiAlternatives(
        subject=str(parsed["Subject"] or ""),
        body=plain.get_content() if plain is not None else "",
        from_email=str(parsed["From"] or ""),
        to=[recipient],
        reply_to=[str(parsed["Reply-To"])] if parsed["Reply-To"] else None,
        headers=headers,
    )
    if marked_up is not None:
        mail.attach_alternative(marked_up.get_content(), "text/html")
    # Anymail's own attributes, which Django's class does not know.
    vars(mail).update(metadata={METADATA: headers.get("Message-ID", "")}, track_opens=False, track_clicks=False)
    return mail


def _status_of(mail: EmailMultiAlternatives) -> Any:
    recipients = mail.anymail_status.recipients  # type: ignore[attr-defined]
    return next(iter(recipients.values()))


def _refusal(mail: EmailMultiAlternatives) -> str:
    status = _status_of(mail).status
    return f"5.1.1 {status}: the provider does not send to this address" if status in _REFUSED else str(status)


def _trouble(error: AnymailAPIError) -> TransportError:
    """Say what an answer or its absence means: refused, trouble of the route, or in doubt."""
    response = error.response
    if response is None:
        return ConnectionTrouble(stage=Stage.CONNECT, reply=_words(error), outcome_unknown=_may_have_arrived(error))
    code, reply = int(response.status_code), _reply(response)
    if code in (_TOO_MANY, _UNAVAILABLE):
        return RouteRests(seconds=_retry_after(response), code=code, reply=reply)
    if code in _OUR_ACCOUNT:
        return ConnectionTrouble(stage=Stage.CONNECT, code=code, reply=reply)
    if 400 <= code < 500:  # noqa: PLR2004 (RFC 9110 §15.5)
        # It may be this message's fault or our account's; whoever hands over tries to tell.
        return PermanentFailure(stage=Stage.MAIL, code=code, reply=reply)
    # An answer that says nothing: the request had arrived, and something broke behind it.
    return ConnectionTrouble(stage=Stage.DATA, code=code, reply=reply, outcome_unknown=True)


def _may_have_arrived(error: AnymailAPIError) -> bool:
    """Whether the request may have left this machine; only a connection that was never made says no."""
    if isinstance(error, (requests.ConnectTimeout, requests.exceptions.ProxyError)):
        return False
    cause: Any = error.__cause__
    while cause is not None:
        reason = getattr(cause, "reason", None) or next(iter(getattr(cause, "args", ())), None)
        for each in (cause, reason, getattr(reason, "reason", None)):
            if isinstance(each, (NewConnectionError, ConnectTimeoutError)):
                return False
            if "CERTIFICATE_VERIFY_FAILED" in str(each):
                return False
        cause = cause.__cause__
    return True


def _words(error: AnymailAPIError) -> str:
    if isinstance(error, requests.Timeout):
        return "the mail provider did not answer in time"
    return f"no answer from the mail provider ({type(error.__cause__ or error).__name__})"


def _reply(response: Any) -> str:
    return " ".join(f"HTTP {response.status_code} {response.reason or ''} {response.text[:300]}".split())


def _retry_after(response: Any) -> float:
    value = str(response.headers.get("Retry-After", "")).strip()
    if value.isdecimal():
        return float(value)
    try:
        return (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds()
    except (TypeError, ValueError):
        return 30.0
