"""`make crash-search`: editors work while worker, engine or rebuild are killed at random moments; the index is counted.

In each round pages are published, edited, unpublished, moved and deleted on PostgreSQL while a real worker writes them to
a real Elasticsearch; at a random moment something gets kill -9; then what died is started again, and when nothing waits in
the outbox any more every document is compared with the database. **lost** is a document that the index lacks, still has,
or has in an older form although nothing waits. The last line is JSON.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import signal
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from benchmarks.delivery import ground as delivery
from tests.elasticsearch.server import ElasticsearchServer

if TYPE_CHECKING:
    from collections.abc import Callable

PATIENCE = 180
MOST_CHANGES = 30
NUDGE_SECONDS = 1.0
START_PAGES = 60


class Ground(delivery.Ground):
    """PostgreSQL, Valkey and Django as for deliveries, with Elasticsearch, and workers for the index."""

    def __init__(self, elasticsearch: ElasticsearchServer) -> None:
        """Work on the server given."""
        super().__init__()
        self.elasticsearch = elasticsearch

    @property
    def environment(self) -> dict[str, str]:
        """What every process of the ground runs with."""
        return {
            **super().environment,
            "DJANGO_SETTINGS_MODULE": "benchmarks.search.settings",
            "ELASTICSEARCH_URL": f"http://127.0.0.1:{self.elasticsearch.port}",
        }

    def start_worker(self, *, processes: int = 2) -> subprocess.Popen[bytes]:
        """Start a worker for the index and wait until it says that it is ready."""
        log = self.folder / f"worker-{time.monotonic_ns()}.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [
                    sys.executable, "-m", "celery", "-A", "courant", "worker", "-Q", "index", "-c", str(processes),
                    "--without-gossip", "--without-mingle", "-l", "INFO",
                ],
                env=self.environment, cwd=delivery.ROOT, stdout=output, stderr=subprocess.STDOUT,
                start_new_session=True,
            )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while b" ready." not in log.read_bytes():
            if process.poll() is not None or time.monotonic() > deadline:
                sys.exit(f"courant: the worker did not start:\n{log.read_text()[-3000:]}")
            time.sleep(0.05)
        return process

    def start_rebuild(self) -> subprocess.Popen[bytes]:
        """Start a rebuild of the index beside everything else."""
        return subprocess.Popen(
            [sys.executable, "manage.py", "search_index", "rebuild"],
            env=self.environment, cwd=delivery.ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip


@dataclass
class Stage:
    """What runs while something is killed."""

    ground: Ground
    worker: subprocess.Popen[bytes]
    rebuild: subprocess.Popen[bytes] | None = None


@dataclass
class Round:
    """What one crash left."""

    kind: str
    changes: int = 0
    waiting_after_the_kill: int = 0
    seconds_to_recover: float = 0.0
    missing: int = 0
    left_over: int = 0
    stale: int = 0

    @property
    def lost(self) -> int:
        """Documents that differ from the database although nothing waits."""
        return self.missing + self.left_over + self.stale


def kill_worker(stage: Stage) -> None:
    """Kill -9 of the worker and all its processes."""
    _kill(stage.worker)


def kill_engine(stage: Stage) -> None:
    """Kill -9 of Elasticsearch."""
    stage.ground.elasticsearch.kill()


def kill_both(stage: Stage) -> None:
    """Both at once, as when a machine loses power."""
    kill_engine(stage)
    kill_worker(stage)


def kill_rebuild(stage: Stage) -> None:
    """Kill -9 of a rebuild; the worker goes on."""
    assert stage.rebuild is not None
    _kill(stage.rebuild)


KINDS: dict[str, Callable[[Stage], None]] = {
    "worker": kill_worker,
    "engine": kill_engine,
    "both": kill_both,
    "rebuild": kill_rebuild,
}


def _kill(process: subprocess.Popen[bytes]) -> None:
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


class Editors:
    """People who change pages all the time; whatever the engine does, none of their changes may fail."""

    def __init__(self, chance: random.Random) -> None:
        """Make some pages to begin with."""
        from content.pages.services import set_up_site  # noqa: PLC0415 (Django is set up by now)

        self.chance, self.changes = chance, 0
        set_up_site()
        for _ in range(START_PAGES):
            self.publish()

    def work(self, changes: int) -> None:
        """Change pages so many times."""
        actions = [self.publish, self.edit, self.edit, self.edit, self.unpublish, self.move, self.delete]
        for _ in range(changes):
            self.chance.choice(actions)()
            self.changes += 1

    def publish(self) -> None:
        """Publish a new page, now and then a guide with chapters."""
        from tests.factories import pages  # noqa: PLC0415 (Django is set up by now)

        name = f"{time.monotonic_ns()}"
        if self.chance.random() < 0.3:
            guide = pages.QuickGuidePageFactory(title=f"Guide {name}", slug=f"guide-{name}")
            pages.ChapterPageFactory(parent=guide, title=f"Chapter {name}", slug=f"chapter-{name}")
        else:
            pages.BlogPageFactory(title=f"Blog {name}", slug=f"blog-{name}")

    def _any(self) -> Any:
        from content.articles.models import BlogPage, ChapterPage  # noqa: PLC0415 (as above)

        return self.chance.choice([*BlogPage.objects.all(), *ChapterPage.objects.all()])

    def edit(self) -> None:
        """Publish a page with another title."""
        page = self._any()
        page.title = f"Edited {time.monotonic_ns()}"
        page.save_revision().publish()

    def unpublish(self) -> None:
        """Take a page off the site."""
        self._any().unpublish()

    def move(self) -> None:
        """Move a chapter to another guide."""
        from content.articles.models import ChapterPage, QuickGuidePage  # noqa: PLC0415 (as above)

        chapter = self.chance.choice(list(ChapterPage.objects.all()))
        guide = self.chance.choice(list(QuickGuidePage.objects.all()))
        if chapter.get_parent().pk != guide.pk:
            chapter.move(guide, pos="last-child")

    def delete(self) -> None:
        """Delete a page with all below it, but never the last ones."""
        from content.articles.models import BlogPage  # noqa: PLC0415 (as above)

        pages = list(BlogPage.objects.all())
        if len(pages) > START_PAGES // 3:
            self.chance.choice(pages).delete()


def main() -> None:
    """Crash so many times and report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=int(os.environ.get("ROUNDS") or 30), help="kills altogether")
    parser.add_argument("--kinds", default=",".join(KINDS), help="which crashes, by name, in turn")
    parser.add_argument("--seed", type=int, default=None)
    options = parser.parse_args()
    seed = options.seed if options.seed is not None else random.SystemRandom().randrange(1 << 30)
    chance = random.Random(seed)  # noqa: S311 (nothing secret)
    kinds = options.kinds.split(",")
    rounds: list[Round] = []
    with ExitStack() as stack:
        server = ElasticsearchServer(port=delivery.free_port())
        stack.enter_context(server)
        ground = stack.enter_context(Ground(server))
        editors = Editors(chance)
        stage = Stage(ground, ground.start_worker())
        stack.callback(lambda: _kill(stage.worker))
        _recover()
        # Stopped from outside, it reports what it has.
        signal.signal(signal.SIGTERM, signal.default_int_handler)
        stack.enter_context(suppress(KeyboardInterrupt))
        for number in range(options.rounds):
            found = play(stage, kinds[number % len(kinds)], editors, chance)
            rounds.append(found)
            print(f"{number + 1}/{options.rounds} {found.kind}: {found.changes} changes, "
                  f"{found.waiting_after_the_kill} waited, lost {found.lost}, "
                  f"whole after {found.seconds_to_recover} s", file=sys.stderr, flush=True)  # fmt: skip
    print(json.dumps({"seed": seed, **report(rounds)}))
    sys.exit(1 if any(each.lost for each in rounds) else 0)


def play(stage: Stage, kind: str, editors: Editors, chance: random.Random) -> Round:
    """Let editors work, break something on the way, mend it, and compare index and database."""
    from search.outbox import waiting_for_index  # noqa: PLC0415 (Django is set up by now)
    from search.services import measure_drift  # noqa: PLC0415 (as above)

    found, before = Round(kind), editors.changes
    if kind == "rebuild" or chance.random() < 0.3:
        stage.rebuild = stage.ground.start_rebuild()
    editors.work(chance.randint(1, MOST_CHANGES))
    time.sleep(chance.uniform(0, 0.5))
    KINDS[kind](stage)
    editors.work(chance.randint(0, MOST_CHANGES // 3))
    found.waiting_after_the_kill = waiting_for_index().count()
    broken = time.monotonic()
    if stage.ground.elasticsearch.process is None:
        stage.ground.elasticsearch.start()
    if stage.worker.poll() is not None:
        stage.worker = stage.ground.start_worker()
    if stage.rebuild is not None:
        stage.rebuild.wait(PATIENCE)
        stage.rebuild = None
    _recover()
    found.seconds_to_recover = round(time.monotonic() - broken, 1)
    drift = measure_drift()
    found.changes = editors.changes - before
    found.missing, found.left_over, found.stale = len(drift.missing), len(drift.left_over), len(drift.stale)
    return found


def _recover() -> None:
    """Wait, nudging as the beat does, until a worker has written everything."""
    from search.outbox import nudge_worker, waiting_for_index  # noqa: PLC0415 (Django is set up by now)

    deadline, nudged = time.monotonic() + PATIENCE, 0.0
    while waiting_for_index().exists():
        if time.monotonic() > deadline:
            sys.exit(f"courant: {waiting_for_index().count()} changes still wait after {PATIENCE} s")
        if time.monotonic() - nudged > NUDGE_SECONDS:
            nudge_worker()
            nudged = time.monotonic()
        time.sleep(0.05)


def report(rounds: list[Round]) -> dict[str, Any]:
    """The figures over all rounds and for each kind."""
    return {
        "rounds": len(rounds),
        "kills": len(rounds),
        "changes": sum(each.changes for each in rounds),
        "lost": sum(each.lost for each in rounds),
        "seconds_to_recover_max": max((each.seconds_to_recover for each in rounds), default=0),
        "by_kind": {
            kind: {
                "rounds": len(of_kind),
                "changes": sum(each.changes for each in of_kind),
                "lost": sum(each.lost for each in of_kind),
                "waiting_after_the_kill_max": max(each.waiting_after_the_kill for each in of_kind),
            }
            for kind in KINDS
            if (of_kind := [each for each in rounds if each.kind == kind])
        },
        "unequal": [asdict(each) for each in rounds if each.lost],
    }


if __name__ == "__main__":
    main()
