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
from elasticsearch import Elasticsearch


def main() -> None:
    """Rebuild once and report documents, seconds and memory."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("which", choices=["ours", "reference"])
    parser.add_argument("--stages", action="store_true", help="also say what the time goes into")
    options = parser.parse_args()
    django.setup()
    found = ours(stages=options.stages) if options.which == "ours" else reference()
    print(json.dumps(found))


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
    gate = services.pass_gate  # where the stream ends

    def marked_gate(**arguments: Any) -> None:
        memory["streaming_mb"] = peak_mb()
        gate(**arguments)

    services.pass_gate = marked_gate
    watch = Stages()
    if stages:
        watch.install()
    clocks = Clocks()
    documents = services.rebuild_index(engine=get_engine())
    taken = clocks.taken()
    memory["whole_mb"] = peak_mb()
    stages_taken = watch.shares(taken["seconds"]) if stages else {}
    return {"documents": documents, **taken, **memory, "stages": stages_taken}


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
    clocks = Clocks()
    runner.handle(backend_name="reference", schema_only=False, chunk_size=command.DEFAULT_CHUNK_SIZE, verbosity=0)
    taken = clocks.taken()
    from modelsearch.backends import get_search_backend  # noqa: PLC0415 (as above)

    backend = get_search_backend("reference")
    documents = backend.es.count(index=backend.get_index_for_model(Page).name)["count"]
    return {"documents": documents, **taken, "idle_mb": idle, "whole_mb": peak_mb()}


class Clocks:
    """The wall's clock, and the processor time of this process and of Elasticsearch, which a busy machine hardly changes."""

    def __init__(self) -> None:
        """Start."""
        self._server, self._client, self._wall = server_cpu(), time.process_time(), time.perf_counter()

    def taken(self) -> dict[str, float]:
        """Return the seconds since the start."""
        wall, client = time.perf_counter() - self._wall, time.process_time() - self._client
        return {"seconds": wall, "client_cpu": round(client, 2), "server_cpu": round(server_cpu() - self._server, 2)}


def server_cpu() -> float:
    """Return the seconds of processor time that Elasticsearch has used."""
    client = Elasticsearch(os.environ["ELASTICSEARCH_URL"])
    nodes = client.nodes.stats(metric="process").body["nodes"]
    client.close()
    return float(sum(node["process"]["cpu"]["total_in_millis"] for node in nodes.values()) / 1000)


def peak_mb() -> float:
    """Return the most memory this process has had."""
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, 1)


if __name__ == "__main__":
    main()
