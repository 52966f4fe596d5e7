"""Requests to a mail provider's API, in the place of connections to a relay: the same desk, the same window.

A request that was answered settles its recipient. One without an answer may have arrived, so it is unknown, and
nobody repeats it by itself. A provider that says "too many" is left alone for as long as it says.
"""

from __future__ import annotations

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Final

import structlog

from newsletters.delivery.ledger.interface import Result
from newsletters.delivery.sending.relay import FIRST_PAUSE, LONGEST_PAUSE, PATIENCE
from newsletters.delivery.states import Outcome
from newsletters.transport.api import ClosingSession, RouteRests
from newsletters.transport.routes import ConnectionTrouble, PermanentFailure, Stage, TransportError

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletters.delivery.configuration import DeliveryConfiguration
    from newsletters.delivery.sending.desk import SendingDesk
    from newsletters.delivery.smtp.parcels import Parcel
    from newsletters.transport.api import ApiRoute
    from newsletters.transport.routes import Receipt

TRIES: Final = 3
"""Requests of one recipient that may be turned down for a reason that could be ours."""

log = structlog.get_logger(__name__)


class Provider:
    """Hands parcels to an API, as many at once as configured, and fewer while it gives trouble."""

    def __init__(
        self,
        *,
        route: ApiRoute,
        configuration: DeliveryConfiguration,
        wake: Callable[[], None],
        note_trouble: Callable[[str], None],
        note_id: Callable[[int, str], None],
    ) -> None:
        """`note_id` is told what the provider calls a recipient's message."""
        self.route = route
        self._most = configuration.connections
        self._wake = wake
        self._report = note_trouble
        self._note_id = note_id
        self._executor = ThreadPoolExecutor(self._most, "provider")
        self._threads = threading.local()
        self._sessions: list[ClosingSession] = []
        self._carried: dict[asyncio.Task[None], Parcel] = {}
        self._desk: SendingDesk | None = None
        self._pause = FIRST_PAUSE
        self._blocked_until = 0.0
        self._trouble_since: float | None = None
        self._is_ending = False

    @property
    def carries(self) -> int:
        """Messages that a request is out for."""
        return len(self._carried)

    @property
    def is_quiet(self) -> bool:
        """Whether there is no answer left to wait for."""
        return not self._carried

    def is_hopeless(self, now: float) -> bool:
        """Whether nothing will go out for longer than a sender waits."""
        if self.carries or self._trouble_since is None:
            return False
        return now - self._trouble_since > PATIENCE or self.rest(now) > PATIENCE

    def rest(self, now: float) -> float:
        """Seconds for which nothing may be sent."""
        return max(0.0, self._blocked_until - now)

    def spread(self, desk: SendingDesk, now: float) -> None:
        """Start as many requests as there is work and room for; one alone while there is trouble."""
        self._desk = desk
        most = self._most if self._trouble_since is None else 1
        while not self._is_ending and now >= self._blocked_until and desk.waiting and len(self._carried) < most:
            parcel = desk.take(fresh=True)
            if parcel is None:
                return
            if not desk.may_send(parcel):
                desk.give_back(parcel)
                return
            task = asyncio.ensure_future(self._carry(desk, parcel))
            self._carried[task] = parcel

    def time_out(self, now: float) -> None:
        """Nothing to do: a request has its own time limit (anymail's `requests_timeout`)."""

    def end(self) -> None:
        """Send nothing more; what is out already is waited for."""
        self._is_ending = True

    def abandon(self, reason: str) -> None:
        """Wait for nothing more: who has no answer is unknown."""
        self._is_ending = True
        for task, parcel in tuple(self._carried.items()):
            task.cancel()
            if self._desk is not None:
                words = f"No answer after the message was sent: {reason}"
                self._desk.done(parcel, Result(parcel.place.number, Outcome.UNKNOWN, None, words))
        self._carried.clear()
        self._executor.shutdown(wait=False, cancel_futures=True)
        for session in self._sessions:
            session.close()
        self._sessions.clear()

    def note_answer(self) -> None:
        """Take note that the provider works."""
        if self._trouble_since is not None:
            self._trouble_since, self._pause = None, FIRST_PAUSE
            self._report("")

    async def _carry(self, desk: SendingDesk, parcel: Parcel) -> None:
        task = asyncio.current_task()
        try:
            receipt = await asyncio.get_running_loop().run_in_executor(self._executor, self._send, parcel)
        except TransportError as error:
            self._settle(desk, parcel, error)
        except Exception as error:  # noqa: BLE001 (anything else happened while a request may have been out)
            log.warning("provider failed", route=self.route.name, error=type(error).__name__)
            self._in_doubt(desk, parcel, ConnectionTrouble(stage=Stage.DATA, reply=type(error).__name__))
        else:
            desk.done(parcel, Result(parcel.place.number, Outcome.ACCEPTED, receipt.code, receipt.reply))
            if receipt.provider_id:
                self._note_id(parcel.place.number, receipt.provider_id)
        if task is not None:
            self._carried.pop(task, None)
        self._wake()

    def _send(self, parcel: Parcel) -> Receipt:
        """Runs on a thread of its own connection."""
        session: ClosingSession | None = getattr(self._threads, "session", None)
        if session is None:
            session = self._threads.session = self.route.open()
            self._sessions.append(session)
        return session.send(sender=parcel.sender, recipient=parcel.recipient, message=parcel.data)

    def _settle(self, desk: SendingDesk, parcel: Parcel, error: TransportError) -> None:
        number = parcel.place.number
        if isinstance(error, ConnectionTrouble):
            self._note_trouble(error)
            if error.outcome_unknown:
                self._in_doubt(desk, parcel, error)
            else:
                desk.give_back(parcel)
        elif isinstance(error, PermanentFailure) and error.stage is Stage.MAIL and parcel.tries + 1 < TRIES:
            # Our account or this message: it is tried again before the recipient has to suffer for it.
            parcel.tries += 1
            self._note_trouble(error)
            desk.give_back(parcel)
        else:
            outcome = Outcome.REJECTED if isinstance(error, PermanentFailure) else Outcome.DEFERRED
            desk.done(parcel, Result(number, outcome, error.code, error.reply))

    def _in_doubt(self, desk: SendingDesk, parcel: Parcel, error: TransportError) -> None:
        words = f"No usable answer after the message was sent: {error.reply}"
        desk.done(parcel, Result(parcel.place.number, Outcome.UNKNOWN, None, words))

    def _note_trouble(self, trouble: TransportError) -> None:
        now = asyncio.get_running_loop().time()
        if self._trouble_since is None:
            self._trouble_since = now
        pause = trouble.seconds if isinstance(trouble, RouteRests) else self._pause
        self._blocked_until = max(self._blocked_until, now + pause)
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        log.warning("provider trouble", route=self.route.name, code=trouble.code, seconds=round(pause, 1))
        self._report(trouble.reply or "the mail provider does not answer")
