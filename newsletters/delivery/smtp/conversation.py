"""One SMTP connection: greeting to QUIT, with the envelope of the next message sent behind the body of the last.

Which answer means what for a recipient is decided here and nowhere else:

- a body whose end has left this machine and that got no answer is *unknown*;
- whoever had no complete body sent goes back and is tried on another connection;
- 4xx defers, 5xx rejects, at RCPT and after DATA. At MAIL a 5xx speaks of us and not of the recipient, so it is
  trouble of the route, and only rejects when the same recipient has met it several times;
- 421 before a body speaks of the connection: the recipient is tried on a fresh one, and put off when that does not
  help. After a body it defers.
"""

from __future__ import annotations

import asyncio
import ssl
from collections import deque
from functools import partial
from typing import TYPE_CHECKING, Final

from newsletters.delivery.ledger.interface import Result
from newsletters.delivery.message.skeleton import END_OF_DATA
from newsletters.delivery.smtp.handshake import Handshake, trouble_words
from newsletters.delivery.smtp.wire import Wire, connect
from newsletters.delivery.states import Outcome
from newsletters.transport.routes import ConnectionTrouble, Stage, enhanced_status

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletters.delivery.smtp.parcels import Desk, Parcel
    from newsletters.delivery.smtp.wire import Reply
    from newsletters.transport.smtp import SmtpRoute

GO_AHEAD: Final = 354
CLOSING: Final = 421
STOPPED: Final = "stopped"
"""The reason for which a connection is abandoned without anybody being to blame."""
TRIES: Final = 3
"""Fresh connections that may break under one recipient before it is put off."""


class Conversation:
    """One connection to the relay, serving parcels until it is told to end or breaks."""

    def __init__(
        self,
        *,
        route: SmtpRoute,
        desk: Desk,
        closed: Callable[[Conversation, ConnectionTrouble | None], None],
        most: int,
        timeouts: tuple[float, float],
    ) -> None:
        """`most` is how many messages go over one connection; `timeouts` are for a command and after a body.

        `closed` is told when the connection is over, with its trouble or None for an ordinary end.
        """
        self.route = route
        self.desk = desk
        self._closed = closed
        self.left = most
        self.command_timeout, self.data_timeout = timeouts
        self.deadline = float("inf")
        self.accepted = 0
        self.served = 0
        """Parcels that had an answer on this connection, of whatever kind."""
        self.extensions: dict[str, str] = {}
        self.loop = asyncio.get_running_loop()
        self._wire: Wire | None = None
        self._expected: deque[Callable[[Reply], None]] = deque()
        self._current: Parcel | None = None
        self._answering: deque[Parcel] = deque()
        self._needs_reset = False
        self._ending = False
        self._ready = False
        self._over = False
        self._handshake: Handshake | None = None

    @property
    def is_idle(self) -> bool:
        """Whether it could take a parcel right now."""
        return self._ready and not self._ending and self._current is None and not self._answering

    @property
    def carries(self) -> int:
        """Parcels that are on this connection in any stage."""
        return len(self._answering) + (self._current is not None)

    # Opening

    async def open(self, timeout: float) -> None:  # noqa: ASYNC109 (one limit for the whole handshake)
        """Connect, greet, secure and log in.

        Raises:
            ConnectionTrouble: nobody answers, or they will not talk to us.
        """
        try:
            async with asyncio.timeout(timeout):
                await self._open()
        except (OSError, TimeoutError, ssl.SSLError) as error:
            self._drop()
            raise ConnectionTrouble(stage=Stage.CONNECT, reply=trouble_words(error)) from error
        except ConnectionTrouble:
            self._drop()
            raise
        except asyncio.CancelledError:
            self._drop()
            raise
        self._ready = True

    async def _open(self) -> None:
        sock = await connect(self.loop, self.route.host, self.route.port)
        self._wire = Wire(self.loop, sock, on_reply=self._hear, on_lost=self._lost)
        self._handshake = Handshake(self.route, self._wire, self._expected.append)
        self.extensions = await self._handshake.complete()

    # Serving

    def offer(self) -> None:
        """Take a parcel if there is one and this connection has nothing to do."""
        if self.is_idle and self.left > 0:
            parcel = self.desk.take(fresh=self.served == 0)
            if parcel is not None:
                self._wire_up(self._envelope(parcel))

    def end(self) -> None:
        """Take nothing more; say goodbye once the answer to a body that is out has come."""
        self._ending = True
        if not self._answering:
            self._say_goodbye()

    def abandon(self, reason: str) -> None:
        """Close at once, whatever is on the way."""
        if self._wire is not None:
            self._wire.lose(reason)

    def _envelope(self, parcel: Parcel) -> bytes:
        self._current = parcel
        parcel.failure, parcel.failed_at, parcel.body_end = None, None, -1
        mail = f"MAIL FROM:<{parcel.sender}>"
        if "SIZE" in self.extensions:
            mail += f" SIZE={len(parcel.data)}"
        if not parcel.recipient.isascii():
            if "SMTPUTF8" not in self.extensions:
                parcel.failure = Result(
                    parcel.place.number, Outcome.REJECTED, 553, "5.6.7 the relay takes no international addresses"
                )
            mail += " SMTPUTF8"
        lines = mail.encode() + b"\r\n"
        if self._needs_reset:
            lines = b"RSET\r\n" + lines
            self._expected.append(self._ignore)
            self._needs_reset = False
        self._expected.append(partial(self._mail_answered, parcel))
        if "PIPELINING" in self.extensions:
            lines += f"RCPT TO:<{parcel.recipient}>\r\nDATA\r\n".encode()
            self._expected.append(partial(self._recipient_answered, parcel))
            self._expected.append(partial(self._data_answered, parcel))
        return lines

    def _wire_up(self, *pieces: bytes) -> None:
        if self._wire is not None:
            self._wire.write(*pieces)
            self._watch()

    def _watch(self) -> None:
        now = self.loop.time()
        if not self._expected:
            self.deadline = float("inf")
        else:
            self.deadline = now + (self.data_timeout if self._answering else self.command_timeout)

    def _hear(self, reply: Reply) -> None:
        if not self._expected:
            # Unasked: a server that closes says so before it does (RFC 5321 §3.8).
            self.abandon(f"{reply.code} {reply.text}")
            return
        self._expected.popleft()(reply)
        self._watch()
        if reply.code == CLOSING and self._ready:
            self.abandon(f"{reply.code} {reply.text}")

    def _ignore(self, _: Reply) -> None:
        return

    def _mail_answered(self, parcel: Parcel, reply: Reply) -> None:
        if not reply.is_positive:
            self._note_refusal(parcel, reply, Stage.MAIL)
        if "PIPELINING" in self.extensions or reply.code == CLOSING:
            return
        if reply.is_positive:
            self._expected.append(partial(self._recipient_answered, parcel))
            self._wire_up(f"RCPT TO:<{parcel.recipient}>\r\n".encode())
        else:
            self._refused(parcel)

    def _recipient_answered(self, parcel: Parcel, reply: Reply) -> None:
        if not reply.is_positive:
            self._note_refusal(parcel, reply, Stage.RECIPIENT)
        if "PIPELINING" in self.extensions or reply.code == CLOSING:
            return
        if parcel.failure is None:
            self._expected.append(partial(self._data_answered, parcel))
            self._wire_up(b"DATA\r\n")
        else:
            self._needs_reset = True
            self._refused(parcel)

    def _data_answered(self, parcel: Parcel, reply: Reply) -> None:
        if reply.code == GO_AHEAD:
            self._send_body(parcel)
            return
        self._note_refusal(parcel, reply, Stage.DATA)
        self._needs_reset = True
        if reply.code != CLOSING:
            self._refused(parcel)

    def _send_body(self, parcel: Parcel) -> None:
        if parcel.failure is not None:
            # Nobody is left to send to and the server wants a message all the same: an empty one, to no one.
            self._expected.append(self._ignore)
            self._wire_up(END_OF_DATA)
            self._needs_reset = True
            self._refused(parcel)
            return
        if not self.desk.may_send(parcel):
            # There is no way out of DATA but to hang up.
            self.abandon(STOPPED)
            return
        self._current = None
        self._answering.append(parcel)
        self._expected.append(partial(self._body_answered, parcel))
        self.left -= 1
        following = None
        if "PIPELINING" in self.extensions and self.left > 0 and not self._ending:
            following = self.desk.take(fresh=False)
        wire = self._wire
        if wire is None:
            return
        parcel.body_end = wire.queued + len(parcel.data) + len(END_OF_DATA)
        if following is None:
            self._wire_up(parcel.data, END_OF_DATA)
        else:
            self._wire_up(parcel.data, END_OF_DATA, self._envelope(following))

    def _body_answered(self, parcel: Parcel, reply: Reply) -> None:
        self._answering.remove(parcel)
        self.served += 1
        if reply.is_positive:
            self.accepted += 1
            self.desk.done(parcel, Result(parcel.place.number, Outcome.ACCEPTED, reply.code, reply.text))
        else:
            self.desk.done(parcel, _refusal(parcel, reply))
        self._go_on()

    @staticmethod
    def _note_refusal(parcel: Parcel, reply: Reply, stage: Stage) -> None:
        """Keep the first refusal: those that follow it in a pipeline are its echo."""
        if parcel.failure is None:
            parcel.failure, parcel.failed_at = _refusal(parcel, reply), stage

    def _refused(self, parcel: Parcel) -> None:
        """Settle a parcel that was turned away before its body, and go on with the next."""
        self._current = None
        self._settle(parcel, "")
        self.served += 1
        self._go_on()

    def _settle(self, parcel: Parcel, reason: str) -> None:
        failure = parcel.failure
        if failure is None or failure.code == CLOSING:
            self._put_back(parcel, reason, failure)
        elif failure.state is Outcome.REJECTED and parcel.failed_at is Stage.MAIL and parcel.tries + 1 < TRIES:
            parcel.tries += 1
            self._ending = True
            self._trouble = ConnectionTrouble(
                stage=Stage.MAIL, code=failure.code, status=enhanced_status(failure.text), reply=failure.text
            )
            self.desk.give_back(parcel)
        else:
            self.desk.done(parcel, failure)

    def _put_back(self, parcel: Parcel, reason: str, failure: Result | None = None) -> None:
        """Try again elsewhere; a recipient under whom fresh connections keep breaking is put off."""
        if self.served == 0 and reason:
            parcel.tries += 1
        if parcel.tries >= TRIES:
            words = f"The connection was lost before the message was sent: {reason}"
            self.desk.done(parcel, failure or Result(parcel.place.number, Outcome.DEFERRED, None, words))
        else:
            self.desk.give_back(parcel)

    def _go_on(self) -> None:
        if self._ending or self.left <= 0:
            if not self._answering and self._current is None:
                self._say_goodbye()
        elif self._current is None:
            self.offer()

    # Ending

    _trouble: ConnectionTrouble | None = None

    def _say_goodbye(self) -> None:
        if self._wire is not None and self._wire.is_open:
            if self._current is None:
                self._wire.write(b"QUIT\r\n")
            self._wire.close()
        self._finish(self._trouble)

    def _lost(self, reason: str) -> None:
        if not self._ready:
            if self._handshake is not None:
                self._handshake.fail(reason)
            return
        # A connection that did good work before the server closed it is no sign of trouble.
        calm = self.accepted > 0 or reason == STOPPED
        trouble = None if calm else ConnectionTrouble(stage=Stage.CONNECT, reply=reason)
        self._finish(self._trouble or trouble, "" if reason == STOPPED else reason)

    def _finish(self, trouble: ConnectionTrouble | None, reason: str = "") -> None:
        if self._over:
            return
        self._over = True
        self._ready = False
        self._expected.clear()
        left = self._wire.left if self._wire is not None else 0
        for parcel in self._answering:
            if left >= parcel.body_end:
                words = f"No answer after the message was sent: {reason}"
                self.desk.done(parcel, Result(parcel.place.number, Outcome.UNKNOWN, None, words))
            else:
                self._put_back(parcel, reason)
        self._answering.clear()
        current, self._current = self._current, None
        if current is not None:
            self._settle(current, reason)
        self._closed(self, trouble)

    def _drop(self) -> None:
        self._over = True
        if self._handshake is not None:
            self._handshake.forget()
        if self._wire is not None:
            self._wire.close()


def _refusal(parcel: Parcel, reply: Reply) -> Result:
    permanent = 500 <= reply.code < 600  # noqa: PLR2004 (RFC 5321 §4.2.1)
    return Result(parcel.place.number, Outcome.REJECTED if permanent else Outcome.DEFERRED, reply.code, reply.text)
