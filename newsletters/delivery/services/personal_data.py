"""What the ledger keeps about a person, given out or forgotten when they ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from newsletters.delivery.models import Mailing, Recipient
from newsletters.delivery.states import Outcome

if TYPE_CHECKING:
    from newsletters.audience.models import Subscriber

FORGOTTEN = "erased"


def export_received(subscriber: Subscriber) -> list[dict[str, Any]]:
    """Return which mailings a person was on, and what became of each (UK GDPR Art. 15)."""
    return [
        {
            "mailing": recipient.mailing.title,
            "address": recipient.address,
            "outcome": Outcome(recipient.state).label,
            "at": recipient.done_at.isoformat() if recipient.done_at else None,
        }
        for recipient in _places(subscriber).select_related("mailing")
    ]


def forget_subscriber(subscriber: Subscriber) -> None:
    """Blank a person's address and name everywhere in the ledger; the counts stay true (UK GDPR Art. 17)."""
    for mailing_id, number in _places(subscriber).values_list("mailing_id", "number"):
        Recipient.objects.filter(mailing_id=mailing_id, number=number).update(address=FORGOTTEN, merge={}, smtp_text="")


def _places(subscriber: Subscriber) -> Any:
    # One probe of the unique index a mailing: an index on the subscriber alone would cost every outcome more.
    return Recipient.objects.filter(mailing__in=Mailing.objects.values("pk"), subscriber_id=subscriber.pk)
