"""Tasks of search: short, idempotent, and never the only ones to know of a change (the outbox is)."""

from __future__ import annotations

from celery import shared_task

from search import relating, services
from search.engines.base import EngineUnavailable
from search.outbox import nudge_worker

# A sweep does less than a nudge may: it comes every ten seconds.
SWEEP_SECONDS = 60.0


@shared_task(name="search.sync_outbox", ignore_result=True)
def sync_outbox() -> None:
    """Bring the index up to what has just been committed; an engine that is down is left to the sweep."""
    _sync(services.SECONDS_A_TASK)


@shared_task(name="search.sweep_outbox", ignore_result=True)
def sweep_outbox() -> None:
    """Find what lost nudges and killed workers left behind, or what waited for the engine to come back."""
    _sync(SWEEP_SECONDS)


def _sync(seconds: float) -> None:
    try:
        done = services.sync_outbox(seconds=seconds)
        if (done.related and relating.fit_meaning()) or relating.read_sentences(seconds=seconds / 2):
            nudge_worker()
    except EngineUnavailable as error:
        services.log.warning("the search engine is not available; changes wait in the outbox", error=str(error))
