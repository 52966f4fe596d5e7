"""`manage.py relevance FOLDER --task search|related --engine sqlite|elasticsearch [--semantic]`."""

from __future__ import annotations

import json
import secrets
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from search import evaluation
from search.engines.base import EngineUnavailable
from search.engines.sqlite import SqliteEngine
from search.management.progress import show_progress
from search.meaning import near_enough
from search.sentences import INSTALLED, SentenceModelUnusable, load_model

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from search.engines.base import Engine


class Command(BaseCommand):
    """Measure search or related lists on a labelled set; the last line is JSON."""

    help = "Measure search or related lists on a labelled set (nDCG@10), in an index of its own."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("folder", type=Path, help="with corpus.jsonl, queries.jsonl and qrels/")
        parser.add_argument("--task", choices=["search", "related"], default="search")
        parser.add_argument("--engine", choices=["sqlite", "elasticsearch"], default="sqlite")
        parser.add_argument("--semantic", action="store_true", help="with sentence vectors (the extra `semantic`)")

    def handle(self, *args: Any, **options: Any) -> None:
        del args
        try:
            collection = evaluation.read_collection(options["folder"], task=options["task"])
            with _temporary_engine(options["engine"]) as engine:
                measured = self.measure(collection, engine, options)
        except (evaluation.BadCollection, EngineUnavailable, SentenceModelUnusable) as error:
            raise CommandError(str(error)) from error
        except KeyboardInterrupt:
            self.stderr.write("\nStopped.")
            sys.exit(130)
        self.stdout.write(
            json.dumps(
                {
                    "task": options["task"],
                    "engine": options["engine"],
                    "semantic": options["semantic"],
                    "ndcg@10": round(measured.ndcg, 4),
                    "queries": measured.questions,
                    "without_result": measured.without_result,
                }
            )
        )

    def measure(
        self, collection: evaluation.Collection, engine: Engine, options: dict[str, Any]
    ) -> evaluation.Measured:
        """Index the collection and ask its questions."""
        model = load_model(settings.SEMANTIC_MODEL or INSTALLED) if options["semantic"] else None
        evaluation.index_collection(collection, engine=engine, progress=show_progress)
        sentences = evaluation.sentence_space(collection, model=model, progress=show_progress) if model else None
        if options["task"] == "search":

            def nearest(text: str) -> tuple[str, ...]:
                return near_enough(sentences, model.vector(text)) if sentences and model else ()

            return evaluation.measure_search(collection, engine=engine, nearest=nearest, progress=show_progress)
        spaces = [space for space in (evaluation.latent_space(collection), sentences) if space is not None]
        return evaluation.measure_related(collection, engine=engine, spaces=spaces, progress=show_progress)


@contextmanager
def _temporary_engine(name: str) -> Iterator[Engine]:
    """An engine with an index of its own, which is gone afterwards."""
    if name == "sqlite":
        with tempfile.TemporaryDirectory(prefix="courant-relevance-") as folder:
            engine: Engine = SqliteEngine(path=Path(folder) / "search.sqlite3")
            yield engine
            engine.close()
        return
    if not settings.ELASTICSEARCH_URL:
        raise CommandError("Set ELASTICSEARCH_URL to a server on which an index may be made and removed.")
    from search.engines.elasticsearch import ElasticsearchEngine  # noqa: PLC0415 (loaded only where it is used)

    prefix = f"{settings.SEARCH_INDEX_PREFIX}-relevance-{secrets.token_hex(4)}"
    engine = ElasticsearchEngine(url=settings.ELASTICSEARCH_URL, prefix=prefix)
    try:
        yield engine
    finally:
        engine.remove_everything()
        engine.close()
