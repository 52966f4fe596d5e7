"""What this room keeps about people. See `newsletters.audience.personal_data`."""

from __future__ import annotations

from newsletters.audience.personal_data import Declaration, personal_data
from newsletters.delivery.services import export_received, forget_subscriber


def declare() -> None:
    """Fill the registry; called once, when the apps are ready."""
    personal_data.declare(
        Declaration(
            model="delivery.Recipient",
            fields=("address", "merge"),
            what="Which mailings went to which address, with the name that stood in them, and the relay's answer.",
            why="So that nobody is left out or mailed twice, and to answer who got what.",
            retention="Until a finished mailing is compacted into counts.",
            erased_by="forget_subscriber blanks address, name and answer in every mailing.",
            export_key="mailings",
            export=export_received,
            erase=forget_subscriber,
        )
    )
