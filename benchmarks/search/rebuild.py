"""One rebuild, timed: of our index, or of Wagtail's own (modelsearch), over the pages of a database.

Index writes only: what related lists cost is measured by itself. Both read the same pages; topics and people, which we
index as well, are left out on both sides.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import time
from typing import Any

import django


def main() -> None:
    """Rebuild once and report documents, seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=["ours", "reference"])
    parser.add_argument("--stages", action="store_true", help="also say what the time goes into")
    options = parser.parse_args()
    django.setup()
    print(json.dumps(ours(stages=options.stages) if options.which == "ours" else reference()))


def ours(*, stages: bool) -> dict[str, Any]:
    """Rebuild as `search_index rebuild` does, without the related lists."""
    from benchmarks.search.stages import Stages  # noqa: PLC0415 (Django is set up by now)
    from content.pages.registry import registry  # noqa: PLC0415 (as above)
    from search import services  # noqa: PLC0415 (as above)
    from search.engines import get_engine  # noqa: PLC0415 (as above)
    from search.models import OutboxEntry  # noqa: PLC0415 (as above)

    for prefix in [name for name in registry.document_sources if name != "page"]:
        del registry.document_sources[prefix]
    OutboxEntry.objects.exclude(key__startswith="page:").delete()
    services.ensure_index()
    services.rebuild_related = lambda **_: 0  # type: ignore[assignment]
    memory: dict[str, float] = {"idle_mb": peak_mb()}
    gate = services._pass_gate  # noqa: SLF001 (where the stream ends)

    def marked_gate(engine: Any) -> None:
        memory["streaming_mb"] = peak_mb()
        gate(engine)

    services._pass_gate = marked_gate  # noqa: SLF001 (as above)
    watch = Stages()
    if stages:
        watch.install()
    started = time.perf_counter()
    documents = services.rebuild_index(engine=get_engine())
    seconds = time.perf_counter() - started
    memory["whole_mb"] = peak_mb()
    return {"documents": documents, "seconds": seconds, **memory, "stages": watch.shares(seconds) if stages else {}}


def reference() -> dict[str, Any]:
    """Rebuild as Wagtail's `update_index` does, with the summaries and bodies of pages as search fields."""
    from modelsearch.index import SearchField  # noqa: PLC0415 (Django is set up by now)
    from modelsearch.management.commands import rebuild_modelsearch_index as command  # noqa: PLC0415 (as above)
    from wagtail.models import Page, get_page_models  # noqa: PLC0415 (as above)

    from content.pages.models import BasePage, BodyPage  # noqa: PLC0415 (as above)

    for model in get_page_models():
        if issubclass(model, BasePage):
            texts = ("summary", "body") if issubclass(model, BodyPage) else ("summary",)
            model.search_fields = [*model.search_fields, *(SearchField(name) for name in texts)]
    indexed = [model for model in command.get_indexed_models() if issubclass(model, Page)]
    command.get_indexed_models = lambda: indexed
    idle = peak_mb()
    runner = command.Command(stdout=open(os.devnull, "w"))  # noqa: SIM115, PTH123 (it writes for as long as we live)
    started = time.perf_counter()
    runner.handle(backend_name="reference", schema_only=False, chunk_size=command.DEFAULT_CHUNK_SIZE, verbosity=0)
    seconds = time.perf_counter() - started
    from modelsearch.backends import get_search_backend  # noqa: PLC0415 (as above)

    backend = get_search_backend("reference")
    documents = backend.es.count(index=backend.get_index_for_model(Page).name)["count"]
    return {"documents": documents, "seconds": seconds, "idle_mb": idle, "whole_mb": peak_mb()}


def peak_mb() -> float:
    """Return the most memory this process has had."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main()
