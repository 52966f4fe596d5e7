from __future__ import annotations

import pytest
from django.db import transaction
from django.utils import timezone
from wagtail.models import PageViewRestriction

from content.articles.models import BlogPage
from content.pages.models import PageTopic, SectionPage
from search import outbox
from search.models import OutboxEntry
from search.services import measure_drift, sync_outbox
from tests.factories.pages import (
    BlogPageFactory,
    ChapterPageFactory,
    ProfileFactory,
    QuickGuidePageFactory,
    TopicFactory,
    section,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site_with_search")]


def version(page) -> int:
    return OutboxEntry.objects.get(key=f"page:{page.pk}").version


def keys_in_index(engine) -> set[str]:
    return {item.key for item in engine.stored() if item.fingerprint}


def test_a_save_raises_the_version():
    page = BlogPageFactory()
    before = version(page)
    page.title = "Another"
    page.save()
    assert version(page) > before


def test_a_save_that_is_undone_leaves_the_version():
    page = BlogPageFactory()
    before = version(page)
    with transaction.atomic():
        page.save()
        transaction.set_rollback(True)
    assert version(page) == before


def test_an_address_that_changes_raises_the_whole_subtree():
    guide = QuickGuidePageFactory()
    chapter = ChapterPageFactory(parent=guide)
    nested = ChapterPageFactory(parent=chapter)
    other = BlogPageFactory()
    before = {page.pk: version(page) for page in (chapter, nested, other)}
    guide.refresh_from_db()
    guide.slug = "renamed"
    guide.save()
    assert version(chapter) > before[chapter.pk]
    assert version(nested) > before[nested.pk]
    assert version(other) == before[other.pk]


def test_a_title_that_changes_leaves_the_subtree_alone():
    guide = QuickGuidePageFactory()
    chapter = ChapterPageFactory(parent=guide)
    before = version(chapter)
    guide.refresh_from_db()
    guide.title = "Renamed"
    guide.save()
    assert version(chapter) == before


def test_a_move_raises_the_whole_subtree_and_search_has_the_new_addresses(site_with_search):
    guide = QuickGuidePageFactory()
    chapter = ChapterPageFactory(parent=guide)
    before = version(chapter)
    sync_outbox()
    target = SectionPage(title="Elsewhere", slug="elsewhere")
    section("guides").get_parent().add_child(instance=target)
    guide.refresh_from_db()
    guide.move(target, pos="last-child")
    assert version(chapter) > before
    sync_outbox()
    assert measure_drift().keys == ()


def test_a_topic_taken_from_a_page_and_a_profile_renamed_raise_the_page():
    topic, profile = TopicFactory(), ProfileFactory()
    page = BlogPageFactory(topics=[topic], authors=[profile])
    first = version(page)
    profile.name = "Somebody Else"
    profile.save()
    second = version(page)
    assert second > first
    PageTopic.objects.get(page_id=page.pk).delete()
    assert version(page) > second


def test_what_is_unpublished_deleted_or_closed_to_readers_leaves_the_index(site_with_search):
    pages = [BlogPageFactory() for _ in range(4)]
    sync_outbox()
    assert {f"page:{page.pk}" for page in pages} <= keys_in_index(site_with_search)
    pages[0].unpublish()
    pages[1].delete()
    PageViewRestriction.objects.create(page=pages[2].page_ptr, restriction_type="login")
    sync_outbox()
    left = keys_in_index(site_with_search)
    assert f"page:{pages[3].pk}" in left
    assert not left & {f"page:{page.pk}" for page in pages[:3] if page.pk}
    assert measure_drift().keys == ()


def test_many_changes_in_one_transaction_are_one_nudge(nudges, django_capture_on_commit_callbacks):
    nudges.clear()
    with django_capture_on_commit_callbacks(execute=True), transaction.atomic():
        for _ in range(3):
            BlogPageFactory(topics=[TopicFactory()])
    assert len(nudges) == 1


def test_a_broker_that_is_down_never_fails_a_save_and_is_left_alone_for_a_while(
    monkeypatch, django_capture_on_commit_callbacks
):
    calls = []

    def refuse(**_):
        calls.append(1)
        raise ConnectionRefusedError

    monkeypatch.setattr("search.tasks.sync_outbox.apply_async", refuse)
    for _ in range(3):
        with django_capture_on_commit_callbacks(execute=True):
            BlogPageFactory()
    assert len(calls) == 1
    assert sync_outbox().written > 0


def test_an_older_state_never_replaces_a_newer_one(site_with_search):
    from search.documents import current_documents, fingerprint
    from search.engines.base import Write

    page = BlogPageFactory(title="Old words")
    key = f"page:{page.pk}"
    old_version = version(page)
    old = current_documents([key])[key]
    page.title = "New words"
    page.save()
    sync_outbox()
    site_with_search.write([Write(key, old_version, old, fingerprint(old))])
    [stored] = site_with_search.stored(keys=[key])
    assert stored.fingerprint == fingerprint(current_documents([key])[key])


def test_a_late_write_never_brings_back_the_dead(site_with_search):
    from search.documents import current_documents, fingerprint
    from search.engines.base import Write

    page = BlogPageFactory()
    key, old_version = f"page:{page.pk}", version(page)
    old = current_documents([key])[key]
    page.delete()
    sync_outbox()
    site_with_search.write([Write(key, old_version, old, fingerprint(old))])
    assert key not in keys_in_index(site_with_search)


def test_one_page_that_cannot_become_a_document_does_not_hold_up_the_others(monkeypatch, site_with_search):
    broken, sound = BlogPageFactory(title="Broken"), BlogPageFactory(title="Sound")
    original = BlogPage.search_document

    def search_document(self):
        if self.title == "Broken":
            raise ValueError("a block went wrong")
        return original(self)

    monkeypatch.setattr(BlogPage, "search_document", search_document)
    done = sync_outbox()
    assert done.failed == [f"page:{broken.pk}"]
    assert f"page:{sound.pk}" in keys_in_index(site_with_search)
    monkeypatch.undo()
    assert sync_outbox().failed == []


def test_a_change_during_a_write_stays_in_line(monkeypatch, site_with_search):
    page = BlogPageFactory()
    original = site_with_search.write

    def write(writes):
        refused = original(writes)
        monkeypatch.setattr(site_with_search, "write", original)
        page.title = "Changed meanwhile"
        page.save()
        return refused

    monkeypatch.setattr(site_with_search, "write", write)
    sync_outbox()
    assert measure_drift().keys == ()
    assert not outbox.waiting_for_index().exists()


def test_a_lost_index_file_is_made_again(site_with_search):
    BlogPageFactory()
    sync_outbox()
    before = keys_in_index(site_with_search)
    site_with_search.close()
    for path in site_with_search.path.parent.glob("search.sqlite3*"):
        path.unlink()
    sync_outbox()
    assert keys_in_index(site_with_search) == before


def test_a_scheduled_page_is_indexed_but_not_found_before_its_time(site_with_search):
    from datetime import timedelta

    from search.query import parse_query

    now = timezone.now()
    page = BlogPageFactory(title="Zebras", go_live_at=now + timedelta(hours=1), expire_at=now + timedelta(hours=2))
    sync_outbox()
    found = [
        [hit.key for hit in site_with_search.search(parse_query("zebras", at=now + timedelta(minutes=minutes))).hits]
        for minutes in (59, 60, 119, 120)
    ]
    key = f"page:{page.pk}"
    assert found == [[], [key], [key], []]
