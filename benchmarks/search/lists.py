"""Related lists: learning what belongs together (time and memory), and the lists around one new page.

A new page brings about nine lists: its own, and those of the pages that it now stands beside.
"""

from __future__ import annotations

import argparse
import json
import sys
import time
from statistics import median, quantiles
from typing import Any

import django

from benchmarks.search.rebuild import peak_mb


def main() -> None:
    """Measure on the engine that the environment names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=["fit", "new-pages"])
    parser.add_argument("--pages", type=int, default=40)
    options = parser.parse_args()
    django.setup()
    print(json.dumps(fit() if options.what == "fit" else new_pages(options.pages)))


def fit() -> dict[str, Any]:
    """Fit the space of meaning anew on the texts of the index, and fold every page in."""
    from search import relating  # noqa: PLC0415 (Django is set up by now)
    from search.models import FittedModel, MeaningSource  # noqa: PLC0415 (as above)

    ensure_whole_index()
    idle = peak_mb()
    started = time.perf_counter()
    relating.fit_meaning(force=True)
    seconds = time.perf_counter() - started
    fitted = FittedModel.objects.get(is_current=True, source=MeaningSource.LATENT)
    mark_related()
    return {
        "fit_seconds": round(seconds, 1),
        "fitted_on": fitted.fitted_on,
        "model_mb": round(len(fitted.packed) / 1e6, 1),
        "vectors": fitted.vectors.count(),
        "idle_mb": idle,
        "peak_mb": peak_mb(),
    }


def new_pages(count: int) -> dict[str, Any]:
    """Add pages one by one; time the list of each, and all lists that change because of it."""
    from wagtail.models import Page  # noqa: PLC0415 (Django is set up by now)

    from benchmarks.search.generate import Language, prepare_ground, write_pages  # noqa: PLC0415 (as above)
    from search import relating, services  # noqa: PLC0415 (as above)
    from search.engines import get_engine  # noqa: PLC0415 (as above)
    from search.models import RelatedPage  # noqa: PLC0415 (as above)

    ensure_whole_index()
    engine = get_engine()
    mark_related()
    first_compute, lists = watched(relating)
    language, ground = Language(), prepare_ground()
    services.sync_outbox(engine=engine)
    services.relate_waiting = lambda **_: 0  # writing to the index is measured elsewhere
    below = Page.objects.filter(path__startswith=ground["section"].path, depth=ground["section"].depth + 1)
    base = below.count()
    own: list[float] = []
    around: list[float] = []
    computed: list[int] = []
    filled: list[int] = []
    for number in range(count + 3):
        write_pages(language, ground, first=base + number, count=1)
        services.sync_outbox(engine=engine)
        first_compute.clear()
        lists.clear()
        started = time.perf_counter()
        relating.relate_waiting(engine=engine)
        seconds = time.perf_counter() - started
        if number >= 3:  # the first ones load the vectors
            own.append(first_compute[0])
            around.append(seconds)
            computed.append(sum(lists))
        filled.append(RelatedPage.objects.filter(page_id=below.latest("pk").pk).count())
        sys.stderr.write(f"\rnew page {number + 1} of {count + 3}")
    sys.stderr.write("\n")
    for page in below.order_by("-pk")[: count + 3].specific():
        page.delete()
    services.sync_outbox(engine=engine)
    mark_related()
    return {
        "engine": engine.name,
        "pages": base,
        "new_pages": count,
        "own_list_p50_ms": round(median(own) * 1000, 1),
        "own_list_p95_ms": round(quantiles(own, n=20)[18] * 1000, 1),
        "all_lists_p50_ms": round(median(around) * 1000, 1),
        "all_lists_p95_ms": round(quantiles(around, n=20)[18] * 1000, 1),
        "lists_a_page": round(median(computed), 1),
        "fewest_items": min(filled),
    }


def watched(relating: Any) -> tuple[list[float], list[int]]:
    """Put a stopwatch around the computing of lists; returns its seconds and how many lists, a call each."""
    seconds: list[float] = []
    lists: list[int] = []
    compute = relating.compute_lists

    def timed(keys: Any, **arguments: Any) -> Any:
        keys = list(keys)
        started = time.perf_counter()
        found = compute(keys, **arguments)
        seconds.append(time.perf_counter() - started)
        lists.append(len(keys))
        return found

    relating.compute_lists = timed
    return seconds, lists


def ensure_whole_index() -> None:
    """Have every page in the index, without its related list."""
    from content.pages.registry import registry  # noqa: PLC0415 (Django is set up by now)
    from search import services  # noqa: PLC0415 (as above)
    from search.engines import get_engine  # noqa: PLC0415 (as above)

    for prefix in [name for name in registry.document_sources if name != "page"]:
        del registry.document_sources[prefix]
    pages = sum(1 for _ in registry.document_sources["page"].ids())
    if get_engine().status().documents != pages:
        rebuild_related = services.rebuild_related
        services.rebuild_related = lambda **_: 0  # type: ignore[assignment]
        started = time.perf_counter()
        services.rebuild_index()
        sys.stderr.write(f"{get_engine().name}: {pages:,} pages indexed in {time.perf_counter() - started:.1f} s\n")
        services.rebuild_related = rebuild_related


def mark_related() -> None:
    """Take everything out of the line for related lists: what a rebuild of the index alone left there."""
    from django.db.models import F  # noqa: PLC0415 (Django is set up by now)

    from search.models import OutboxEntry  # noqa: PLC0415 (as above)

    OutboxEntry.objects.update(related_version=F("indexed_version"))


if __name__ == "__main__":
    main()
