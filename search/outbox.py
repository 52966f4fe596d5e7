"""The outbox: what has changed is recorded in the transaction that changed it, and search catches up afterwards.

Recording never fails because of search: it is one statement on the site's own database. Telling the worker happens
after the commit and may fail; a sweep finds what a lost nudge left.
"""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog
from django.db import connections, models, router, transaction
from django.db.models import F
from django.db.models.signals import post_delete, post_save
from django.utils import timezone

from search.models import OutboxEntry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from content.pages.registry import DocumentSource

log = structlog.get_logger(__name__)

ROWS_A_STATEMENT = 1_000
# How many entries are worked on at a time.
ENTRIES_A_BATCH = 200
# After a failed nudge the broker is left alone for so long: an editor's save must not wait for it again and again.
SECONDS_WITHOUT_NUDGES = 30.0


def record_changes(keys: Iterable[str]) -> None:
    """Raise the version of every key, in the caller's transaction, and nudge the worker once it commits.

    The keys are sorted, so that two transactions that touch the same documents lock them in the same order.
    """
    wanted = sorted(set(keys))
    if not wanted:
        return
    alias = router.db_for_write(OutboxEntry)
    connection = connections[alias]
    table = connection.ops.quote_name(OutboxEntry._meta.db_table)  # noqa: SLF001 (Django's documented API)
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    with connection.cursor() as cursor:
        for start in range(0, len(wanted), ROWS_A_STATEMENT):
            chunk = wanted[start : start + ROWS_A_STATEMENT]
            rows = ", ".join(["(%s, 1, 0, 0, %s)"] * len(chunk))
            cursor.execute(
                f"INSERT INTO {table} (key, version, indexed_version, related_version, changed_at) VALUES {rows} "  # noqa: S608 (the table's own name)
                f"ON CONFLICT (key) DO UPDATE SET version = {table}.version + 1, changed_at = excluded.changed_at",
                [value for key in chunk for value in (key, now)],
            )
    nudge_after_commit(alias)


def nudge_after_commit(alias: str) -> None:
    """Ask for one nudge when the transaction commits, however many changes it records."""
    connection = connections[alias]
    if not any(entry[1] is nudge_worker for entry in connection.run_on_commit):
        transaction.on_commit(nudge_worker, using=alias, robust=True)


class _Broker:
    """Remembers, for this process, when the broker last failed."""

    silent_until = 0.0


def nudge_worker() -> None:
    """Tell a worker that the outbox has something; a broker that is down costs the caller at most one time-out."""
    if time.monotonic() < _Broker.silent_until:
        return
    from search.tasks import sync_outbox  # noqa: PLC0415 (tasks call services, which read this module)

    try:
        sync_outbox.apply_async(retry=False, ignore_result=True)
    except Exception as error:  # noqa: BLE001 (whatever the broker's client raises: the sweep will do the work)
        _Broker.silent_until = time.monotonic() + SECONDS_WITHOUT_NUDGES
        log.warning("search was not nudged; the sweep will find the change", error=type(error).__name__)


def waiting_for_index() -> models.QuerySet[OutboxEntry]:
    """Entries whose current version has not reached the engine, oldest change first."""
    return OutboxEntry.objects.filter(indexed_version__lt=F("version")).order_by("changed_at", "key")


def waiting_for_related() -> models.QuerySet[OutboxEntry]:
    """Entries that reached the engine since related lists were last computed around them."""
    return OutboxEntry.objects.filter(related_version__lt=F("indexed_version")).order_by("changed_at", "key")


def mark_entries(entries: Sequence[tuple[str, int]], column: str, reached: str) -> None:
    """Set `column` to `reached` for entries that still stand where they were read; others are done again."""
    if not entries:
        return
    connection = connections[router.db_for_write(OutboxEntry)]
    quote = connection.ops.quote_name
    table, column, reached = quote(OutboxEntry._meta.db_table), quote(column), quote(reached)  # noqa: SLF001 (Django's documented API)
    pairs = ", ".join(["(%s, %s)"] * len(entries))
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {table} SET {column} = {reached} WHERE (key, {reached}) IN (VALUES {pairs})",  # noqa: S608
            [value for entry in entries for value in entry],
        )


def ensure_entries(source: DocumentSource) -> int:
    """Give every id of a source an entry, and return how many were missing.

    Rows are missing where a change went past the models: a bulk insert, a fixture, a database of before search.
    """
    added = 0
    for ids in _chunks(source.ids()):
        keys = [f"{source.prefix}:{number}" for number in ids]
        known = set(OutboxEntry.objects.filter(key__in=keys).values_list("key", flat=True))
        missing = [key for key in keys if key not in known]
        now = timezone.now()
        OutboxEntry.objects.bulk_create(
            [OutboxEntry(key=key, changed_at=now) for key in missing], ignore_conflicts=True
        )
        added += len(missing)
    return added


def _chunks(ids: Iterator[int]) -> Iterator[list[int]]:
    chunk: list[int] = []
    for number in ids:
        chunk.append(number)
        if len(chunk) == ROWS_A_STATEMENT:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def connect_source(source: DocumentSource) -> None:
    """Listen to the saves and deletes of every model that changes a source's documents."""
    for model, changed_ids in source.models:
        receiver = partial(_record, source.prefix, changed_ids)
        label = model._meta.label  # noqa: SLF001 (Django's documented API)
        for signal, name in ((post_save, "save"), (post_delete, "delete")):
            uid = f"search.{source.prefix}.{label}.{name}"
            signal.connect(receiver, sender=model, weak=False, dispatch_uid=uid)


def _record(
    prefix: str, changed_ids: Callable[[Any], list[int]], *, instance: Any, raw: bool = False, **_: Any
) -> None:
    if raw:  # a fixture: what it points at may not be there yet; `search_index sync` finds it
        return
    record_changes(f"{prefix}:{number}" for number in changed_ids(instance) if number is not None)
