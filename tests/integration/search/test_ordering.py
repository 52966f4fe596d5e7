"""Whatever happens to nudges and workers, in whatever order, index and database are equal in the end.

Real services run as coroutines (greenlets) that stop before and after every call that writes to the engine, so that one
can be let wait while others overtake it, or be killed there as by kill -9: nothing is cleaned up after it.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.utils import timezone
from greenlet import GreenletExit, getcurrent, greenlet
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from wagtail.models import Page

from content.articles.models import ChapterPage, QuickGuidePage
from content.pages.registry import registry
from content.pages.services import set_up_site
from search import services
from search.documents import current_documents, fingerprint
from search.engines.base import EngineUnavailable
from search.gate import RebuildRefused
from search.outbox import waiting_for_index
from tests.factories.pages import ChapterPageFactory, QuickGuidePageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nudges")]

WRITING = ("write", "write_building", "begin_generation", "promote_generation", "drop_generation", "restore_generation")


class Interruptible:
    """An engine as one worker sees it: before and after every write somebody else may have a turn."""

    def __init__(self, engine: Any) -> None:
        self._engine, self.is_killed = engine, False

    def __getattr__(self, name: str) -> Any:
        if self.is_killed:
            raise GreenletExit
        call = getattr(self._engine, name)
        if name not in WRITING:
            return call

        def interruptible(*arguments: Any, **named: Any) -> Any:
            self.pause()
            answer = call(*arguments, **named)
            self.pause()
            return answer

        return interruptible

    def begin_write_building(self, writes: Any) -> Any:
        refused = self.write_building(writes)
        return lambda: refused

    def pause(self) -> None:
        getcurrent().parent.switch()
        if self.is_killed:
            raise GreenletExit


@dataclass
class World:
    """Two guides with chapters, the workers that are under way, and a log of what the editors did."""

    engine: Any
    workers: list[tuple[Interruptible, greenlet]] = field(default_factory=list)
    made: int = 0

    def chapters(self) -> list[ChapterPage]:
        return list(ChapterPage.objects.order_by("path"))

    def pick(self, number: int) -> ChapterPage | None:
        found = self.chapters()
        return found[number % len(found)] if found else None

    def publish(self, number: int) -> None:
        parents = list(Page.objects.type(QuickGuidePage, ChapterPage).order_by("path"))
        self.made += 1
        parent = parents[number % len(parents)].specific
        if parent.depth < 7:
            ChapterPageFactory(parent=parent, title=f"Chapter {self.made}")

    def edit(self, number: int) -> None:
        if page := self.pick(number):
            self.made += 1
            page.title = f"Edited {self.made}"
            page.save_revision().publish()

    def unpublish(self, number: int) -> None:
        if page := self.pick(number):
            page.unpublish()

    def bring_back(self, number: int) -> None:
        """Publish the oldest revision again."""
        page = self.pick(number)
        if page and (revision := page.revisions.order_by("created_at").first()):
            revision.publish()
        elif page:
            page.save_revision().publish()

    def move(self, number: int) -> None:
        guides = list(QuickGuidePage.objects.order_by("path"))
        page = self.pick(number)
        target = guides[number % len(guides)]
        if page and page.get_parent().pk != target.pk:
            page.move(target, pos="last-child")

    def delete(self, number: int) -> None:
        if page := self.pick(number):
            page.delete()

    def expire(self, number: int) -> None:
        if page := self.pick(number):
            page.expire_at = timezone.now() - timedelta(seconds=1)
            page.save()

    def rename_guide(self, number: int) -> None:
        guides = list(QuickGuidePage.objects.order_by("path"))
        guide = guides[number % len(guides)]
        self.made += 1
        guide.slug = f"guide-{self.made}"
        guide.save()

    def start(self, job: Any) -> None:
        worker = Interruptible(self.engine)

        def run() -> None:
            with suppress(GreenletExit, RebuildRefused, EngineUnavailable, LookupError):
                job(engine=worker)

        self.workers.append((worker, greenlet(run)))

    def nudge(self, _: int) -> None:
        self.start(services.sync_outbox)

    def rebuild(self, _: int) -> None:
        self.start(services.rebuild_index)

    def go_back(self, _: int) -> None:
        self.start(services.restore_index)

    def go_on(self, number: int) -> None:
        """Let one of the workers come a few pauses further."""
        if self.workers:
            worker = self.workers[number % len(self.workers)]
            for _ in range(1 + number // 3):
                if not worker[1].dead:
                    worker[1].switch()
            if worker[1].dead:
                self.workers.remove(worker)

    def kill(self, number: int) -> None:
        """As kill -9: the worker does nothing any more, and nobody cleans up after it."""
        if self.workers:
            worker, coroutine = self.workers.pop(number % len(self.workers))
            worker.is_killed = True
            while not coroutine.dead:
                coroutine.switch() if coroutine else coroutine.throw()

    def end(self, *, killed: bool) -> None:
        while self.workers:
            (self.kill if killed else self.go_on)(len(self.workers) - 1)


STEPS = [
    World.publish, World.edit, World.unpublish, World.bring_back, World.move, World.delete, World.expire,
    World.rename_guide, World.nudge, World.nudge, World.rebuild, World.go_back,
    World.go_on, World.go_on, World.go_on, World.go_on, World.go_on, World.kill,
]  # fmt: skip
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 20)), min_size=5, max_size=30)


@settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large],
)
@example(steps=[(World.rebuild, 0), (World.go_on, 12)], killed=True)  # an entry was marked that only the new index had
@example(
    steps=[(World.nudge, 0), (World.go_on, 8), (World.edit, 0), (World.rebuild, 0), (World.go_on, 30)], killed=False
)
@given(steps=steps, killed=st.booleans())
def test_index_and_database_are_equal_in_the_end(any_engine, monkeypatch, steps, killed):
    # Related lists are computed from the index and change nothing in it.
    monkeypatch.setattr(services, "relate_waiting", lambda **_: 0)
    monkeypatch.setattr(services, "rebuild_related", lambda **_: 0)
    with transaction.atomic():
        start_empty(any_engine)
        set_up_site()
        for number in range(2):
            ChapterPageFactory(parent=QuickGuidePageFactory(slug=f"first-guide-{number}"), title=f"First {number}")
        world = World(any_engine)
        for step, number in steps:
            step(world, number)
        world.end(killed=killed)
        services.sync_outbox(engine=any_engine)
        assert_equal(any_engine)
        transaction.set_rollback(True)
    connection.run_on_commit.clear()


def start_empty(engine: Any) -> None:
    """Have a live index without anything of the example before, whose ids come again."""
    engine.promote_generation(engine.begin_generation())
    if previous := engine.status().previous:
        engine.drop_generation(previous)


def assert_equal(engine: Any) -> None:
    assert not waiting_for_index().exists()
    keys = [f"{prefix}:{number}" for prefix, source in registry.document_sources.items() for number in source.ids()]
    expected = {key: fingerprint(document) for key, document in current_documents(keys).items()}
    assert {item.key: item.fingerprint for item in engine.stored() if item.fingerprint} == expected
    assert services.measure_drift(engine=engine).keys == ()
