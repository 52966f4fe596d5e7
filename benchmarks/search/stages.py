"""What the time of a rebuild goes into, by a stopwatch around the functions that do it."""

from __future__ import annotations

import threading
import time
from collections import defaultdict
from functools import wraps
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

# What another thread does meanwhile: no part of the sum.
BESIDE = "(beside) "


class Stages:
    """Stopwatches that stand inside one another: a stage is charged only with what no stage within it took."""

    def __init__(self) -> None:
        """Nothing is watched before `install`."""
        self.seconds: dict[str, float] = defaultdict(float)
        self._local = threading.local()

    def watch(self, owner: Any, name: str, stage: str) -> None:
        """Put a stopwatch around a function that `owner` holds."""
        original: Callable[..., Any] = getattr(owner, name)

        @wraps(original)
        def timed(*arguments: Any, **named: Any) -> Any:
            within: list[float] = self._local.__dict__.setdefault("within", [])
            is_beside = threading.current_thread() is not threading.main_thread()
            started = time.perf_counter()
            within.append(0.0)
            try:
                return original(*arguments, **named)
            finally:
                taken = time.perf_counter() - started
                self.seconds[f"{BESIDE}{stage}" if is_beside else stage] += taken - within.pop()
                if within:
                    within[-1] += taken

        setattr(owner, name, timed)

    def install(self) -> None:
        """Watch the stages of a rebuild on Elasticsearch."""
        from content.pages import sources  # noqa: PLC0415 (Django is set up by now)
        from content.pages.models import BasePage  # noqa: PLC0415 (as above)
        from content.pages.registry import registry  # noqa: PLC0415 (as above)
        from search import documents, services  # noqa: PLC0415 (as above)
        from search.engines.elasticsearch import engine  # noqa: PLC0415 (as above)

        for source in registry.document_sources.values():
            object.__setattr__(source, "documents", self._wrapped(source.documents, "reading pages"))
        self.watch(sources, "prefetch_related_objects", "reading topics and authors")
        self.watch(BasePage, "search_document", "rendering bodies")
        self.watch(documents, "cleaned", "cleaning texts")
        self.watch(services, "fingerprint", "fingerprints")
        self.watch(services, "mark_entries", "marking the outbox")
        self.watch(services, "ensure_entries", "looking for missing entries")
        self.watch(services, "pass_gate", "comparing before use")
        self.watch(engine.ElasticsearchEngine, "_bulk", "making the request")
        self.watch(engine.ElasticsearchEngine, "_send", "the server's own work")
        self.watch(engine.ElasticsearchEngine, "promote_generation", "refreshing and putting in use")
        self.watch(engine.ElasticsearchEngine, "refresh", "refreshing and putting in use")

    def _wrapped(self, function: Callable[..., Any], stage: str) -> Callable[..., Any]:
        class Holder:
            """Holds one function, so that it can be watched."""

        Holder.function = staticmethod(function)  # type: ignore[attr-defined]
        self.watch(Holder, "function", stage)
        return Holder.function  # type: ignore[attr-defined,no-any-return]

    def shares(self, seconds: float) -> dict[str, float]:
        """Return each stage's seconds; the rest of `seconds` is mostly waiting for what goes on beside."""
        named = {stage: round(taken, 3) for stage, taken in sorted(self.seconds.items(), key=lambda item: -item[1])}
        known = sum(taken for stage, taken in self.seconds.items() if not stage.startswith(BESIDE))
        return named | {"waiting for the server, and the rest": round(seconds - known, 3)}
