"""Tokens: how many may go on the wire now, a route, a mailing that is spread over time, and a recipient domain.

The buckets lie in Valkey or Redis, so that all senders of all mailings draw from the same ones; the clock is the
server's. A sender draws small amounts ahead (a tenth of a second's worth) and only while somebody waits for them, so
that a rate is kept within a few percent and no token rots in a sender that does not need it.
"""

from __future__ import annotations

import asyncio
import random
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, Protocol

import redis.asyncio
import structlog
from redis.exceptions import RedisError

from newsletters.delivery.sending.waiting import FREE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

TICK: Final = 0.05
"""Seconds between two draws, on average."""
AHEAD: Final = 0.1
"""Seconds' worth of tokens that a sender keeps at most."""
BURST: Final = 0.2
"""Seconds' worth of tokens that a bucket gathers while nobody draws, beside the next one: a late look loses nothing."""
UNLIMITED: Final = 1 << 30
REST: Final = 5.0
"""Seconds for which a sender reckons by itself after Valkey did not answer."""

# The bucket's value is the moment up to which its tokens have been given out; what has passed since is what it holds.
DRAW: Final = """
local now = redis.call('TIME')
now = now[1] * 1000000 + now[2]
local interval = 1000000 / tonumber(ARGV[1])
local burst = interval + tonumber(ARGV[2]) * 1000000
local given = tonumber(redis.call('GET', KEYS[1]) or now)
given = math.max(given, now - burst)
local drawn = math.min(math.floor((now - given) / interval + 0.000001), tonumber(ARGV[3]))
redis.call('SET', KEYS[1], string.format('%.3f', given + drawn * interval), 'PX', 3600000)
return drawn
"""

log = structlog.get_logger(__name__)


class Buckets(Protocol):
    """Where tokens are drawn from."""

    async def draw(self, name: str, *, rate: float, most: int) -> int:
        """Take up to `most` tokens from a bucket that fills at `rate` a second; returns how many there were."""

    async def close(self) -> None:
        """Let go of connections."""


class LocalBuckets:
    """Buckets of one process, by its monotonic clock."""

    def __init__(self) -> None:
        """Start with empty buckets."""
        self._given: dict[str, float] = {}

    async def draw(self, name: str, *, rate: float, most: int) -> int:
        """Take tokens."""
        now = asyncio.get_running_loop().time()
        interval = 1 / rate
        given = max(self._given.get(name, now), now - interval - BURST)
        drawn = min(int((now - given) / interval + 1e-6), most)
        self._given[name] = given + drawn * interval
        return drawn

    async def close(self) -> None:
        """Nothing to let go."""


class SharedBuckets:
    """Buckets in Valkey or Redis; while that is away, each sender keeps the rates by itself."""

    def __init__(self, url: str, *, prefix: str = "courant:rate:") -> None:
        """Connect at the first draw."""
        self._prefix = prefix
        self._client = redis.asyncio.from_url(url, socket_timeout=1, socket_connect_timeout=1)
        self._script = self._client.register_script(DRAW)
        self._local = LocalBuckets()
        self._rests_until = 0.0

    async def draw(self, name: str, *, rate: float, most: int) -> int:
        """Take tokens."""
        now = asyncio.get_running_loop().time()
        if now >= self._rests_until:
            try:
                return int(await self._script(keys=[self._prefix + name], args=[rate, BURST, most]))
            except (RedisError, OSError):
                log.warning("rates kept by this sender alone: no Valkey")
                self._rests_until = now + REST
        return await self._local.draw(name, rate=rate, most=most)

    async def close(self) -> None:
        """Close the connection."""
        await self._client.aclose()


@dataclass(slots=True)
class Throttle:
    """The limits that hold for one sender, and the tokens it has drawn.

    `general` limits hold for every message (the route's, the mailing's own pace), `by_domain` for those to a domain;
    both are messages a second.
    """

    buckets: Buckets
    general: Mapping[str, float] = field(default_factory=dict)
    by_domain: Mapping[str, float] = field(default_factory=dict)
    limits: Mapping[str, float] = field(default_factory=dict)
    """The rates as operators entered them, to see when they change."""
    _stock: dict[str, int] = field(default_factory=dict)

    @property
    def domains(self) -> frozenset[str]:
        """The domains that have limits."""
        return frozenset(self.by_domain)

    def allowance(self, lane: str) -> int:
        """How many of a lane may go on the wire at this moment."""
        allowed = min((self._stock.get(name, 0) for name in self.general), default=UNLIMITED)
        if lane != FREE:
            allowed = min(allowed, self._stock.get(_bucket(lane), 0))
        return allowed

    def spend(self, lanes: Iterable[str]) -> None:
        """Take note of who goes on the wire."""
        if not (self.general or self.by_domain):
            return
        for lane in lanes:
            for name in self.general:
                self._stock[name] -= 1
            if lane != FREE:
                self._stock[_bucket(lane)] -= 1

    async def run(self, demand: Callable[[], Mapping[str, int]], wake: Callable[[], None]) -> None:
        """Keep drawing tokens for whoever waits, until cancelled."""
        try:
            while self.general or self.by_domain:
                if await self._draw(demand()):
                    wake()
                # Two senders in step would find what the first has left: nothing, each time.
                await asyncio.sleep(TICK * random.uniform(0.5, 1.5))  # noqa: S311 (no secret)
        finally:
            await self.buckets.close()

    async def _draw(self, demand: Mapping[str, int]) -> bool:
        wanted = {_bucket(lane): (self.by_domain[lane], count) for lane, count in demand.items() if lane != FREE}
        total = sum(demand.values())
        if total:
            wanted |= {name: (rate, total) for name, rate in self.general.items()}
        drew = False
        for name, (rate, count) in wanted.items():
            stock = self._stock.get(name, 0)
            most = min(count, max(1, int(rate * AHEAD))) - stock
            if most > 0:
                drawn = await self.buckets.draw(name, rate=rate, most=most)
                self._stock[name] = stock + drawn
                drew = drew or drawn > 0
        return drew


def _bucket(domain: str) -> str:
    return f"domain:{domain}"
