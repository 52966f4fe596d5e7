"""Notes a mailing's counts now and then, because the ledger must have no index by time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Final

from newsletters.delivery.models import Mailing, Sample
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.states import MailingState

if TYPE_CHECKING:
    from datetime import datetime

EVERY: Final = timedelta(seconds=15)
"""Between two samples: 5,760 rows for a mailing that takes a whole day, thinned out when it is compacted."""


def sample_mailings(*, at: datetime) -> int:
    """Note the counts of every mailing that is sending and has no note from the last 15 s; returns how many."""
    lately = Sample.objects.filter(at__gt=at - EVERY).values("mailing_id")
    taken = 0
    for mailing in Mailing.objects.filter(state=MailingState.SENDING).exclude(pk__in=lately):
        counts = mailing_counts(mailing)
        _, is_new = Sample.objects.get_or_create(
            mailing=mailing, at=at, defaults={"accepted": counts.accepted, "settled": counts.settled}
        )
        taken += is_new
    return taken
