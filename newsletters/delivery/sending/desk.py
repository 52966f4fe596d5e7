"""Where connections fetch their next message and hand in what became of it."""

from __future__ import annotations

import time
from collections import deque
from typing import TYPE_CHECKING

from newsletters.delivery.ledger import Place, Result
from newsletters.delivery.smtp.parcels import Parcel
from newsletters.delivery.states import Outcome
from newsletters.issues.compiled import ValueMissing

if TYPE_CHECKING:
    from collections.abc import Callable

    from newsletters.delivery.sending.composing import Composer
    from newsletters.delivery.sending.waiting import Waiting


class SendingDesk:
    """Holds who is committed as on the wire; hands out their messages; collects outcomes for the next pump."""

    def __init__(
        self,
        *,
        composer: Composer,
        window: int,
        retry_delays: tuple[int, ...],
        wake: Callable[[], None],
        answered: Callable[[], None],
    ) -> None:
        """`wake` calls the sender's loop; `answered` is told that the relay gave an answer to a message."""
        self.on_wire: dict[int, Waiting] = {}
        self.granted: deque[Waiting] = deque()
        self.returned: deque[Parcel] = deque()
        self.results: list[Result] = []
        self.is_closed = False
        self.lease_holds: Callable[[], bool] = lambda: True
        self._composer = composer
        self._quarter = max(1, window // 4)
        self._retry_delays = retry_delays
        self._wake = wake
        self._answered = answered

    @property
    def waiting(self) -> int:
        """Messages that no connection has fetched yet."""
        return len(self.granted) + len(self.returned)

    def grant(self, people: list[Waiting]) -> None:
        """Put people on the desk whose being on the wire has been committed."""
        self.granted.extend(people)

    def take(self, *, fresh: bool) -> Parcel | None:
        """Hand out the next parcel; one that was given back goes to a fresh connection only."""
        if self.is_closed:
            return None
        if fresh and self.returned:
            return self.returned.popleft()
        while self.granted:
            parcel = self._compose(self.granted.popleft().place)
            if parcel is not None:
                return parcel
        return None

    def may_send(self, parcel: Parcel) -> bool:
        """Whether a body may go out now: nobody said stop, and the lease holds for long enough."""
        del parcel
        return not self.is_closed and self.lease_holds()

    def done(self, parcel: Parcel, result: Result) -> None:
        """Take note of an outcome, and give a deferral its delay."""
        if result.state is Outcome.DEFERRED:
            attempts = parcel.place.attempts
            if attempts >= len(self._retry_delays):
                result = result._replace(state=Outcome.REJECTED, text=f"Given up: {result.text}")
            else:
                result = result._replace(retry_in=self._retry_delays[attempts])
        self._note(result)
        if result.code is not None:
            self._answered()

    def give_back(self, parcel: Parcel) -> None:
        """Keep a parcel for a fresh connection; it stays committed as on the wire."""
        self.returned.append(parcel)
        self._wake()

    def collect(self) -> list[Result]:
        """Return the outcomes since the last call."""
        results, self.results = self.results, []
        return results

    def clear(self) -> None:
        """Take everybody off the wire who has no outcome: no body of theirs was sent, and none will be."""
        self.granted.clear()
        self.returned.clear()
        for number in set(self.on_wire).difference(result.number for result in self.results):
            del self.on_wire[number]

    def _compose(self, place: Place) -> Parcel | None:
        try:
            envelope = self._composer.compose(place, timestamp=time.time())
        except (ValueMissing, ValueError, KeyError) as error:
            # Ours to mend, and never a reason to hold up the others. The words name a field, not a person.
            self._note(Result(place.number, Outcome.REJECTED, None, f"The message could not be made: {error}"))
            return None
        return Parcel(place, *envelope)

    def _note(self, result: Result) -> None:
        self.results.append(result)
        if len(self.results) >= self._quarter or len(self.results) == len(self.on_wire):
            self._wake()
