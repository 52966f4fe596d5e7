"""A route takes a finished message and hands it to somebody who delivers it; what it answers has one vocabulary.

Three kinds fit: the plain SMTP of `newsletters.transport.smtp` (one message at a time, for confirmations and test
sends), the pipelining sender of `newsletters.delivery`, which opens its own connections to the same relay and uses
the same errors, and a provider's API through django-anymail. "Accepted" means accepted by the relay or API at the
other end of the route, never more.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

_ENHANCED = re.compile(r"^([245]\.\d{1,3}\.\d{1,3})\b")


class Stage(StrEnum):
    """Where in the conversation an answer came: a refusal at `MAIL` or `CONNECT` says nothing about the recipient."""

    CONNECT = "connect"
    MAIL = "mail"
    RECIPIENT = "rcpt"
    DATA = "data"


class TransportError(Exception):
    """A message was not accepted. `str()` never holds the other side's words, which often repeat the address."""

    def __init__(self, *, stage: Stage, code: int | None = None, status: str = "", reply: str = "") -> None:
        """Keep the SMTP code, the enhanced status code (RFC 3463) and the reply's text."""
        super().__init__(f"{type(self).__name__} at {stage}: {code or 'no answer'} {status}".rstrip())
        self.stage, self.code, self.status, self.reply = stage, code, status, reply


class TemporaryFailure(TransportError):  # noqa: N818 (the trade's word)
    """4xx: the same message may be accepted later."""


class PermanentFailure(TransportError):  # noqa: N818 (the trade's word)
    """5xx: trying again will not help."""


class ConnectionTrouble(TransportError):  # noqa: N818 (the trade's word)
    """No usable connection: refused, timed out, closed (421), TLS not verified, login refused.

    It concerns the route, not the recipient. `outcome_unknown`: the connection was lost after the message's end was
    sent and before the answer, so that the message may have been accepted.
    """

    def __init__(
        self, *, stage: Stage, code: int | None = None, status: str = "", reply: str = "", outcome_unknown: bool = False
    ) -> None:
        """As `TransportError`, with `outcome_unknown`."""
        super().__init__(stage=stage, code=code, status=status, reply=reply)
        self.outcome_unknown = outcome_unknown


@dataclass(frozen=True, slots=True)
class Receipt:
    """The other side accepted the message. `provider_id` is what an API calls it, or '' over SMTP."""

    code: int
    status: str
    reply: str
    provider_id: str = ""


class Session(Protocol):
    """One open connection, or what an API has in its place."""

    def send(self, *, sender: str, recipient: str, message: bytes) -> Receipt:
        """Hand over one message to one recipient.

        `sender` is the envelope sender, where bounces go. `message` has CRLF line ends and no dot-stuffing.

        Raises:
            TemporaryFailure, PermanentFailure: the answer to this message; the session goes on.
            ConnectionTrouble: the session is over.
        """


class Route(Protocol):
    """Opens sessions. `name` is what rates are counted under, and what a ledger says about where a message went."""

    @property
    def name(self) -> str:
        """A stable name without a secret in it."""

    def session(self) -> AbstractContextManager[Session]:
        """Open a session; leaving the context closes it.

        Raises:
            ConnectionTrouble: nobody answers, or they will not talk to us.
        """


def enhanced_status(reply: str) -> str:
    """The enhanced status code (RFC 3463) at the start of a reply's text, or ''."""
    found = _ENHANCED.match(reply)
    return found[1] if found else ""


def failure(*, stage: Stage, code: int, reply: str) -> TransportError:
    """The error that an SMTP answer stands for (RFC 5321 §4.2.1); 421 closes the session, whatever the stage."""
    kind: type[TransportError] = TemporaryFailure
    if code == 421:  # noqa: PLR2004 (RFC 5321 §3.8)
        kind = ConnectionTrouble
    elif 500 <= code < 600:  # noqa: PLR2004 (RFC 5321 §4.2.1)
        kind = PermanentFailure
    return kind(stage=stage, code=code, status=enhanced_status(reply), reply=reply)
