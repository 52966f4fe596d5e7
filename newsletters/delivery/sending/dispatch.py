"""One sender's loop: claim, commit who is on the wire, let the connections send, report, claim again.

The order is what nothing may change: a recipient's body goes out only after the pump that names it as on the wire has
committed, and while the lease of that pump holds by this process's monotonic clock. So when the process dies, those
in its last pump and nobody else are in doubt.

Everything the database does runs on one thread of its own, so that connections go on sending while a commit waits for
the disk.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

import structlog
from django.db import DatabaseError, InterfaceError, connection

from newsletters.delivery.ledger import Answer, Place, Result
from newsletters.delivery.smtp.conversation import Conversation, Parcel
from newsletters.delivery.states import Outcome
from newsletters.issues.compiled import ValueMissing
from newsletters.transport.routes import ConnectionTrouble

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from newsletters.delivery.configuration import DeliveryConfiguration
    from newsletters.delivery.ledger import ClaimedChunk, Ledger
    from newsletters.delivery.sending.composing import Composer
    from newsletters.transport.smtp import SmtpRoute

FIRST_PAUSE: Final = 0.5
LONGEST_PAUSE: Final = 15.0
PATIENCE: Final = 20.0
"""Seconds of unbroken trouble after which a sender ends and leaves the next try to the sweep."""
LEASE_MARGIN: Final = 5.0
"""Seconds before the lease's end at which bodies stop going out: clocks of two machines may run apart a little."""

log = structlog.get_logger(__name__)


class Ending(Enum):
    """Why a sender ended."""

    EMPTY = "nothing left to claim"
    BOX = "its time was up"
    STOPPED = "it was asked to"
    DEAD = "its lease had run out"
    TROUBLE = "the relay cannot be used"


class Surroundings(Protocol):
    """What a sender asks of the rest of the system; called on the database's thread."""

    def refused(self, subscriber_ids: Sequence[int]) -> Mapping[int, str]:
        """Return who of these may not be mailed any more, and why."""

    def others_wait(self) -> bool:
        """Whether another mailing has no sender."""

    def note_trouble(self, words: str) -> None:
        """Show an operator why nothing goes out; "" when it does again."""


@dataclass(slots=True)
class Waiting:
    """A place read from a chunk, not on the wire yet."""

    place: Place
    chunk: int


@dataclass(slots=True)
class Dispatch:
    """The state of one running sender. It is the desk that its conversations are served from."""

    ledger: Ledger
    sender: int
    composer: Composer
    route: SmtpRoute
    surroundings: Surroundings
    configuration: DeliveryConfiguration

    ready: deque[Waiting] = field(default_factory=deque)
    checked_at: float = 0.0
    remaining: dict[int, int] = field(default_factory=dict)
    """Recipients without an outcome, a held chunk."""
    on_wire: dict[int, Waiting] = field(default_factory=dict)
    """Committed as on the wire, and without a committed outcome."""
    granted: deque[Waiting] = field(default_factory=deque)
    returned: deque[Parcel] = field(default_factory=deque)
    results: list[Result] = field(default_factory=list)
    conversations: set[Conversation] = field(default_factory=set)
    opening: set[asyncio.Task[None]] = field(default_factory=set)
    lease_end: float = 0.0
    stopping: Ending | None = None
    exhausted: bool = False
    sent: int = 0

    _executor: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(1, "ledger"))
    _event: asyncio.Event = field(default_factory=asyncio.Event)
    _pause: float = FIRST_PAUSE
    _blocked_until: float = 0.0
    _trouble_since: float | None = None
    _trouble: ConnectionTrouble | None = None
    _claim: asyncio.Future[tuple[ClaimedChunk | None, Mapping[int, str]]] | None = None
    _chores: set[asyncio.Future[Any]] = field(default_factory=set)
    _claim_after: float = 0.0
    _pumped_at: float = 0.0

    # The loop

    async def run(self) -> Ending:
        """Send until there is nothing left, the box is over, or somebody says stop.

        Raises:
            DatabaseError: the database was out of reach for as long as the lease; the sweep settles what was open.
        """
        started = self._now()
        self._pumped_at = started
        self.lease_end = started + self.configuration.lease
        box = self.configuration.box
        shared_at = started
        try:
            while True:
                now = self._now()
                if now - shared_at > 2:  # noqa: PLR2004 (seconds between looks at who else waits)
                    shared_at = now
                    box = self.configuration.quantum if await self._others_wait() else self.configuration.box
                if self.stopping is None and now - started > box:
                    self.stop(Ending.BOX)
                if self._is_over(now, started + box + self.configuration.grace):
                    break
                await self._step(now)
            return await self._wind_up()
        finally:
            for task in self.opening:
                task.cancel()
            for conversation in tuple(self.conversations):
                conversation.abandon("the sender ended")
            await asyncio.gather(*self._chores, return_exceptions=True)
            await self._run(_close_connection)
            self._executor.shutdown(wait=False)

    async def _step(self, now: float) -> None:
        self._time_out(now)
        self._take_claim()
        if self._wants_chunk():
            self._claim = self._in_thread(self._claim_chunk)
            self._claim.add_done_callback(self._wake)
        if self._pump_is_due(now):
            await self._pump()
        if self.stopping is None:
            self._spread(now)
        self._event.clear()
        if not (self._pump_is_due(self._now()) or self._wants_chunk() or self._is_done()):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._event.wait(), self.configuration.heartbeat / 2)

    async def _others_wait(self) -> bool:
        try:
            return bool(await self._run(self.surroundings.others_wait))
        except (DatabaseError, InterfaceError):
            return False

    def stop(self, ending: Ending) -> None:
        """Send no further body; what is out already is waited for."""
        if self.stopping is None:
            self.stopping = ending
            for conversation in tuple(self.conversations):
                conversation.end()
            self._wake()

    def _is_over(self, now: float, end: float) -> bool:
        if self.stopping is Ending.DEAD:
            return True
        if self.stopping is not None:
            if now > end:
                for conversation in tuple(self.conversations):
                    conversation.abandon("the sender's time was up")
            return not self.conversations
        if self._trouble_since is not None and now - self._trouble_since > PATIENCE and not self._carried():
            self.stop(Ending.TROUBLE)
            return not self.conversations
        return self._is_done()

    def _is_done(self) -> bool:
        return self.exhausted and not (self.ready or self.on_wire or self.results or self._claim)

    async def _wind_up(self) -> Ending:
        """Report the last outcomes and put everything down."""
        ending = self.stopping or Ending.EMPTY
        for conversation in tuple(self.conversations):
            conversation.end()
        if self._claim is not None:
            await asyncio.wait({self._claim})
        if ending is not Ending.DEAD:
            self.granted.clear()
            self.returned.clear()
            for number in set(self.on_wire).difference(result.number for result in self.results):
                del self.on_wire[number]
            await self._pump()
            if self.stopping is Ending.DEAD:
                return Ending.DEAD
            await asyncio.gather(*self._chores, return_exceptions=True)
            try:
                await self._run(self.ledger.close_sender, self.sender)
            except (DatabaseError, InterfaceError):
                log.warning("sender left to the sweep", mailing=self.ledger.mailing_id, sender=self.sender)
        return ending

    # Claiming

    def _wants_chunk(self) -> bool:
        return (
            self.stopping is None
            and self._claim is None
            and not self.exhausted
            and self._now() >= self._claim_after
            and len(self.ready) < 2 * self.configuration.window
        )

    def _claim_chunk(self) -> tuple[ClaimedChunk | None, Mapping[int, str]]:
        chunk = self.ledger.claim_chunk(self.sender, lanes=[""])
        if chunk is None or not chunk.places:
            return chunk, {}
        return chunk, self.surroundings.refused([place.subscriber_id for place in chunk.places])

    def _take_claim(self) -> None:
        claim = self._claim
        if claim is None or not claim.done():
            return
        self._claim = None
        if claim.exception() is not None:
            # The pump meets the same database and decides how long to wait.
            log.warning("claim failed", mailing=self.ledger.mailing_id, sender=self.sender)
            self._claim_after = self._now() + 1
            return
        chunk, refused = claim.result()
        if chunk is None:
            self.exhausted = True
            return
        self.remaining[chunk.number] = len(chunk.places)
        if not chunk.places:
            self._put_down(chunk.number)
            return
        if not self.ready:
            self.checked_at = self._now()
        self._admit((Waiting(place, chunk.number) for place in chunk.places), refused)

    def _admit(self, waiting: Iterable[Waiting], refused: Mapping[int, str]) -> None:
        for each in waiting:
            reason = refused.get(each.place.subscriber_id)
            if reason is None:
                self.ready.append(each)
            else:
                self.results.append(Result(each.place.number, Outcome.SUPPRESSED, None, reason))
                self._chunk_of[each.place.number] = each.chunk

    _chunk_of: dict[int, int] = field(default_factory=dict)
    """Which chunk somebody belongs to who got an outcome without ever being on the wire."""

    async def _are_fresh(self) -> bool:
        """Whether those in `ready` may go on the wire; asks again when they have waited longer than an answer holds."""
        if not self.ready or self._now() - self.checked_at <= self.configuration.permission_age:
            return True
        waiting = list(self.ready)
        try:
            refused = await self._run(self.surroundings.refused, [each.place.subscriber_id for each in waiting])
        except (DatabaseError, InterfaceError):
            return False
        self.checked_at = self._now()
        self.ready.clear()
        self._admit(waiting, refused)
        return True

    def _put_down(self, number: int) -> None:
        del self.remaining[number]
        self._chore(self.ledger.put_down_chunk, self.sender, number)

    # Reporting

    def _pump_is_due(self, now: float) -> bool:
        quarter = max(1, self.configuration.window // 4)
        if len(self.results) >= quarter or now - self._pumped_at > self.configuration.heartbeat:
            return True
        can_join = self.stopping is None and bool(self.ready)
        free = self.configuration.window - len(self.on_wire) + len(self.results)
        if can_join and free >= quarter and not self.granted:
            return True
        if not (can_join or self.results):
            return False
        return not (self.granted or self.returned or self._carried())

    async def _pump(self) -> None:
        """Commit outcomes and the next window; retried until the lease is over, because it may be repeated."""
        fresh = self.stopping is None and await self._are_fresh()
        results, self.results = self.results, []
        settled = {result.number for result in results}
        staying = [number for number in self.on_wire if number not in settled]
        joining: list[Waiting] = []
        if fresh and self.stopping is None:
            while self.ready and len(staying) + len(joining) < self.configuration.window:
                joining.append(self.ready.popleft())
        window = staying + [each.place.number for each in joining]
        began = self._now()
        answer = await self._pump_until_committed(window, results)
        if answer is Answer.DEAD:
            self.stop(Ending.DEAD)
            return
        self._pumped_at = self._now()
        self.lease_end = began + self.configuration.lease
        self._settle(results)
        for each in joining:
            self.on_wire[each.place.number] = each
        if answer is Answer.STOP:
            self.stop(Ending.STOPPED)
        else:
            self.granted.extend(joining)

    async def _pump_until_committed(self, window: list[int], results: list[Result]) -> Answer:
        pause = 0.2
        while True:
            try:
                return await self._run(self._pump_once, window, results)
            except (DatabaseError, InterfaceError):
                log.warning("ledger out of reach", mailing=self.ledger.mailing_id, sender=self.sender)
                await self._run(_close_connection)
                if self._now() > self.lease_end:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)

    def _pump_once(self, window: list[int], results: list[Result]) -> Answer:
        return self.ledger.pump(self.sender, on_wire=window, results=results, lease=self.configuration.lease)

    def _settle(self, results: list[Result]) -> None:
        for result in results:
            waiting = self.on_wire.pop(result.number, None)
            chunk = waiting.chunk if waiting is not None else self._chunk_of.pop(result.number)
            self.remaining[chunk] -= 1
            if not self.remaining[chunk]:
                self._put_down(chunk)
        self.sent += len(results)

    # The desk

    def take(self, *, fresh: bool) -> Parcel | None:
        """Hand out the next parcel."""
        if self.stopping is not None:
            return None
        if fresh and self.returned:
            return self.returned.popleft()
        while self.granted:
            waiting = self.granted.popleft()
            parcel = self._compose(waiting.place)
            if parcel is not None:
                return parcel
        return None

    def _compose(self, place: Place) -> Parcel | None:
        try:
            envelope = self.composer.compose(place, timestamp=time.time())
        except (ValueMissing, ValueError, KeyError) as error:
            # Ours to mend, and never a reason to hold up the others. The words name a field, not a person.
            self._note(Result(place.number, Outcome.REJECTED, None, f"The message could not be made: {error}"))
            return None
        return Parcel(place, *envelope)

    def may_send(self, parcel: Parcel) -> bool:
        """Whether a body may go out now: nobody said stop, and the lease holds for long enough."""
        del parcel
        return self.stopping is None and self._now() < self.lease_end - LEASE_MARGIN

    def done(self, parcel: Parcel, result: Result) -> None:
        """Take note of an outcome, and give a deferral its delay."""
        if result.state is Outcome.DEFERRED:
            delays = self.configuration.retry_delays
            if parcel.place.attempts >= len(delays):
                result = result._replace(state=Outcome.REJECTED, text=f"Given up: {result.text}")
            else:
                result = result._replace(retry_in=delays[parcel.place.attempts])
        self._note(result)
        if result.code is not None and self._trouble_since is not None:
            self._trouble_since, self._trouble, self._pause = None, None, FIRST_PAUSE
            self._chore(self.surroundings.note_trouble, "")

    def give_back(self, parcel: Parcel) -> None:
        """Keep a parcel for a fresh connection; it stays committed as on the wire."""
        self.returned.append(parcel)
        self._wake()

    def closed(self, conversation: Conversation, trouble: ConnectionTrouble | None) -> None:
        """Forget a connection."""
        self.conversations.discard(conversation)
        if trouble is not None:
            self._note_trouble(trouble)
        self._wake()

    def _note(self, result: Result) -> None:
        self.results.append(result)
        if len(self.results) >= self.configuration.window // 4 or len(self.results) == len(self.on_wire):
            self._wake()

    # Connections

    def _spread(self, now: float) -> None:
        """Give idle connections work and open more while there is work for them."""
        for conversation in tuple(self.conversations):
            if not self.granted:
                break
            conversation.offer()
        wanted = min(len(self.granted) + len(self.returned), self.configuration.connections)
        if now < self._blocked_until or not wanted:
            return
        if self._trouble_since is not None:
            # One connection tries the door; the others wait for it to open.
            wanted = 1
        if self.returned and len(self.conversations) >= self.configuration.connections:
            idle = next((each for each in self.conversations if each.is_idle), None)
            if idle is not None:
                idle.end()
        room = self.configuration.connections - len(self.conversations) - len(self.opening)
        for _ in range(min(wanted - len(self.opening), room)):
            task = asyncio.ensure_future(self._open())
            self.opening.add(task)
            task.add_done_callback(self.opening.discard)

    async def _open(self) -> None:
        conversation = Conversation(
            route=self.route,
            desk=self,
            most=self.configuration.messages_a_connection,
            timeouts=(self.configuration.command_timeout, self.configuration.data_timeout),
        )
        try:
            await conversation.open(self.configuration.connect_timeout)
        except ConnectionTrouble as trouble:
            self._note_trouble(trouble)
            self._wake()
            return
        if self.stopping is not None:
            conversation.end()
            return
        self.conversations.add(conversation)
        conversation.offer()

    def _note_trouble(self, trouble: ConnectionTrouble) -> None:
        now = self._now()
        if self._trouble_since is None:
            self._trouble_since = now
        self._trouble = trouble
        self._blocked_until = now + self._pause
        self._pause = min(self._pause * 2, LONGEST_PAUSE)
        words = f"{trouble.code or ''} {trouble.reply}".strip() or "the relay does not answer"
        log.warning("relay trouble", mailing=self.ledger.mailing_id, stage=str(trouble.stage), code=trouble.code)
        self._chore(self.surroundings.note_trouble, words)

    def _time_out(self, now: float) -> None:
        for conversation in tuple(self.conversations):
            if now > conversation.deadline:
                conversation.abandon("the relay did not answer in time")

    def _carried(self) -> int:
        return sum(conversation.carries for conversation in self.conversations)

    # The database's thread

    def _now(self) -> float:
        return asyncio.get_running_loop().time()

    def _wake(self, _: object = None) -> None:
        self._event.set()

    def _in_thread(self, function: Callable[..., Any], *arguments: Any) -> asyncio.Future[Any]:
        return asyncio.get_running_loop().run_in_executor(self._executor, function, *arguments)

    async def _run(self, function: Callable[..., Any], *arguments: Any) -> Any:
        return await self._in_thread(function, *arguments)

    def _chore(self, function: Callable[..., Any], *arguments: Any) -> None:
        """Have something done that nobody waits for; if it fails, the sweep puts it right."""
        future = self._in_thread(function, *arguments)
        self._chores.add(future)
        future.add_done_callback(self._chore_done)

    def _chore_done(self, future: asyncio.Future[Any]) -> None:
        self._chores.discard(future)
        if not future.cancelled() and future.exception() is not None:
            log.warning("chore failed", mailing=self.ledger.mailing_id, sender=self.sender)


def _close_connection() -> None:
    """Close the connection of the thread this runs on; naming `connection.close` would name the caller's."""
    connection.close()
