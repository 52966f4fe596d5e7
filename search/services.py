"""Writes of search: from the outbox to the engine, from the engine to related lists, and a new index from nothing."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import structlog
from django.db.models import F

from content.pages.registry import registry
from search.documents import current_documents, fingerprint
from search.engines import get_engine
from search.engines.base import Write
from search.gate import pass_gate
from search.models import OutboxEntry
from search.outbox import ENTRIES_A_BATCH, ensure_entries, mark_entries, record_changes, waiting_for_index
from search.relating import rebuild_related, relate_waiting

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from search.engines.base import Engine

log = structlog.get_logger(__name__)

# Below Celery's soft limit: a task stops by itself, and the sweep goes on where it stopped.
SECONDS_A_TASK = 120.0
# A batch costs some forty statements whatever its size, one or two a page type; 500 pages are some megabytes.
ENTRIES_A_REBUILD_BATCH = 500


@dataclass(slots=True)
class Synced:
    """What a sync did."""

    written: int = 0
    related: int = 0
    failed: list[str] = field(default_factory=list)


def ensure_index(*, engine: Engine | None = None) -> bool:
    """Make an empty index where there is none, and put every document in line for it; True when it did.

    This is how a lost or deleted index mends itself, and how a new installation starts.
    """
    engine = engine or get_engine()
    if engine.live_generation():
        return False
    try:
        engine.promote_generation(engine.begin_generation())
    except LookupError:
        return False  # another process is at it
    for source in registry.document_sources.values():
        ensure_entries(source)
    _put_all_in_line()
    log.info("search had no index; all documents are in line for a new one")
    return True


def sync_outbox(*, engine: Engine | None = None, seconds: float = SECONDS_A_TASK) -> Synced:
    """Write what has changed to the engine and recompute the related lists around it, for at most `seconds`.

    Idempotent, and safe beside another one: versions are read before the database, so an older state can never be
    written under a newer version, and the engine refuses an older version.
    """
    engine = engine or get_engine()
    deadline = time.monotonic() + seconds
    done = Synced()
    ensure_index(engine=engine)
    failed: set[str] = set()
    is_over = False
    while not is_over:
        while entries := list(
            waiting_for_index().exclude(key__in=failed).values_list("key", "version")[:ENTRIES_A_BATCH]
        ):
            failed |= _write_entries(entries, engine.write)
            mark_entries([entry for entry in entries if entry[0] not in failed], "indexed_version", "version")
            done.written += len(entries)
            if time.monotonic() >= deadline:
                break
        # Lists take longer than writes: what is published meanwhile goes first.
        wanted = waiting_for_index().exclude(key__in=failed)
        done.related += relate_waiting(engine=engine, deadline=deadline, until=wanted.exists)
        is_over = time.monotonic() >= deadline or not wanted.exists()
    done.failed = sorted(failed)
    done.written -= len(failed)
    return done


def _write_entries(entries: Sequence[tuple[str, int]], write: Callable[[Sequence[Write]], dict[str, str]]) -> set[str]:
    """Write entries at the versions given, and return the keys that were not written."""
    writes, failed = _made_writes(entries)
    return failed | _refused(write(writes))


def _made_writes(entries: Sequence[tuple[str, int]]) -> tuple[list[Write], set[str]]:
    """Return what is to be written, and the keys whose document could not be made.

    One page that cannot be turned into a document must not hold up the others, so after a failure each is tried by
    itself; the failed ones stay in the outbox and are tried again by the next sweep.
    """
    failed: set[str] = set()
    try:
        writes = _writes(entries)
    except Exception:  # noqa: BLE001 (a block's or a page type's own code may raise anything)
        writes = []
        for entry in entries:
            try:
                writes += _writes([entry])
            except Exception as error:  # noqa: BLE001 (as above)
                failed.add(entry[0])
                log.error("a document could not be made", key=entry[0], error=repr(error))  # noqa: TRY400
    return writes, failed


def _refused(reasons: dict[str, str]) -> set[str]:
    for key, reason in reasons.items():
        log.error("the engine does not take a document", key=key, error=reason)
    return set(reasons)


def _writes(entries: Sequence[tuple[str, int]]) -> list[Write]:
    documents = current_documents(key for key, _ in entries)
    writes = []
    for key, version in entries:
        document = documents.get(key)
        writes.append(Write(key, version, document, fingerprint(document) if document else ""))
    return writes


def rebuild_index(*, engine: Engine | None = None, progress: Callable[[str, int, int], None] | None = None) -> int:
    """Build a new index beside the live one, check it, and let readers see it; returns how many documents it holds.

    Writes go to both meanwhile. Every key the outbox has ever seen is written, the dead as tombstones: a write that
    was on its way before a delete must find something newer in the new index too.

    Raises:
        RebuildRefused: the new index is not what the database says; the old one stays.
    """
    engine = engine or get_engine()
    report = progress or (lambda *_: None)
    ensure_index(engine=engine)
    for source in registry.document_sources.values():
        ensure_entries(source)
    name = engine.begin_generation()
    try:
        written = _write_everything(engine, report)
        engine.refresh()
        pass_gate(engine=engine, written=written)
        engine.promote_generation(name)
    except BaseException:
        engine.drop_generation(name)
        raise
    # Not before: until then readers' index may lack what has only been written to the new one.
    reached = list(written.items())
    for start in range(0, len(reached), ENTRIES_A_BATCH):
        mark_entries(reached[start : start + ENTRIES_A_BATCH], "indexed_version", "version")
    rebuild_related(engine=engine, progress=report)
    return engine.status().documents


def _write_everything(engine: Engine, report: Callable[[str, int, int], None]) -> dict[str, int]:
    """Write every entry to the building index; returns the versions written, by key.

    A batch is made while the engine takes in the one before: two batches are in memory at most.
    """
    total, done = OutboxEntry.objects.count(), 0
    written: dict[str, int] = {}
    under_way: tuple[Sequence[tuple[str, int]], set[str], Callable[[], dict[str, str]]] | None = None

    def finish() -> None:
        nonlocal done
        if under_way is not None:
            entries, failed, answer = under_way
            failed = failed | _refused(answer())
            written.update(entry for entry in entries if entry[0] not in failed)
            done += len(entries)
            report("documents", done, max(total, done))

    for entries in _all_entries():
        writes, failed = _made_writes(entries)
        finish()
        under_way = entries, failed, engine.begin_write_building(writes)
    finish()
    return written


def restore_index(*, engine: Engine | None = None) -> str:
    """Go back to the index before the last rebuild; everything is put in line for it, since it has missed writes.

    Raises:
        LookupError: there is none.
    """
    engine = engine or get_engine()
    name = engine.restore_generation()
    _put_all_in_line()
    return name


def _put_all_in_line() -> None:
    """Have everything written again; new versions, so that a write to the former index cannot pass for one to this."""
    OutboxEntry.objects.update(version=F("version") + 1, indexed_version=0, related_version=0)


def _all_entries() -> Iterator[list[tuple[str, int]]]:
    last = ""
    while entries := list(
        OutboxEntry.objects.filter(key__gt=last).order_by("key").values_list("key", "version")[:ENTRIES_A_REBUILD_BATCH]
    ):
        yield entries
        last = entries[-1][0]


@dataclass(frozen=True, slots=True)
class Drift:
    """How the live index differs from the database, leaving out what is still in line."""

    missing: tuple[str, ...] = ()
    left_over: tuple[str, ...] = ()
    stale: tuple[str, ...] = ()
    compared: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """Everything that differs."""
        return (*self.missing, *self.left_over, *self.stale)


def measure_drift(*, engine: Engine | None = None, progress: Callable[[str, int, int], None] | None = None) -> Drift:
    """Compare every document of the database with the live index, by content."""
    engine = engine or get_engine()
    stored = {item.key: item.fingerprint for item in engine.stored() if item.fingerprint}
    keys = [f"{prefix}:{number}" for prefix, source in registry.document_sources.items() for number in source.ids()]
    missing: list[str] = []
    stale: list[str] = []
    current: set[str] = set()
    for start in range(0, len(keys), ENTRIES_A_BATCH):
        documents = current_documents(keys[start : start + ENTRIES_A_BATCH])
        current.update(documents)
        for key, document in documents.items():
            if key not in stored:
                missing.append(key)
            elif stored[key] != fingerprint(document):
                stale.append(key)
        if progress:
            progress("compared", min(start + ENTRIES_A_BATCH, len(keys)), len(keys))
    left_over = stored.keys() - current
    waiting = set(waiting_for_index().values_list("key", flat=True))
    return Drift(
        missing=tuple(sorted(set(missing) - waiting)),
        left_over=tuple(sorted(left_over - waiting)),
        stale=tuple(sorted(set(stale) - waiting)),
        compared=len(keys),
    )


def repair_drift(*, drift: Drift, engine: Engine | None = None) -> int:
    """Put everything that differs in line again; returns how many keys.

    A database that was restored from a backup may stand at a version below the index's, which would refuse its writes:
    so the versions are lifted above what is stored.
    """
    engine = engine or get_engine()
    record_changes(drift.keys)
    for item in engine.stored(keys=drift.keys):
        OutboxEntry.objects.filter(key=item.key, version__lte=item.version).update(version=item.version + 1)
    return len(drift.keys)
