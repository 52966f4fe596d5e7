"""Reads: how far a mailing has come, who may still be mailed, what a sweep has to do."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from django.db.models import Count, Exists, OuterRef, Q, Sum
from django.db.models.functions import Now

from newsletters.audience.models import MailingList, Subscriber, Subscription
from newsletters.delivery.configuration import configuration
from newsletters.delivery.ledger.interface import COUNTED
from newsletters.delivery.models import CHUNK_SIZE, Bounce, Chunk, Deferral, Mailing, Rate, Recipient, Sender
from newsletters.delivery.states import ChunkState, MailingState, Outcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet

    from newsletters.delivery.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Counts:
    """How many recipients of a mailing are where; the parts add up to `total`."""

    total: int
    pending: int
    accepted: int
    deferred: int
    rejected: int
    unknown: int
    suppressed: int
    closed: int

    @property
    def settled(self) -> int:
        """Recipients nothing more will happen to by itself."""
        return self.total - self.pending - self.deferred

    def as_data(self) -> dict[str, int]:
        """What `json.dumps` accepts and `Counts(**…)` turns back."""
        return asdict(self)

    def as_figures(self) -> dict[str, int]:
        """The counts under words for people, without those that are nought but must not be missed."""
        figures = {
            "to send": self.total,
            "accepted": self.accepted,
            "not sent yet": self.pending,
            "deferred": self.deferred,
            "rejected": self.rejected,
            "unknown": self.unknown + self.closed,
            "no permission any more": self.suppressed,
        }
        return {words: number for words, number in figures.items() if number or words in ("to send", "accepted")}


def mailing_counts(mailing: Mailing) -> Counts:
    """Count a mailing's outcomes: a sum over its chunks, and a look into those few that a sender holds.

    Once its compaction has begun, they are what they were then.
    """
    if mailing.summary:
        return Counts(**mailing.summary["counts"])
    sums = Chunk.objects.filter(mailing=mailing).aggregate(
        total=Sum("size", default=0),
        **{name: Sum(name, filter=~Q(state=ChunkState.LEASED), default=0) for name in COUNTED},
    )
    held = Q()
    for number in Chunk.objects.filter(mailing=mailing, state=ChunkState.LEASED).values_list("number", flat=True):
        held |= Q(number__gt=number * CHUNK_SIZE, number__lte=(number + 1) * CHUNK_SIZE)
    if held:
        live = Recipient.objects.filter(held, mailing=mailing).values_list("state").annotate(Count("number")).order_by()
        names = {outcome.value: name for name, outcome in COUNTED.items()}
        for state, count in live:
            if state in names:
                sums[names[state]] += count
    total = sums.pop("total") or mailing.size
    return Counts(total=total, pending=total - sum(sums.values()), **sums)


def alarm(mailing: Mailing) -> str:
    """Return why a mailing should pause by itself, in words; "" when nothing is out of bounds."""
    settings, counts, excused = configuration(), mailing_counts(mailing), mailing.excused
    settled = counts.settled - excused.get("settled", 0)
    if settled < settings.enough:
        return ""
    rejected = counts.rejected - excused.get("rejected", 0)
    if rejected > settled * settings.rejection_rate:
        return f"{rejected} of {settled} messages were rejected. Look at the reasons before it goes on."
    complaints = complaint_count(mailing) - excused.get("complaints", 0)
    if complaints > settled * settings.complaint_rate:
        return f"{complaints} of {settled} recipients reported it as spam. Is the list what you think it is?"
    return ""


def complaint_count(mailing: Mailing) -> int:
    """How many recipients of a mailing reported it as spam."""
    return Bounce.objects.filter(mailing=mailing, kind=Bounce.Kind.COMPLAINT).count()


def unknown_recipients(mailing: Mailing) -> QuerySet[Recipient]:
    """The exact list of people of whom nobody can say whether the mail reached the relay."""
    return Recipient.objects.filter(mailing=mailing, state=Outcome.UNKNOWN).order_by("number")


def mailings_to_decide() -> QuerySet[Mailing]:
    """Mailings that go no further, or leave somebody in doubt, until a person says what to do."""
    doubtful = Chunk.objects.filter(mailing=OuterRef("pk"), unknown__gt=0)
    stopped = Q(state=MailingState.MISSED) | (Q(state=MailingState.PAUSED) & ~Q(trouble=""))
    in_doubt = Q(state__in=(MailingState.SENDING, MailingState.PAUSED, MailingState.FINISHED), compacted_at=None)
    return Mailing.objects.filter(stopped | (in_doubt & Exists(doubtful))).defer("content")


def refusal_reasons(*, ledger: Ledger, subscriber_ids: Sequence[int]) -> dict[int, str]:
    """Return who of these may not be mailed now, and why: permission is asked for again at the moment of sending.

    The frequency a person chose has had its say when the audience was frozen.
    """
    allowed = ledger.allowed(subscriber_ids)
    refused = [number for number in subscriber_ids if number not in allowed]
    if not refused:
        return {}
    mailing_list_id = ledger.mailing_list_id
    if not MailingList.objects.open().filter(pk=mailing_list_id).exists():
        return dict.fromkeys(refused, "The list is closed.")
    reasons = dict.fromkeys(refused, "The subscriber's data were erased.")
    suppressed = dict(Subscriber.objects.filter(pk__in=refused).values_list("pk", "suppressed_at"))
    states = {
        subscription.subscriber_id: subscription.get_state_display()
        for subscription in Subscription.objects.filter(mailing_list_id=mailing_list_id, subscriber_id__in=refused)
    }
    for number, suppressed_at in suppressed.items():
        if suppressed_at is not None:
            reasons[number] = "The address is suppressed."
        elif number in states:
            reasons[number] = f"Not subscribed: {states[number].lower()}."
        else:
            reasons[number] = "Not subscribed."
    return reasons


def current_rates() -> dict[str, float]:
    """Messages a second by domain, "" for the relay as a whole, as operators have entered them."""
    return dict(Rate.objects.values_list("domain", "per_second"))


def waiting_mailings() -> QuerySet[Mailing]:
    """Mailings that could be sending this moment and have no sender."""
    free = Chunk.objects.filter(mailing=OuterRef("pk"), state=ChunkState.FREE)
    return Mailing.objects.filter(
        Exists(free), Q(not_before=None) | Q(not_before__lte=Now()), state=MailingState.SENDING
    ).exclude(Exists(Sender.objects.filter(mailing=OuterRef("pk"))))


def spent_mailings() -> QuerySet[Mailing]:
    """Mailings that are sending and have nothing left to do: no chunk open, nobody deferred, no sender."""
    open_chunks = Chunk.objects.filter(mailing=OuterRef("pk")).exclude(state=ChunkState.DONE)
    return (
        Mailing.objects.filter(state=MailingState.SENDING)
        .exclude(Exists(open_chunks))
        .exclude(Exists(Deferral.objects.filter(mailing=OuterRef("pk"))))
        .exclude(Exists(Sender.objects.filter(mailing=OuterRef("pk"))))
    )
