"""What a connection carries, and who hands it out."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from newsletters.delivery.ledger.interface import Place, Result
    from newsletters.transport.routes import Stage


@dataclass(slots=True)
class Parcel:
    """A message on its way to one recipient, with what is known of its fate so far."""

    place: Place
    sender: str
    recipient: str
    data: bytes
    tries: int = 0
    """Fresh connections that broke under it; it alone can be to blame for those."""
    failure: Result | None = None
    failed_at: Stage | None = None
    body_end: int = field(default=-1)
    """How many octets of the connection have left the machine when this message's end has."""


class Desk(Protocol):
    """Who hands out parcels and hears what became of them."""

    def take(self, *, fresh: bool) -> Parcel | None:
        """Return the next parcel whose recipient is committed as on the wire.

        Whoever was given back goes to a fresh connection only: so a connection that was about to close anyway is
        never held against a recipient.
        """

    def may_send(self, parcel: Parcel) -> bool:
        """Whether this parcel's body may go out at this moment."""

    def done(self, parcel: Parcel, result: Result) -> None:
        """Take note of an outcome."""

    def give_back(self, parcel: Parcel) -> None:
        """Take a parcel back whose body was not sent."""
