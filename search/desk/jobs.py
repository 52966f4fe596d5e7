"""The desk's long jobs: asked for by an editor, done by a worker, watched by anybody who may.

A job lives in the database, so it is seen from every process, and a killed worker leaves a row that says when it was
last heard of. Nothing has to be cleaned up after it: readers keep the index that they had until the new one is
complete.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import structlog
from django.db import IntegrityError, transaction
from django.utils import timezone

from search import services
from search.desk.models import SILENT_FOR, IndexJob
from search.engines.base import EngineUnavailable
from search.gate import RebuildRefused
from search.outbox import record_changes

if TYPE_CHECKING:
    from collections.abc import Callable

log = structlog.get_logger(__name__)

State = IndexJob.State
HEARD_EVERY: Final = 1.0  # s between two notes of progress: an editor looks every two seconds
KEYS_KEPT: Final = 1_000
STEPS: Final = {"documents": "Writing documents", "related lists": "Computing related lists", "compared": "Comparing"}


class JobUnderWay(Exception):  # noqa: N818 (reads as what is the case)
    """There is a job already; one at a time."""


def ask_for_job(*, kind: IndexJob.Kind) -> IndexJob:
    """Put a job in line and tell a worker; a worker that does not hear of it is told again by the sweep.

    Raises:
        JobUnderWay: another is waiting or running.
    """
    now = timezone.now()
    keys: list[str] = []
    if kind is IndexJob.Kind.REPAIR:
        compared = IndexJob.objects.filter(kind=IndexJob.Kind.DRIFT, state=State.DONE).first()
        keys = compared.keys if compared else []
    try:
        with transaction.atomic():
            job = IndexJob.objects.create(kind=kind, asked_at=now, heard_at=now, keys=keys)
    except IntegrityError as error:
        raise JobUnderWay("Another job is waiting or running; wait until it is over.") from error
    transaction.on_commit(_tell_worker, robust=True)
    return job


def run_waiting_job() -> IndexJob | None:
    """Do the job that waits, if there is one and no other worker has taken it; its end is in its words."""
    waiting = IndexJob.objects.filter(state=State.WAITING).first()
    if waiting is None or not IndexJob.objects.filter(pk=waiting.pk, state=State.WAITING).update(
        state=State.RUNNING, heard_at=timezone.now()
    ):
        return None
    job = IndexJob.objects.get(pk=waiting.pk)
    try:
        words = _WORK[IndexJob.Kind(job.kind)](job)
    except EngineUnavailable:
        _end(
            job, State.FAILED, "The search engine does not answer. Readers keep what there is; try again when it does."
        )
    except RebuildRefused as error:
        _end(job, State.FAILED, f"{str(error)[:1].upper()}{str(error)[1:]}. Readers keep the index they had.")
    except LookupError:
        _end(job, State.FAILED, "Another rebuild, started by hand, took the place of this one.")
    except Exception as error:
        log.exception("a search job failed", job=job.pk)
        _end(
            job, State.FAILED, f"It failed ({type(error).__name__}); the log says why. Readers keep the index they had."
        )
    else:
        _end(job, State.DONE, words)
    return job


def is_waiting() -> bool:
    """Whether a job waits for a worker."""
    return IndexJob.objects.filter(state=State.WAITING).exists()


def end_silent_jobs() -> int:
    """Close jobs whose worker was killed; returns how many."""
    return IndexJob.objects.filter(state=State.RUNNING, heard_at__lt=timezone.now() - SILENT_FOR).update(
        state=State.FAILED,
        finished_at=timezone.now(),
        words="Its worker was stopped on the way. Readers keep the index they had; start it again.",
    )


def _rebuild(job: IndexJob) -> str:
    count = services.rebuild_index(progress=_progress(job))
    return f"The index is new: {count:,} document{'' if count == 1 else 's'}."


def _compare(job: IndexJob) -> str:
    drift = services.measure_drift(progress=_progress(job))
    job.keys = list(drift.keys[:KEYS_KEPT])
    if not drift.keys:
        return f"The index says what the database says: {drift.compared:,} compared."
    return (
        f"Of {drift.compared:,} compared, {len(drift.missing):,} are missing from the index, {len(drift.stale):,} are "
        f"out of date and {len(drift.left_over):,} should not be there any more."
    )


def _repair(job: IndexJob) -> str:
    record_changes(job.keys)
    count = len(job.keys)
    return f"{count:,} document{' is' if count == 1 else 's are'} in line to be written again. Then compare once more."


_WORK: Final[dict[IndexJob.Kind, Callable[[IndexJob], str]]] = {
    IndexJob.Kind.REBUILD: _rebuild,
    IndexJob.Kind.DRIFT: _compare,
    IndexJob.Kind.REPAIR: _repair,
}


def _progress(job: IndexJob) -> Callable[[str, int, int], None]:
    last = 0.0

    def note(step: str, done: int, total: int) -> None:
        nonlocal last
        if time.monotonic() - last < HEARD_EVERY and done < total:
            return
        last = time.monotonic()
        IndexJob.objects.filter(pk=job.pk).update(
            step=STEPS.get(step, step.capitalize())[:40], done=min(done, total), total=total, heard_at=timezone.now()
        )

    return note


def _end(job: IndexJob, state: IndexJob.State, words: str) -> None:
    job.state, job.words, job.finished_at = state, words, timezone.now()
    job.save(update_fields=["state", "words", "finished_at", "keys"])


def _tell_worker() -> None:
    from search.tasks import run_job  # noqa: PLC0415 (tasks import this module)

    run_job.apply_async(retry=False, ignore_result=True)
