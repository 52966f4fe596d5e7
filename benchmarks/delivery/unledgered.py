"""The sender with a ledger that only pretends: `python -m benchmarks.delivery.unledgered MAILING`; prints its rate."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence


class NoLedger:
    """Serves chunks from memory and takes every report for committed."""

    def __init__(self, mailing_id: int, places: Sequence[Any], size: int) -> None:
        self.mailing_id, self._places, self._size, self._next = mailing_id, places, size, 0

    def claim_chunk(self, sender: int, *, lanes: Sequence[str]) -> Any:  # noqa: ARG002 (the ledger's signature)
        from newsletters.delivery.ledger import ClaimedChunk  # noqa: PLC0415 (Django is set up by now)

        number, self._next = self._next, self._next + 1
        places = list(self._places[number * self._size : (number + 1) * self._size])
        return ClaimedChunk(number, places) if places else None

    def pump(self, sender: int, **_: Any) -> Any:  # noqa: ARG002 (the ledger's signature)
        from newsletters.delivery.ledger import Answer  # noqa: PLC0415 (Django is set up by now)

        return Answer.GO_ON

    def put_down_chunk(self, *_: Any, **__: Any) -> None:
        return

    close_sender = put_down_chunk


class NoSurroundings:
    """Nobody is refused, nobody waits."""

    def refused(self, _: Sequence[int]) -> Mapping[int, str]:
        return {}

    def others_wait(self) -> bool:
        return False

    def limits_changed(self) -> bool:
        return False

    def note_trouble(self, words: str) -> None:
        sys.exit(f"courant: {words}")


def main(mailing_id: int) -> None:
    """Send once and print messages a second."""
    django.setup()
    from newsletters.delivery.configuration import configuration  # noqa: PLC0415 (Django is set up by now)
    from newsletters.delivery.ledger import Place  # noqa: PLC0415 (as above)
    from newsletters.delivery.models import CHUNK_SIZE, Mailing, Recipient  # noqa: PLC0415 (as above)
    from newsletters.delivery.sending.composing import Composer  # noqa: PLC0415 (as above)
    from newsletters.delivery.sending.dispatch import Dispatch  # noqa: PLC0415 (as above)
    from newsletters.delivery.sending.throttle import LocalBuckets, Throttle  # noqa: PLC0415 (as above)
    from newsletters.transport.smtp import default_route  # noqa: PLC0415 (as above)

    mailing = Mailing.objects.get(pk=mailing_id)
    rows = Recipient.objects.filter(mailing=mailing).order_by("number")
    places = [Place(*row, 0) for row in rows.values_list("number", "subscriber_id", "address", "merge")]
    began = time.perf_counter()

    async def send() -> None:
        dispatch = Dispatch(
            ledger=NoLedger(mailing_id, places, CHUNK_SIZE),  # type: ignore[arg-type]
            sender=1,
            composer=Composer(mailing),
            route=default_route(),
            surroundings=NoSurroundings(),
            configuration=configuration(),
            throttle=Throttle(LocalBuckets()),
        )
        await dispatch.run()
        assert dispatch.settled == len(places)

    asyncio.run(send())
    print(len(places) / (time.perf_counter() - began))


if __name__ == "__main__":
    main(int(sys.argv[1]))
