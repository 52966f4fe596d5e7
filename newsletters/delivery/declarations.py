"""What this room keeps about people. See `newsletters.audience.personal_data`."""

from __future__ import annotations

from newsletters.audience.personal_data import Declaration, personal_data
from newsletters.delivery.services import (
    export_bounces,
    export_received,
    forget_bounces,
    forget_subscriber,
)


def declare() -> None:
    """Fill the registry; called once, when the apps are ready."""
    personal_data.declare(
        Declaration(
            model="delivery.Recipient",
            fields=("address", "merge"),
            what="Which mailings went to which address, with the name that stood in them, and the relay's answer.",
            why="So that nobody is left out or mailed twice, and to answer who got what.",
            retention="Until a mailing has been over for DELIVERY['compact_after_days'] days, 60 unless set otherwise."
            " Who got what is known for DELIVERY['receipts_days'] days, 730 unless set otherwise, without addresses.",
            erased_by="forget_subscriber blanks address, name and answer in every mailing, and removes receipts.",
            export_key="mailings",
            export=export_received,
            erase=forget_subscriber,
        )
    )
    personal_data.declare(
        Declaration(
            model="delivery.Bounce",
            fields=("address", "diagnostic"),
            what="That mail to an address came back or was reported as spam, and the other side's reason.",
            why="So that an address that does not work, or does not want our mail, is not written to.",
            retention="As long as the subscriber; without the address afterwards, as a figure of its mailing.",
            erased_by="forget_bounces blanks address and reason.",
            export_key="bounces",
            export=export_bounces,
            erase=forget_bounces,
        )
    )
    personal_data.declare(
        Declaration(
            model="delivery.Returned",
            fields=("envelope_recipient", "raw"),
            what="Messages that came to the bounce address, as they were.",
            why="To read them again when the rules get better, and to look at what was not understood.",
            retention="DELIVERY['returned_days'] days, 90 unless set otherwise.",
            erased_by="forget_bounces removes those that are about the person or hold the address.",
        )
    )
