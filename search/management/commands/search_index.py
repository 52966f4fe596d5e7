"""`manage.py search_index rebuild|sync|status|drift`: the index, by hand."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand, CommandError

from content.pages.registry import registry
from search import services
from search.engines import get_engine
from search.engines.base import EngineUnavailable
from search.gate import RebuildRefused
from search.management.progress import show_progress
from search.models import OutboxEntry
from search.outbox import ensure_entries, waiting_for_index, waiting_for_related

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Sequence


class Command(BaseCommand):
    """Rebuild the index, bring it up to date, say how it stands, or compare it with the database."""

    help = "Work on the search index: rebuild (a new one beside the old), sync, status, drift."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("action", choices=["rebuild", "sync", "status", "drift", "restore"])
        parser.add_argument("--repair", action="store_true", help="with drift: write again what differs")
        parser.add_argument("--json", action="store_true", help="with status and drift: one line of JSON")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        try:
            getattr(self, options["action"])(options)
        except EngineUnavailable as error:
            raise CommandError(str(error)) from error
        except RebuildRefused as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("\nStopped. Readers keep the index they had; nothing has to be cleaned up.")
            sys.exit(130)

    def rebuild(self, options: dict[str, Any]) -> None:
        """Build a new index beside the live one and switch to it."""
        del options
        count = services.rebuild_index(progress=show_progress)
        self.stdout.write(f"The index is rebuilt: {count:,} documents.")

    def sync(self, options: dict[str, Any]) -> None:
        """Write everything that waits in the outbox, and what came past the models."""
        del options
        for source in registry.document_sources.values():
            ensure_entries(source)
        written = related = 0
        while True:
            done = services.sync_outbox()
            written, related = written + done.written, related + done.related
            if not done.written and not done.related:
                break
        self.stdout.write(f"{written:,} documents written, {related:,} related lists computed.")
        if done.failed:
            raise CommandError("These documents could not be made: " + ", ".join(done.failed))

    def status(self, options: dict[str, Any]) -> None:
        """Say how the index stands."""
        status = get_engine().status()
        facts = {
            "engine": status.engine,
            "live": status.live,
            "building": status.building,
            "previous": status.previous,
            "documents": status.documents,
            "bytes": status.bytes,
            "entries": OutboxEntry.objects.count(),
            "waiting_for_index": waiting_for_index().count(),
            "waiting_for_related": waiting_for_related().count(),
            "problems": list(status.problems),
        }
        self.tell(facts, options)

    def drift(self, options: dict[str, Any]) -> None:
        """Compare every document with the index."""
        drift = services.measure_drift(progress=None if options["json"] else show_progress)
        facts: dict[str, int | Sequence[str]] = {
            "compared": drift.compared,
            "missing": drift.missing,
            "left_over": drift.left_over,
            "stale": drift.stale,
        }
        self.tell({name: value if isinstance(value, int) else list(value) for name, value in facts.items()}, options)
        if options["repair"]:
            services.repair_drift(drift=drift)
            self.sync(options)

    def restore(self, options: dict[str, Any]) -> None:
        """Go back to the index before the last rebuild, and write to it what it has missed."""
        try:
            name = services.restore_index()
        except LookupError as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Generation {name} is live again.")
        self.sync(options)

    def tell(self, facts: dict[str, Any], options: dict[str, Any]) -> None:
        """Print facts, a line each or as JSON."""
        if options["json"]:
            self.stdout.write(json.dumps(facts))
            return
        for name, value in facts.items():
            words = ", ".join(map(str, value[:20])) or "none" if isinstance(value, list) else value
            self.stdout.write(f"{name.replace('_', ' '):>20}: {words}")
