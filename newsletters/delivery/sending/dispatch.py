"""One sender's loop: claim, commit who is on the wire, let the connections send, report, claim again.

The order is what nothing may change: a recipient's body goes out only after the pump that names it as on the wire has
committed, and while the lease of that pump holds by this process's monotonic clock. So when the process dies, those
in its last pump and nobody else are in doubt.
"""

from __future__ import annotations

import asyncio
from contextlib import suppress
from enum import Enum
from typing import TYPE_CHECKING, Final, Protocol

import structlog

from newsletters.delivery.ledger import Answer, Result
from newsletters.delivery.sending.database import OUT_OF_REACH, DatabaseThread
from newsletters.delivery.sending.desk import SendingDesk
from newsletters.delivery.sending.provider import Provider
from newsletters.delivery.sending.relay import Relay
from newsletters.delivery.sending.waiting import FREE, Waiting, WaitingRoom
from newsletters.transport.api import ApiRoute

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from newsletters.delivery.configuration import DeliveryConfiguration
    from newsletters.delivery.ledger import ClaimedChunk, Ledger
    from newsletters.delivery.sending.composing import Composer
    from newsletters.delivery.sending.throttle import Throttle
    from newsletters.transport.smtp import SmtpRoute

LEASE_USED: Final = 0.8
"""The part of a lease during which bodies go out: clocks of two machines may run apart a little."""
LOOK_AROUND: Final = 2.0
"""Seconds between looks at whether another mailing waits for its turn, or the rates have changed."""

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

    def limits_changed(self) -> bool:
        """Whether an operator has changed a rate, so that a sender with the new ones should take over."""

    def note_trouble(self, words: str) -> None:
        """Show an operator why nothing goes out; "" when it does again."""

    def note_provider_id(self, number: int, provider_id: str) -> None:
        """Keep what a mail provider calls a recipient's message."""


class Dispatch:
    """One running sender."""

    def __init__(  # noqa: PLR0913 (one argument a part it is put together from)
        self,
        *,
        ledger: Ledger,
        sender: int,
        composer: Composer,
        route: SmtpRoute | ApiRoute,
        surroundings: Surroundings,
        configuration: DeliveryConfiguration,
        throttle: Throttle,
    ) -> None:
        """Put the parts together; a running event loop is needed."""
        self.ledger = ledger
        self.sender = sender
        self.surroundings = surroundings
        self.configuration = configuration
        self.throttle = throttle
        self.stopping: Ending | None = None
        self.settled = 0
        self._loop = asyncio.get_running_loop()
        self._event = asyncio.Event()
        self._database = DatabaseThread()
        self._relay = self._relay_of(route)
        self._desk = SendingDesk(
            composer=composer,
            window=configuration.window,
            retry_delays=configuration.retry_delays,
            wake=self._wake,
            answered=self._relay.note_answer,
        )
        self._desk.lease_holds = self._lease_holds
        self._room = WaitingRoom(
            throttled=throttle.domains, low=2 * configuration.window, put_down=self._put_down_chunk
        )
        self._claim: asyncio.Future[tuple[ClaimedChunk | None, Mapping[int, str]]] | None = None
        self._claimed_lanes: list[str] = [FREE]
        self._claim_after = 0.0
        self._pumped_at = self._loop.time()
        self._lease_end = self._pumped_at + configuration.lease

    # The loop

    async def run(self) -> Ending:
        """Send until there is nothing left, the box is over, or somebody says stop.

        Raises:
            DatabaseError: the database was out of reach for as long as the lease; the sweep settles what was open.
        """
        started = looked = self._loop.time()
        box = self.configuration.box
        throttling = asyncio.ensure_future(self.throttle.run(self._demand, self._wake))
        try:
            while True:
                now = self._loop.time()
                if now - looked > LOOK_AROUND:
                    looked = now
                    others = await self._database.ask(False, self.surroundings.others_wait)
                    box = self.configuration.quantum if others else self.configuration.box
                    if await self._database.ask(False, self.surroundings.limits_changed):
                        self.stop(Ending.BOX)
                if self.stopping is None and now - started > box:
                    self.stop(Ending.BOX)
                if self._is_over(now, started + box + self.configuration.grace):
                    break
                await self._step(now)
            return await self._wind_up()
        finally:
            throttling.cancel()
            self._relay.abandon("the sender ended")
            await self._database.end()

    async def _step(self, now: float) -> None:
        self._relay.time_out(now)
        self._take_claim()
        if self._wants_chunk():
            self._claimed_lanes = self._room.wanted_lanes()
            self._claim = self._database.start(self._claim_chunk, self._claimed_lanes)
            self._claim.add_done_callback(lambda _: self._wake())
        if self._pump_is_due(now):
            await self._pump()
        if self.stopping is None:
            self._relay.spread(self._desk, now)
        self._event.clear()
        if not (self._pump_is_due(self._loop.time()) or self._wants_chunk() or self._is_done()):
            with suppress(TimeoutError):
                await asyncio.wait_for(self._event.wait(), self.configuration.heartbeat / 2)

    def stop(self, ending: Ending) -> None:
        """Send no further body; what is out already is waited for."""
        if self.stopping is None:
            self.stopping = ending
            self._desk.is_closed = True
            self._relay.end()
            self._wake()

    @property
    def rest(self) -> float:
        """Seconds for which the route wants to be left alone."""
        return self._relay.rest(self._loop.time())

    def _relay_of(self, route: SmtpRoute | ApiRoute) -> Relay | Provider:
        if isinstance(route, ApiRoute):
            return Provider(
                route=route,
                configuration=self.configuration,
                wake=self._wake,
                note_trouble=self._note_trouble,
                note_id=lambda *what: self._database.chore(self.surroundings.note_provider_id, *what),
            )
        return Relay(route=route, configuration=self.configuration, wake=self._wake, note_trouble=self._note_trouble)

    @property
    def _is_dead(self) -> bool:
        return self.stopping is Ending.DEAD

    def _is_over(self, now: float, end: float) -> bool:
        if self._is_dead:
            return True
        if self.stopping is not None:
            if now > end:
                self._relay.abandon("the sender's time was up")
            return self._relay.is_quiet
        if self._relay.is_hopeless(now):
            self.stop(Ending.TROUBLE)
            return self._relay.is_quiet
        return self._is_done()

    def _is_done(self) -> bool:
        return self._room.is_exhausted and not (self._desk.on_wire or self._desk.results or self._claim)

    async def _wind_up(self) -> Ending:
        """Report the last outcomes and put everything down."""
        ending = self.stopping or Ending.EMPTY
        self._relay.end()
        if self._claim is not None:
            await asyncio.wait({self._claim})
        if ending is Ending.DEAD:
            return ending
        self._desk.clear()
        self.stopping = ending
        await self._pump()
        if self._is_dead:
            return Ending.DEAD
        await self._database.finish_chores()
        try:
            await self._database.run(self.ledger.close_sender, self.sender)
        except OUT_OF_REACH:
            log.warning("sender left to the sweep", mailing=self.ledger.mailing_id, sender=self.sender)
        return ending

    # Claiming

    def _wants_chunk(self) -> bool:
        return (
            self.stopping is None
            and self._claim is None
            and self._loop.time() >= self._claim_after
            and bool(self._room.wanted_lanes())
        )

    def _claim_chunk(self, lanes: list[str]) -> tuple[ClaimedChunk | None, Mapping[int, str]]:
        chunk = self.ledger.claim_chunk(self.sender, lanes=lanes)
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
            self._claim_after = self._loop.time() + 1
            return
        chunk, refused = claim.result()
        if chunk is None:
            self._room.note_dry(self._claimed_lanes)
        else:
            self._desk.results.extend(self._room.admit(chunk, refused, now=self._loop.time()))

    def _put_down_chunk(self, number: int, lane: str) -> None:
        self._database.chore(self._put_down, number, lane)

    def _put_down(self, number: int, lane: str) -> None:
        self.ledger.put_down_chunk(self.sender, number, lane=lane)

    # Reporting

    def _pump_is_due(self, now: float) -> bool:
        desk = self._desk
        quarter = max(1, self.configuration.window // 4)
        if len(desk.results) >= quarter or now - self._pumped_at > self.configuration.heartbeat:
            return True
        free = self.configuration.window - len(desk.on_wire) + len(desk.results)
        can_join = self.stopping is None and free > 0 and self._room.has_callable(self.throttle.allowance)
        if can_join and free >= quarter and not desk.granted:
            return True
        if not (can_join or desk.results):
            return False
        return not (desk.waiting or self._relay.carries)

    async def _pump(self) -> None:
        """Commit outcomes and the next window; retried until the lease is over, because it may be repeated."""
        desk = self._desk
        fresh = self.stopping is None and await self._is_fresh()
        results = desk.collect()
        outcomes = {result.number for result in results}
        staying = [number for number in desk.on_wire if number not in outcomes]
        joining: list[Waiting] = []
        if fresh and self.stopping is None:
            room = min(self.configuration.window - len(staying), self.throttle.allowance(FREE))
            joining = self._room.call(room, self.throttle.allowance)
            self.throttle.spend([each.lane for each in joining])
        began = self._loop.time()
        answer = await self._pump_until_committed(staying + [each.place.number for each in joining], results)
        if answer is Answer.DEAD:
            # Also while winding up: whoever is in doubt has been settled by others.
            self.stop(Ending.DEAD)
            self.stopping = Ending.DEAD
            return
        self._pumped_at = self._loop.time()
        self._lease_end = began + self.configuration.lease
        for result in results:
            waiting = desk.on_wire.pop(result.number, None)
            self._room.settle(result.number, waiting.chunk if waiting is not None else None)
        self.settled += len(results)
        desk.on_wire.update((each.place.number, each) for each in joining)
        if answer is Answer.STOP:
            self.stop(Ending.STOPPED)
        else:
            desk.grant(joining)

    async def _pump_until_committed(self, window: list[int], results: list[Result]) -> Answer:
        pause = 0.2
        while True:
            try:
                answer: Answer = await self._database.run(self._pump_once, window, results)
            except OUT_OF_REACH:
                log.warning("ledger out of reach", mailing=self.ledger.mailing_id, sender=self.sender)
                await self._database.reconnect()
                if self._loop.time() > self._lease_end:
                    raise
                await asyncio.sleep(pause)
                pause = min(pause * 2, 2.0)
            else:
                return answer

    def _pump_once(self, window: list[int], results: list[Result]) -> Answer:
        return self.ledger.pump(self.sender, on_wire=window, results=results, lease=self.configuration.lease)

    async def _is_fresh(self) -> bool:
        """Whether those who wait may go on the wire; asks again when an answer is older than it may be."""
        if not len(self._room) or self._loop.time() - self._room.checked_at <= self.configuration.permission_age:
            return True
        refused = await self._database.ask(None, self.surroundings.refused, self._room.subscriber_ids())
        if refused is None:
            return False
        self._desk.results.extend(self._room.check_again(refused, now=self._loop.time()))
        return True

    # Small things

    def _lease_holds(self) -> bool:
        return self._loop.time() < self._lease_end - (1 - LEASE_USED) * self.configuration.lease

    def _demand(self) -> Mapping[str, int]:
        """How many wait in each lane: what tokens are asked for."""
        return {lane: len(line) for lane, line in self._room.lanes.items() if line}

    def _note_trouble(self, words: str) -> None:
        self._database.chore(self.surroundings.note_trouble, words)

    def _wake(self) -> None:
        self._event.set()
