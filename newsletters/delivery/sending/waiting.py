"""Who has been read from a chunk and is not on the wire yet, a lane a throttled domain.

A throttled domain must not hold up the others: its people wait in a lane of their own, and when that is full, the
rest of them stay in their chunks, which go back marked with the lane's name and are claimed again when there is room.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from newsletters.delivery.ledger import ClaimedChunk, Place, Result
from newsletters.delivery.states import Outcome

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping

FREE: Final = ""
"""The lane of everybody whose domain has no limit."""
MIXED: Final = "*"
"""The lane of chunks in which people of several throttled domains are left."""
LANE_HOLDS: Final = 1_000
"""People of one throttled domain that a sender keeps in memory."""
LANE_IS_LOW: Final = 200


@dataclass(slots=True)
class Waiting:
    """A place, and the chunk it was read from."""

    place: Place
    chunk: int
    lane: str = FREE


class WaitingRoom:
    """The lanes, and how many of each held chunk have no outcome yet."""

    def __init__(self, *, throttled: Collection[str], low: int, put_down: Callable[[int, str], None]) -> None:
        """Take the domains with limits; below `low` the free lane wants more; `put_down` gives chunks back."""
        self.lanes: dict[str, deque[Waiting]] = {lane: deque() for lane in (*sorted(throttled), FREE)}
        self.checked_at = 0.0
        self._low = low
        self._put_down = put_down
        self._remaining: dict[int, int] = {}
        self._left_behind: dict[int, set[str]] = {}
        self._unseen: dict[int, int] = {}
        self._dry: set[str] = set()

    def __len__(self) -> int:
        return sum(map(len, self.lanes.values()))

    @property
    def is_exhausted(self) -> bool:
        """Whether nobody waits here and no lane has a chunk left."""
        return not len(self) and self._dry.issuperset((*self.lanes, MIXED))

    def wanted_lanes(self) -> list[str]:
        """Return the lanes of which another chunk is wanted now, as far as is known to be had."""
        if FREE not in self._dry and len(self.lanes[FREE]) < self._low:
            return [FREE]
        wanted = [
            lane for lane, line in self.lanes.items() if lane not in self._dry and lane and len(line) < LANE_IS_LOW
        ]
        # A mixed chunk has people of every throttled domain for all we know, so it wants room in all of them.
        if MIXED not in self._dry and all(len(line) < LANE_IS_LOW for lane, line in self.lanes.items() if lane):
            wanted.append(MIXED)
        return wanted

    def note_dry(self, lanes: Iterable[str]) -> None:
        """Remember that there is no chunk of these lanes."""
        self._dry.update(lanes)

    def admit(self, chunk: ClaimedChunk, refused: Mapping[int, str], *, now: float) -> list[Result]:
        """Let a chunk's people in; returns the outcomes of those who may not be mailed any more."""
        if not len(self):
            self.checked_at = now
        self._remaining[chunk.number] = 0
        behind = self._left_behind[chunk.number] = set()
        admitted: list[Waiting] = []
        for place in chunk.places:
            lane = self._lane(place)
            if lane and len(self.lanes[lane]) >= LANE_HOLDS:
                behind.add(lane)
                continue
            self._remaining[chunk.number] += 1
            waiting = Waiting(place, chunk.number, lane)
            if place.subscriber_id not in refused:
                self.lanes[lane].append(waiting)
            admitted.append(waiting)
        if not self._remaining[chunk.number]:
            self._give_back(chunk.number)
        return self._refuse(admitted, refused)

    def check_again(self, refused: Mapping[int, str], *, now: float) -> list[Result]:
        """Take those out who may not be mailed any more; returns their outcomes."""
        self.checked_at = now
        if not refused:
            return []
        out: list[Waiting] = []
        for lane, line in self.lanes.items():
            out.extend(each for each in line if each.place.subscriber_id in refused)
            self.lanes[lane] = deque(each for each in line if each.place.subscriber_id not in refused)
        return self._refuse(out, refused)

    def subscriber_ids(self) -> list[int]:
        """Return who waits."""
        return [each.place.subscriber_id for line in self.lanes.values() for each in line]

    def call(self, room: int, allowance: Callable[[str], int]) -> list[Waiting]:
        """Call in up to `room` people, as far as each lane's allowance goes; throttled lanes first, they are few."""
        called: list[Waiting] = []
        for lane, line in self.lanes.items():
            count = min(room - len(called), len(line), allowance(lane)) if line else 0
            called.extend(line.popleft() for _ in range(count))
        return called

    def has_callable(self, allowance: Callable[[str], int]) -> bool:
        """Whether `call` would find anybody."""
        return any(line and allowance(lane) > 0 for lane, line in self.lanes.items())

    def settle(self, number: int, chunk: int | None) -> None:
        """Take note that somebody's outcome is committed; a chunk without anybody left goes back."""
        if chunk is None:
            chunk = self._unseen.pop(number)
        self._remaining[chunk] -= 1
        if not self._remaining[chunk]:
            self._give_back(chunk)

    def _refuse(self, waiting: Iterable[Waiting], refused: Mapping[int, str]) -> list[Result]:
        results = []
        for each in waiting:
            reason = refused.get(each.place.subscriber_id)
            if reason is not None:
                self._unseen[each.place.number] = each.chunk
                results.append(Result(each.place.number, Outcome.SUPPRESSED, None, reason))
        return results

    def _give_back(self, chunk: int) -> None:
        del self._remaining[chunk]
        behind = self._left_behind.pop(chunk)
        lane = FREE if not behind else behind.pop() if len(behind) == 1 else MIXED
        if lane:
            self._dry.discard(lane)
        self._put_down(chunk, lane)

    def _lane(self, place: Place) -> str:
        if len(self.lanes) == 1:
            return FREE
        domain = place.address.rpartition("@")[2].lower()
        return domain if domain in self.lanes else FREE
