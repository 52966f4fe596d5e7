"""What the desk shows: what readers asked, where they clicked, and how the index stands, in words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Final

from django.db.models import Sum
from django.utils import timezone

from search.desk.models import ClickCount, IndexJob, QueryCount
from search.engines import get_engine
from search.engines.base import EngineUnavailable, Status
from search.engines.patience import reader_waiting
from search.models import OutboxEntry
from search.outbox import waiting_for_index, waiting_for_related

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.db.models import QuerySet

TOP: Final = 25
# A change reaches the index within seconds; what waits longer is worth a word.
PATIENCE: Final = timedelta(minutes=2)
POSITION_GROUPS: Final = ((1, 1), (2, 2), (3, 3), (4, 5), (6, 10), (11, 20), (21, 100))


@dataclass(frozen=True, slots=True)
class Query:
    """One query over a period."""

    text: str
    asked: int
    without_result: int
    clicked: int
    positions: int

    @property
    def click_share(self) -> int:
        """Clicks for each hundred times that it was asked."""
        return round(100 * self.clicked / self.asked) if self.asked else 0

    @property
    def mean_position(self) -> str:
        """The mean position of what was opened, or ""."""
        return f"{self.positions / self.clicked:.1f}" if self.clicked else ""


@dataclass(frozen=True, slots=True)
class Clicks:
    """How many clicks went to a range of positions."""

    label: str
    clicks: int
    percent: int


def all_queries(*, days: int) -> Query:
    """All searches of the last `days` days together."""
    return _as_query(_summed(QueryCount.objects.filter(text=""), days).first() or {"text": ""})


def top_queries(*, days: int, limit: int = TOP) -> list[Query]:
    """The queries asked most in the last `days` days."""
    return [
        _as_query(row) for row in _summed(QueryCount.objects.exclude(text=""), days).order_by("-asked", "text")[:limit]
    ]


def queries_without_result(*, days: int, limit: int = TOP) -> list[Query]:
    """The queries of the last `days` days that found nothing, the most asked first."""
    rows = _summed(QueryCount.objects.exclude(text=""), days).filter(without_result__gt=0)
    return [_as_query(row) for row in rows.order_by("-without_result", "text")[:limit]]


def clicks_by_position(*, days: int) -> list[Clicks]:
    """Where readers clicked in the last `days` days, over all queries."""
    counts = dict(
        ClickCount.objects.filter(day__gt=_first(days)).values_list("position").annotate(number=Sum("clicks"))
    )
    total = sum(counts.values())
    found = []
    for first, last in POSITION_GROUPS:
        clicks = sum(number for position, number in counts.items() if first <= position <= last)
        label = (
            str(first) if first == last else f"{first} to {last}" if last != POSITION_GROUPS[-1][1] else f"{first} on"
        )
        found.append(Clicks(label, clicks, round(100 * clicks / total) if total else 0))
    return found


def _first(days: int) -> object:
    return timezone.localdate() - timedelta(days=days)


def _summed(rows: QuerySet[QueryCount], days: int) -> QuerySet[QueryCount, Any]:
    return (
        rows.filter(day__gt=_first(days))
        .values("text")
        .order_by("text")
        .annotate(**{name: Sum(name) for name in ("asked", "without_result", "clicked", "positions")})
    )


def _as_query(row: Mapping[str, object]) -> Query:
    numbers = {name: int(str(row.get(name) or 0)) for name in ("asked", "without_result", "clicked", "positions")}
    return Query(text=str(row["text"]), **numbers)


@dataclass(frozen=True, slots=True)
class IndexReport:
    """How the index stands; `concerns` are sentences for editors, empty when all is well."""

    engine: str
    is_reachable: bool
    documents: int = 0
    waiting: int = 0
    waiting_for_related: int = 0
    oldest_minutes: int = 0
    size: int = 0
    has_previous: bool = False
    concerns: list[str] = field(default_factory=list)
    job: IndexJob | None = None
    compared: IndexJob | None = None


ENGINE_NAMES: Final = {"sqlite": "the embedded engine (SQLite FTS5)", "elasticsearch": "Elasticsearch"}


def index_report() -> IndexReport:
    """Say how the index stands now; an engine that does not answer is said, not raised."""
    now = timezone.now()
    engine = get_engine()
    name = ENGINE_NAMES.get(engine.name, engine.name)
    try:
        with reader_waiting():
            status: Status | None = engine.status()
    except EngineUnavailable:
        status = None
    waiting = waiting_for_index()
    number = waiting.count()
    changed = waiting.values_list("changed_at", flat=True).first()
    age = now - changed if changed else timedelta()
    concerns = _concerns(status, number, age)
    return IndexReport(
        engine=name,
        is_reachable=status is not None,
        documents=status.documents if status else 0,
        waiting=number,
        waiting_for_related=waiting_for_related().count(),
        oldest_minutes=int(age.total_seconds() // 60),
        size=status.bytes if status else 0,
        has_previous=bool(status and status.previous),
        concerns=concerns,
        job=IndexJob.objects.first(),
        compared=IndexJob.objects.filter(kind=IndexJob.Kind.DRIFT, state=IndexJob.State.DONE).first(),
    )


def _concerns(status: Status | None, waiting: int, age: timedelta) -> list[str]:
    said = []
    if status is None:
        said.append(
            "The search engine does not answer. Readers are told that search is not available; pages can be published "
            "as always, and their changes wait here until it answers again."
        )
    else:
        if not status.live:
            said.append("There is no index yet. It is made by itself as soon as a worker runs, or by a rebuild.")
        elif not status.documents and OutboxEntry.objects.exists():
            said.append("The index is empty. If it does not fill within a minute, rebuild it.")
        said += [f"The engine reports: {problem}." for problem in status.problems]
    if waiting and age > PATIENCE and status is not None:
        minutes = int(age.total_seconds() // 60)
        said.append(
            f"{waiting:,} change{' has' if waiting == 1 else 's have'} been waiting for up to {minutes:,} minutes. "
            "Changes are written within seconds while a worker runs: ask the operator whether it does."
        )
    return said
