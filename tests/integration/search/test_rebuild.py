from __future__ import annotations

import io
import json

import pytest
from django.core.management import CommandError, call_command

from content.articles.models import BlogPage
from search import services
from search.gate import RebuildRefused
from search.models import OutboxEntry
from search.services import measure_drift, rebuild_index, repair_drift, sync_outbox
from tests.factories.pages import BlogPageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]


def keys_in_index(engine) -> set[str]:
    return {item.key for item in engine.stored() if item.fingerprint}


def test_a_rebuild_holds_what_the_database_says(site_with_search):
    pages = [BlogPageFactory() for _ in range(3)]
    pages[0].delete()
    count = rebuild_index()
    assert count == len(keys_in_index(site_with_search))
    assert f"page:{pages[1].pk}" in keys_in_index(site_with_search)
    assert measure_drift().keys == ()


def test_a_rebuild_finds_pages_that_came_past_the_models():
    page = BlogPageFactory()
    OutboxEntry.objects.all().delete()
    rebuild_index()
    assert OutboxEntry.objects.filter(key=f"page:{page.pk}").exists()
    assert measure_drift().keys == ()


def test_a_delete_during_a_rebuild_holds_in_the_new_index(monkeypatch, site_with_search):
    doomed = BlogPageFactory()
    sync_outbox()
    original = site_with_search.write_building
    key = f"page:{doomed.pk}"

    def write_building(writes):
        refused = original(writes)
        if any(write.key == key for write in writes) and BlogPage.objects.filter(pk=doomed.pk).exists():
            BlogPage.objects.get(pk=doomed.pk).delete()
            sync_outbox()
        return refused

    monkeypatch.setattr(site_with_search, "write_building", write_building)
    rebuild_index()
    assert key not in keys_in_index(site_with_search)
    assert measure_drift().keys == ()


def test_a_delayed_write_from_before_a_rebuild_never_brings_back_the_dead(site_with_search):
    from search.documents import current_documents, fingerprint
    from search.engines.base import Write

    page = BlogPageFactory()
    sync_outbox()
    key = f"page:{page.pk}"
    old = current_documents([key])[key]
    late = Write(key, OutboxEntry.objects.get(key=key).version, old, fingerprint(old))
    page.delete()
    sync_outbox()
    rebuild_index()
    site_with_search.write([late])
    assert key not in keys_in_index(site_with_search)


def test_an_index_that_is_not_what_the_database_says_is_not_put_in_use(monkeypatch, site_with_search):
    BlogPageFactory()
    sync_outbox()
    live = site_with_search.status().live
    monkeypatch.setattr(site_with_search, "write_building", lambda _: {})
    with pytest.raises(RebuildRefused, match="missing"):
        rebuild_index()
    assert site_with_search.status().live == live
    assert site_with_search.status().building == ""


def test_a_rebuild_that_is_stopped_leaves_the_old_index(site_with_search):
    BlogPageFactory()
    sync_outbox()
    live = site_with_search.status().live

    def stop(*_):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuild_index(progress=stop)
    assert site_with_search.status().live == live
    assert site_with_search.status().building == ""


def test_drift_is_told_and_repaired(site_with_search):
    stale, missing, gone = BlogPageFactory(), BlogPageFactory(), BlogPageFactory()
    sync_outbox()
    BlogPage.objects.filter(pk=stale.pk).update(title="Past the models")
    BlogPage.objects.filter(pk=gone.pk).update(live=False)
    site_with_search.connections.get().execute(
        f"DELETE FROM documents_{site_with_search.status().live} WHERE key = ?",  # noqa: S608
        (f"page:{missing.pk}",),
    )
    drift = measure_drift()
    assert drift.stale == (f"page:{stale.pk}",)
    assert drift.missing == (f"page:{missing.pk}",)
    assert drift.left_over == (f"page:{gone.pk}",)
    repair_drift(drift=drift)
    sync_outbox()
    assert measure_drift().keys == ()


def test_the_command_does_each_of_its_actions(site_with_search):
    BlogPageFactory()
    out = io.StringIO()
    for action in ("sync", "rebuild", "drift", "restore"):
        call_command("search_index", action, stdout=out, stderr=out)
    call_command("search_index", "status", "--json", stdout=out)
    facts = json.loads(out.getvalue().strip().splitlines()[-1])
    assert facts["documents"] == len(keys_in_index(site_with_search))
    assert facts["waiting_for_index"] == 0
    assert facts["problems"] == []


def test_an_engine_that_cannot_be_used_is_one_clear_line(settings, tmp_path, monkeypatch):
    settings.SEARCH_SQLITE_PATH = tmp_path / "not-a-database"
    settings.SEARCH_SQLITE_PATH.write_text("This is no database, but a text that is long enough. " * 50)
    with pytest.raises(CommandError, match="cannot be used"):
        call_command("search_index", "status")
    services.log.info("still here")
