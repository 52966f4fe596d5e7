"""Figures for Prometheus, read from the database at each question, so that it does not matter which process answers.

They are counts and ages; no label names a person, an address, a domain or a mailing's title.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from django.conf import settings
from django.db.models import Count, F, Min, Q, Sum
from django.db.models.functions import Now
from django.utils import timezone
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector
from redis import Redis, RedisError

from newsletters.audience.models import OutgoingMail
from newsletters.delivery.ledger.interface import COUNTED
from newsletters.delivery.models import Bounce, Chunk, Deferral, Mailing, Sender
from newsletters.delivery.reporting.remembering import remembered
from newsletters.delivery.selectors import mailing_counts
from newsletters.delivery.states import MailingState
from search.models import OutboxEntry

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

BROKER_TIMEOUT: Final = 1.0
"""Seconds; a monitor gives up after ten."""
OUTCOMES: Final = ("pending", *COUNTED)


class DeliveryCollector(Collector):
    """Reads all figures anew."""

    def collect(self) -> Iterator[GaugeMetricFamily]:
        """Yield one family after the other."""
        yield _family("mailings", "Mailings by state.", "state", _mailings())
        trouble = Mailing.objects.under_way().exclude(trouble="").count()
        yield _gauge("mailings_in_trouble", "Mailings under way of which nothing can go out at the moment.", trouble)
        outcomes = remembered("delivery:metrics:outcomes", outcome_totals)
        yield _family("recipients", "Recipients of all mailings by outcome.", "outcome", outcomes.items())
        yield _gauge("recipients_waiting", "Recipients of mailings that are being sent who have not been sent to.",
                     _waiting())  # fmt: skip
        overdue = Deferral.objects.filter(mailing__state=MailingState.SENDING, due_at__lte=Now()).count()
        yield _gauge("deferrals_overdue", "Deferred recipients whose next try is due.", overdue)
        leases = Sender.objects.aggregate(all=Count("pk"), expired=Count("pk", filter=Q(lease_until__lte=Now())))
        yield _gauge("sender_leases", "Senders that hold a lease or have let it run out.", leases["all"])
        yield _gauge("sender_leases_expired", "Senders whose lease ran out and that no sweep has settled.",
                     leases["expired"])  # fmt: skip
        kinds = Bounce.objects.order_by().values_list("kind").annotate(Count("pk"))
        yield _family("bounces", "Bounces and complaints on record by kind.", "kind", kinds)
        yield from _outbox()
        yield from _outgoing()
        yield from _queues()


def metrics_text() -> bytes:
    """Return all figures in Prometheus's text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(DeliveryCollector())
    return generate_latest(registry)


def outcome_totals() -> dict[str, int]:
    """Return how many recipients of all mailings are where, compacted ones among them, so that no figure falls back."""
    totals: Counter[str] = Counter(dict.fromkeys(OUTCOMES, 0))
    resting = Chunk.objects.exclude(mailing__state=MailingState.SENDING).aggregate(
        size=Sum("size", default=0), **{name: Sum(name, default=0) for name in COUNTED}
    )
    size = resting.pop("size")
    totals.update(resting)
    totals["pending"] += size - sum(resting.values())
    for mailing in Mailing.objects.filter(state=MailingState.SENDING).defer("content"):
        _add(totals, mailing_counts(mailing).as_data())
    for summary in Mailing.objects.filter(compacted_at__isnull=False).values_list("summary__counts", flat=True):
        _add(totals, summary)
    return dict(totals)


def _add(totals: Counter[str], counts: dict[str, int]) -> None:
    for name in OUTCOMES:
        totals[name] += counts[name]


def _mailings() -> list[tuple[str, int]]:
    counted = dict(Mailing.objects.order_by().values_list("state").annotate(Count("pk")))
    return [(state.value, counted.get(state.value, 0)) for state in MailingState]


def _waiting() -> int:
    sending = Mailing.objects.filter(state=MailingState.SENDING).defer("content")
    return sum(mailing_counts(mailing).pending for mailing in sending)


def _outbox() -> Iterator[GaugeMetricFamily]:
    steps = {"index": Q(indexed_version__lt=F("version")), "relate": Q(related_version__lt=F("indexed_version"))}
    rows = {
        step: OutboxEntry.objects.filter(waiting).aggregate(count=Count("pk"), oldest=Min("changed_at"))
        for step, waiting in steps.items()
    }
    yield _family(
        "outbox_waiting", "Documents that search has yet to catch up with, by step.", "step",
        [(step, row["count"]) for step, row in rows.items()],
    )  # fmt: skip
    yield _family(
        "outbox_oldest_seconds", "Age of the oldest of them, 0 when there is none.", "step",
        [(step, _age(row["oldest"])) for step, row in rows.items()],
    )  # fmt: skip


def _outgoing() -> Iterator[GaugeMetricFamily]:
    waiting = OutgoingMail.objects.filter(state=OutgoingMail.State.WAITING).aggregate(
        count=Count("pk"), oldest=Min("created_at")
    )
    yield _gauge("transactional_mails_waiting", "Confirmations and the like that wait to go out.", waiting["count"])
    yield _gauge("transactional_mails_oldest_seconds", "Age of the oldest of them.", _age(waiting["oldest"]))


def _queues() -> Iterator[GaugeMetricFamily]:
    names = [queue.name for queue in getattr(settings, "CELERY_TASK_QUEUES", ())]
    client = Redis.from_url(settings.REDIS_URL, socket_timeout=BROKER_TIMEOUT, socket_connect_timeout=BROKER_TIMEOUT)
    try:
        lengths = [(name, int(str(client.llen(name)))) for name in names]
    except (RedisError, OSError):
        yield _gauge("broker_up", "Whether the broker answers.", 0)
        return
    finally:
        client.close()
    yield _gauge("broker_up", "Whether the broker answers.", 1)
    yield _family("queue_length", "Tasks that wait for a worker, by queue.", "queue", lengths)


def _age(at: datetime | None) -> float:
    return max(0.0, round((timezone.now() - at).total_seconds(), 3)) if at else 0.0


def _gauge(name: str, words: str, value: float) -> GaugeMetricFamily:
    return GaugeMetricFamily(f"courant_{name}", words, value=value)


def _family(name: str, words: str, label: str, values: Iterable[Any]) -> GaugeMetricFamily:
    family = GaugeMetricFamily(f"courant_{name}", words, labels=[label])
    for key, value in values:
        family.add_metric([str(key)], value)
    return family
