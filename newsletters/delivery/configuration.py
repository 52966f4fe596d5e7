"""How sending is tuned: defaults that were measured, each to be changed by `settings.DELIVERY`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from django.conf import settings


@dataclass(frozen=True, slots=True)
class DeliveryConfiguration:
    """All times in seconds.

    `window` is how many recipients may be on the wire at once, and so the most that one crash leaves unknown: 16 to 64
    cost at most a tenth of the rate. The box and the grace together stay below Celery's limit of five minutes, so
    that recovery never waits for a task to be delivered again.
    """

    window: int = 64
    connections: int = 16
    messages_a_connection: int = 2_000
    senders_a_mailing: int = 1
    lease: int = 30
    box: float = 150
    quantum: float = 20
    """The box while another mailing waits for its turn."""
    grace: float = 90
    """How long the end of a box waits for answers that are still out."""
    heartbeat: float = 0.4
    """A pump at least this often, so that a pause is noticed within a second."""
    permission_age: float = 5
    """Nobody goes on the wire whose permission was last looked at longer ago."""
    connect_timeout: float = 15
    command_timeout: float = 60
    data_timeout: float = 120
    retry_delays: tuple[int, ...] = (300, 900, 1_800, 3_600, 7_200, 14_400, 28_800, 43_200)
    """Pauses after each 4xx of one recipient; after the last one it is given up, about a day and a quarter in."""
    deaths: int = 5
    """Senders that may die in a row without progress before the mailing is paused."""
    late: int = 3_600
    """A schedule missed by more than this asks before it fires."""
    rejection_rate: float = 0.1
    """A mailing pauses when more than this part of what was settled since its start or resumption was rejected."""
    complaint_rate: float = 0.003
    """The same for complaints among what was accepted: what Gmail calls too many."""
    enough: int = 100
    """Settled messages below which no rate means anything."""
    freeze_range: int = 10_000
    compact_after_days: int = 60
    """A mailing that has been over for so long loses its recipients' addresses, names and answers; counts stay."""
    receipts_days: int = 730
    """Who got what is known for so long after a mailing, without addresses; two years answer most complaints."""
    soft_bounces: int = 3
    """An address is given up after soft bounces of so many mailings…"""
    soft_days: int = 60
    """…within so many days."""
    returned_days: int = 90
    """How long a returned message is kept as it was, to be looked at and replayed."""

    def __post_init__(self) -> None:
        """Refuse values with which the promises would not hold."""
        if not 1 <= self.window <= 64:  # noqa: PLR2004 (DESIGN §6)
            raise ValueError("DELIVERY['window'] must lie between 1 and 64: it is the price of a crash")
        if self.box + self.grace > 280:  # noqa: PLR2004 (LONGEST_TASK_SECONDS less 20)
            raise ValueError("DELIVERY['box'] and DELIVERY['grace'] together must stay below 280 seconds")


SETTING: Final = "DELIVERY"


def configuration() -> DeliveryConfiguration:
    """Return the configuration in force."""
    return DeliveryConfiguration(**getattr(settings, SETTING, {}))
