"""What the ledger keeps about a person, given out or forgotten when they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletters.delivery.models import Bounce, Mailing, Receipt, Recipient, Returned
from newsletters.delivery.states import Outcome

if TYPE_CHECKING:
    from newsletters.audience.models import Subscriber

FORGOTTEN = "erased"


def export_received(subscriber: Subscriber) -> list[dict[str, Any]]:
    """Return which mailings a person was on, and what became of each (UK GDPR Art. 15)."""
    received = [
        {
            "mailing": recipient.mailing.title,
            "address": recipient.address,
            "outcome": Outcome(recipient.state).label,
            "at": recipient.done_at.isoformat() if recipient.done_at else None,
        }
        for recipient in _places(subscriber).select_related("mailing")
    ]
    # The address has gone from a compacted mailing, so it cannot be given out.
    compacted = [
        {
            "mailing": receipt.mailing.title,
            "outcome": Outcome(receipt.state).label,
            "at": receipt.done_at.isoformat() if receipt.done_at else None,
        }
        for receipt in Receipt.objects.filter(subscriber_id=subscriber.pk).select_related("mailing")
    ]
    return received + compacted


def forget_subscriber(subscriber: Subscriber) -> None:
    """Blank a person's address and name everywhere in the ledger; the counts stay true (UK GDPR Art. 17)."""
    for mailing_id, number in _places(subscriber).values_list("mailing_id", "number"):
        Recipient.objects.filter(mailing_id=mailing_id, number=number).update(address=FORGOTTEN, merge={}, smtp_text="")
    Receipt.objects.filter(subscriber_id=subscriber.pk).delete()


def export_bounces(subscriber: Subscriber) -> list[dict[str, Any]]:
    """Return what came back from a person's address (UK GDPR Art. 15)."""
    return [
        {
            "kind": bounce.get_kind_display(),
            "address": bounce.address,
            "status": bounce.status,
            "reason": bounce.diagnostic,
            "at": bounce.at.isoformat(),
        }
        for bounce in Bounce.objects.filter(subscriber_id=subscriber.pk)
    ]


def forget_bounces(subscriber: Subscriber) -> None:
    """Remove the messages that came back from a person's address, and who it was from what they said.

    A message that could not be understood, or proved to be about ours, belongs to nobody on record, so those kept are
    searched for the address.
    """
    bounces = Bounce.objects.filter(subscriber_id=subscriber.pk)
    Returned.objects.filter(bounces__in=bounces).delete()
    bounces.update(subscriber_id=None, address=FORGOTTEN, diagnostic="")
    wanted = {subscriber.canonical.encode(), subscriber.email.lower().encode()}
    unproved = Returned.objects.exclude(state=Returned.State.UNDERSTOOD)
    found = [
        returned.pk
        for returned in unproved.iterator(chunk_size=20)
        if any(address in bytes(returned.raw).lower() for address in wanted)
        or subscriber.canonical in returned.envelope_recipient.lower()
    ]
    Bounce.objects.filter(returned__in=found).update(address=FORGOTTEN, diagnostic="")
    Returned.objects.filter(pk__in=found).delete()


def _places(subscriber: Subscriber) -> Any:
    # One probe of the unique index a mailing: an index on the subscriber alone would cost every outcome more.
    return Recipient.objects.filter(mailing__in=Mailing.objects.values("pk"), subscriber_id=subscriber.pk)
