"""Tasks of search: short, idempotent, and never the only ones to know of a change (the outbox is)."""

from __future__ import annotations

from celery import shared_task

from search import files, relating, services
from search.desk import counting, jobs
from search.engines.base import EngineUnavailable
from search.outbox import nudge_worker

# A sweep does less than a nudge may: it comes every ten seconds.
SWEEP_SECONDS = 60.0
# Each may take a minute, and a task five.
FILES_A_TASK = 4


@shared_task(name="search.sync_outbox", ignore_result=True)
def sync_outbox() -> None:
    """Bring the index up to what has just been committed; an engine that is down is left to the sweep."""
    _sync(services.SECONDS_A_TASK)


@shared_task(name="search.sweep_outbox", ignore_result=True)
def sweep_outbox() -> None:
    """Find what lost nudges and killed workers left behind, or what waited for the engine to come back."""
    _sync(SWEEP_SECONDS)


@shared_task(name="search.read_files", ignore_result=True)
def read_files() -> None:
    """Read PDFs that a published page has come to link to; their text is indexed like any other change."""
    files.read_files(most=FILES_A_TASK)


def _sync(seconds: float) -> None:
    try:
        done = services.sync_outbox(seconds=seconds)
        if (done.related and relating.fit_meaning()) or relating.read_sentences(seconds=seconds / 2):
            nudge_worker()
    except EngineUnavailable as error:
        services.log.warning("the search engine is not available; changes wait in the outbox", error=str(error))


# A rebuild is one piece of work, so it is let off the limit for tasks and taken from the queue when it begins: were it
# acknowledged at its end, the broker would hand it to a second worker meanwhile. A job of a killed worker is closed by
# the sweep below, and said to the editor.
LONGEST_JOB_SECONDS = 6 * 3_600


@shared_task(
    name="search.run_job",
    ignore_result=True,
    acks_late=False,
    soft_time_limit=LONGEST_JOB_SECONDS,
    time_limit=LONGEST_JOB_SECONDS + 60,
)
def run_job() -> None:
    """Do what an editor has asked of the index."""
    jobs.run_waiting_job()


@shared_task(name="search.sweep_jobs", ignore_result=True)
def sweep_jobs() -> None:
    """Take up a job whose nudge was lost, and close those of killed workers."""
    jobs.end_silent_jobs()
    if jobs.is_waiting():
        run_job.apply_async(retry=False, ignore_result=True)


@shared_task(name="search.keep_counts", ignore_result=True)
def keep_counts() -> None:
    """Add up what has been counted of searches."""
    counting.keep_counts()


@shared_task(name="search.forget_counts", ignore_result=True)
def forget_counts() -> None:
    """Forget what readers searched for longer ago than it may be kept."""
    counting.forget_counts()
