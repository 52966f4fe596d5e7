"""How a mailing went: outcomes, domains, reasons, links, who left the list. The same before and after compaction."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Count, Q
from django.utils import timezone

from newsletters.audience.models import State, Subscription
from newsletters.delivery.ledger.interface import COUNTED
from newsletters.delivery.models import Bounce, Link, Mailing, Recipient, Sample
from newsletters.delivery.reporting.progress import DOMAIN, READ_AT_MOST, without_addresses
from newsletters.delivery.reporting.remembering import remembered
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.states import Outcome

if TYPE_CHECKING:
    from newsletters.delivery.selectors import Counts

DOMAINS_KEPT: Final = 15
"""Domains by name in a report; all others are one line, so that nobody's private domain stands alone in it."""
REASONS_KEPT: Final = 20
LEFT_WITHIN: Final = timedelta(days=14)
"""Whoever leaves the list within this time, and before the list's next mailing, is counted with this one."""
_NAMES: Final = {outcome.value: name for name, outcome in COUNTED.items()} | {Outcome.PENDING.value: "pending"}


@dataclass(frozen=True, slots=True)
class DomainFigures:
    """What became of the recipients at one domain."""

    domain: str
    total: int
    accepted: int
    deferred: int
    rejected: int
    unknown: int


@dataclass(frozen=True, slots=True)
class Reason:
    """Rejected recipients with one answer, without addresses."""

    code: int | None
    text: str
    count: int


@dataclass(frozen=True, slots=True)
class Losses:
    """Who left the list after a mailing; `until` is when counting stopped, or stops."""

    unsubscribed: int
    bounced: int
    complained: int
    until: datetime | None


@dataclass(frozen=True, slots=True)
class Figures:
    """A mailing's report; `links` are asked for apart, since they go on being followed."""

    counts: Counts
    domains: list[DomainFigures] = field(default_factory=list)
    reasons: list[Reason] = field(default_factory=list)
    losses: Losses = field(default_factory=lambda: Losses(0, 0, 0, None))


def mailing_figures(mailing: Mailing) -> Figures:
    """Return a mailing's report: from the ledger, or from the summary that compaction left."""
    if mailing.summary:
        return figures_from(mailing.summary, mailing_counts(mailing))
    key = f"delivery:figures:{mailing.pk}:{mailing.state}"
    return remembered(key, lambda: count_figures(mailing))


def count_figures(mailing: Mailing) -> Figures:
    """Look at every recipient of a mailing."""
    return Figures(mailing_counts(mailing), _domains(mailing), _reasons(mailing), _losses(mailing))


def figures_as_data(figures: Figures) -> dict[str, Any]:
    """Return what `json.dumps` accepts and `figures_from` turns back."""
    data = asdict(figures)
    del data["counts"]
    data["losses"]["until"] = figures.losses.until.isoformat() if figures.losses.until else None
    return data


def figures_from(data: dict[str, Any], counts: Counts) -> Figures:
    """Rebuild what `figures_as_data` gave."""
    losses = dict(data["losses"])
    losses["until"] = datetime.fromisoformat(losses["until"]) if losses["until"] else None
    return Figures(
        counts,
        [DomainFigures(**each) for each in data["domains"]],
        [Reason(**each) for each in data["reasons"]],
        Losses(**losses),
    )


def accepted_over_time(mailing: Mailing) -> list[tuple[datetime, int]]:
    """Return how many had been accepted by when, from the start to the end or to this moment."""
    if mailing.started_at is None:
        return []
    points = [(mailing.started_at, 0), *Sample.objects.filter(mailing=mailing).values_list("at", "accepted")]
    points.append((mailing.finished_at or timezone.now(), mailing_counts(mailing).accepted))
    return sorted(points)


def counted_links(mailing: Mailing) -> list[Link]:
    """Return the links of a mailing's issue, the most followed first."""
    number = mailing.content.get("issue_id")
    return list(Link.objects.filter(issue_number=number).order_by("-clicks", "position")) if number else []


def returned_counts(mailing: Mailing) -> list[tuple[str, int]]:
    """Return what came back of a mailing after it was accepted or instead of that, a kind a line."""
    rows = Bounce.objects.filter(mailing=mailing).order_by().values_list("kind").annotate(Count("pk"))
    counted = dict(rows)
    return [(kind.label, counted.get(kind.value, 0)) for kind in Bounce.Kind]


def _domains(mailing: Mailing) -> list[DomainFigures]:
    counted: dict[str, Counter[str]] = {}
    rows = (
        Recipient.objects.filter(mailing=mailing)
        .order_by()
        .annotate(domain=DOMAIN)
        .values_list("domain", "state")
        .annotate(Count("number"))
    )
    for domain, state, count in rows:
        counted.setdefault(domain, Counter())[_NAMES[state]] += count
    ranked = sorted(counted.items(), key=lambda item: (-item[1].total(), item[0]))
    rows_shown = [_figures_of(domain, counts) for domain, counts in ranked[:DOMAINS_KEPT]]
    rest = ranked[DOMAINS_KEPT:]
    if rest:
        together = sum((counts for _, counts in rest), Counter())
        rows_shown.append(_figures_of(f"{len(rest):,} more domain{'' if len(rest) == 1 else 's'}", together))
    return rows_shown


def _figures_of(domain: str, counts: Counter[str]) -> DomainFigures:
    unknown = counts["unknown"] + counts["closed"]
    return DomainFigures(domain, counts.total(), counts["accepted"], counts["deferred"], counts["rejected"], unknown)


def _reasons(mailing: Mailing) -> list[Reason]:
    answers = Recipient.objects.filter(mailing=mailing, state=Outcome.REJECTED).values_list("smtp_code", "smtp_text")
    counted = Counter((code, without_addresses(text or "")) for code, text in answers[:READ_AT_MOST])
    return [Reason(code, text, count) for (code, text), count in counted.most_common(REASONS_KEPT)]


def _losses(mailing: Mailing) -> Losses:
    start = mailing.started_at
    if start is None:
        return Losses(0, 0, 0, None)
    later = Mailing.objects.filter(mailing_list=mailing.mailing_list_id, started_at__gt=start)
    following = later.order_by("started_at").values_list("started_at", flat=True).first()
    until = min(start + LEFT_WITHIN, following or start + LEFT_WITHIN)

    def within(state: State, moment: str) -> Q:
        return Q(state=state, **{f"{moment}__gte": start, f"{moment}__lt": until})

    counts = Subscription.objects.filter(mailing_list=mailing.mailing_list_id).aggregate(
        unsubscribed=Count("pk", filter=within(State.UNSUBSCRIBED, "unsubscribed_at")),
        bounced=Count("pk", filter=within(State.BOUNCED, "bounced_at")),
        complained=Count("pk", filter=within(State.COMPLAINED, "complained_at")),
    )
    return Losses(**counts, until=until)
