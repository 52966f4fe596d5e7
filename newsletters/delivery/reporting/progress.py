"""How a mailing goes: its pace, what is left, who waits where, and why some have to wait."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from django.db.models import Count, Value
from django.db.models.functions import Lower, StrIndex, Substr
from django.utils import timezone

from newsletters.delivery.models import Deferral, Mailing, Recipient, Sample
from newsletters.delivery.reporting.remembering import remembered
from newsletters.delivery.selectors import current_rates
from newsletters.delivery.states import MailingState, Outcome

if TYPE_CHECKING:
    from newsletters.delivery.selectors import Counts

PACE_OVER: Final = timedelta(seconds=60)
"""The pace is what happened in about the last minute."""
STALE: Final = timedelta(minutes=3)
"""Samples from before a pause say nothing about the pace after it."""
LEAST: Final = timedelta(seconds=5)
DOMAINS_SHOWN: Final = 12
READ_AT_MOST: Final = 5_000
"""Deferred recipients whose reasons are read; with more, the reasons are those of the first to be tried again."""
ADDRESS: Final = re.compile(r"<?[^\s<>()]+@[^\s<>():,;]+>?")
DOMAIN: Final = Lower(Substr("address", StrIndex("address", Value("@")) + 1))


@dataclass(frozen=True, slots=True)
class Pace:
    """`per_minute` is None while nothing can be said; `left` is the time that those not sent yet will take."""

    per_minute: float | None = None
    left: timedelta | None = None

    @property
    def words(self) -> str:
        """The time left for people: "about 3 minutes", "less than a minute", "" when nothing can be said."""
        if self.left is None:
            return ""
        minutes = round(self.left.total_seconds() / 60)
        if minutes < 1:
            return "less than a minute"
        hours, rest = divmod(minutes, 60)
        parts = [f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in ((hours, "hour"), (rest, "minute"))
                 if number]  # fmt: skip
        return "about " + " ".join(parts)


@dataclass(frozen=True, slots=True)
class Queue:
    """Who still waits for one recipient domain; `limit` is its rate in messages a second, None without one."""

    domain: str
    waiting: int
    deferred: int
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Delay:
    """Deferred recipients with one reason; `next_at` is when the first of them is tried again."""

    code: int | None
    reason: str
    count: int
    next_at: datetime


@dataclass(frozen=True, slots=True)
class Delays:
    """All deferred recipients: `total` is exact, the reasons are those of the first `read`."""

    total: int
    read: int
    rows: list[Delay]


def mailing_pace(mailing: Mailing, counts: Counts, *, at: datetime | None = None) -> Pace:
    """Return how fast a mailing goes and how long it will take, from the sweep's samples."""
    at = at or timezone.now()
    if mailing.state != MailingState.SENDING:
        return Pace()
    recent = Sample.objects.filter(mailing=mailing, at__gte=at - STALE).order_by("at")
    base = recent.filter(at__lte=at - PACE_OVER).last() or recent.first()
    since, settled = (base.at, base.settled) if base else (mailing.started_at, 0)
    if since is None or not LEAST <= at - since <= STALE:
        return Pace()
    per_minute = (counts.settled - settled) * 60 / (at - since).total_seconds()
    if per_minute <= 0:
        return Pace(0.0)
    return Pace(per_minute, timedelta(minutes=counts.pending / per_minute))


def domain_queues(mailing: Mailing) -> list[Queue]:
    """Return who still waits, the longest queues first; the rest of the domains in one line at the end."""
    if mailing.is_over or mailing.state == MailingState.FREEZING:
        return []
    return remembered(f"delivery:queues:{mailing.pk}:{mailing.state}", lambda: _queues(mailing))


def _queues(mailing: Mailing) -> list[Queue]:
    rates = current_rates()
    waiting: Counter[str] = Counter()
    deferred: Counter[str] = Counter()
    open_states = (Outcome.PENDING, Outcome.DEFERRED)
    rows = (
        Recipient.objects.filter(mailing=mailing, state__in=open_states)
        .order_by()
        .annotate(domain=DOMAIN)
        .values_list("domain", "state")
        .annotate(Count("number"))
    )
    for domain, state, count in rows:
        (waiting if state == Outcome.PENDING else deferred)[domain] += count
    total = waiting + deferred
    domains = sorted(total, key=lambda domain: (-total[domain], domain))
    queues = [Queue(each, waiting[each], deferred[each], rates.get(each)) for each in domains[:DOMAINS_SHOWN]]
    rest = domains[DOMAINS_SHOWN:]
    if rest:
        queues.append(
            Queue(
                f"{len(rest):,} more domain{'' if len(rest) == 1 else 's'}",
                sum(waiting[each] for each in rest),
                sum(deferred[each] for each in rest),
            )
        )
    return queues


def mailing_delays(mailing: Mailing) -> Delays:
    """Return why recipients are deferred and when they are tried again, the most frequent reason first."""
    return remembered(f"delivery:delays:{mailing.pk}:{mailing.state}", lambda: _delays(mailing))


def _delays(mailing: Mailing) -> Delays:
    total = Deferral.objects.filter(mailing=mailing).count()
    if not total:
        return Delays(0, 0, [])
    first = Deferral.objects.filter(mailing=mailing).order_by("due_at").values_list("number", "due_at")[:READ_AT_MOST]
    due = dict(first)
    answers = Recipient.objects.filter(mailing=mailing, number__in=list(due)).values_list(
        "number", "smtp_code", "smtp_text"
    )
    grouped: dict[tuple[int | None, str], list[datetime]] = {}
    for number, code, text in answers:
        grouped.setdefault((code, without_addresses(text or "")), []).append(due[number])
    rows = [Delay(code, text, len(moments), min(moments)) for (code, text), moments in grouped.items()]
    return Delays(total, len(due), sorted(rows, key=lambda row: (-row.count, row.next_at)))


def without_addresses(text: str) -> str:
    """Return a server's answer without the address that many servers repeat in it, so that equal reasons are equal."""
    return ADDRESS.sub("…", text).strip()


def progress_of(mailing: Mailing, counts: Counts) -> dict[str, object]:
    """Return what the control room shows of a mailing under way."""
    return {
        "counts": counts,
        "pace": mailing_pace(mailing, counts),
        "queues": domain_queues(mailing),
        "delays": mailing_delays(mailing),
        "percent": 100 * counts.settled // counts.total if counts.total else 0,
    }
