"""How long a page takes from the click on "Publish" until a search finds it: a real worker, the engine asked all along."""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING, Any

import django

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
SECONDS_BETWEEN_QUESTIONS = 0.01
LONGEST_WAIT = 30.0
SYLLABLES = ("zor", "qua", "vex", "jib", "kly", "wug", "dax", "fep")


def main() -> None:
    """Publish so many pages, one after the other, at uneven moments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=40)
    count = parser.parse_args().pages
    django.setup()
    from content.pages.models import SectionPage  # noqa: PLC0415 (Django is set up by now)
    from content.pages.models.site import HomePage  # noqa: PLC0415 (as above)
    from search.outbox import waiting_for_related  # noqa: PLC0415 (as above)
    from search.relating import fit_meaning  # noqa: PLC0415 (as above)
    from search.services import sync_outbox  # noqa: PLC0415 (as above)

    section = SectionPage.objects.filter(slug="publishing").first()
    if section is None:
        section = HomePage.objects.get().add_child(instance=SectionPage(title="Publishing", slug="publishing"))
    # What a rebuild of the index alone left in line for related lists is no part of this.
    sync_outbox(seconds=1)
    fit_meaning()
    waiting_for_related().update(related_version=_indexed())
    chance = random.Random(time.time_ns())  # noqa: S311 (words that no earlier run used, no secret)
    published, seconds = [], []
    with worker():
        for number in range(count + 3):
            page, word = draft(section, chance)
            time.sleep(chance.uniform(0, 1))
            taken = wait_until_found(page, word)
            published.append(page.pk)
            if number >= 3:  # the worker's first tasks load what later ones have
                seconds.append(taken)
            sys.stderr.write(f"\rpublished {number + 1} of {count + 3}")
        sys.stderr.write("\n")
    remove(section)
    sync_outbox()
    print(
        json.dumps(
            {
                "pages": count,
                "p50_seconds": round(median(seconds), 3),
                "p95_seconds": round(quantiles(seconds, n=20)[18], 3),
                "longest_seconds": round(max(seconds), 3),
            }
        )
    )


def _indexed() -> Any:
    from django.db.models import F  # noqa: PLC0415 (Django is set up by now)

    return F("indexed_version")


def draft(section: Any, chance: random.Random) -> tuple[Any, str]:
    """Make a page that is not published, with a word that nothing else holds."""
    from content.articles.models import BlogPage  # noqa: PLC0415 (Django is set up by now)

    word = "".join(chance.choices(SYLLABLES, k=8))
    body = json.dumps([{"type": "text", "value": f"<p>What we know about {word}, in short.</p>"}])
    page = BlogPage(title=f"About {word}", slug=word, summary="Measured.", body=body, live=False)
    section.add_child(instance=page)
    page.save_revision()
    return page, word


def wait_until_found(page: Any, word: str) -> float:
    """Publish, and ask the engine until it finds the page; returns the seconds from the click."""
    from django.utils import timezone  # noqa: PLC0415 (Django is set up by now)

    from search.engines import get_engine  # noqa: PLC0415 (as above)
    from search.query import parse_query  # noqa: PLC0415 (as above)

    engine = get_engine()
    started = time.perf_counter()
    page.get_latest_revision().publish()
    key = f"page:{page.pk}"
    wait_for(lambda: key in {hit.key for hit in engine.search(parse_query(word, at=timezone.now())).hits})
    return time.perf_counter() - started


def wait_for(is_so: Any) -> None:
    """Ask again and again; give up after a while, because then something is broken."""
    deadline = time.monotonic() + LONGEST_WAIT
    while not is_so():
        if time.monotonic() > deadline:
            sys.exit("courant: a published page was not found")
        time.sleep(SECONDS_BETWEEN_QUESTIONS)


def remove(section: Any) -> None:
    """Take the published pages away again."""
    for page in section.get_children().specific():
        page.delete()


@contextmanager
def worker() -> Iterator[None]:
    """A Celery worker on the index queue, as the supervisor starts it."""
    with tempfile.TemporaryDirectory(prefix="courant-bench-worker-") as folder:
        log = Path(folder) / "log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "celery", "-q", "-A", "courant", "worker", "-Q", "index,bulk", "-c", "2",
                    "--without-gossip", "--without-mingle", "-l", "INFO",
                ],
                env={**os.environ, "PYTHONWARNINGS": "ignore", "LOG_LEVEL": "INFO"}, cwd=ROOT,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        try:
            deadline = time.monotonic() + 120
            while b" ready." not in log.read_bytes():
                if process.poll() is not None or time.monotonic() > deadline:
                    sys.exit(f"courant: the worker did not start:\n{log.read_text()[-3000:]}")
                time.sleep(0.05)
            try:
                yield
            except SystemExit:
                sys.stderr.write(log.read_text()[-3000:])
                raise
        finally:
            process.terminate()
            try:
                process.wait(30)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


if __name__ == "__main__":
    main()
