"""What readers and editors see when Elasticsearch is not well, on a real server behind a proxy that can be made bad."""

from __future__ import annotations

import secrets

import pytest
from bs4 import BeautifulSoup
from django.db import connection
from elasticsearch import ConnectionTimeout, Elasticsearch

from content.articles.models import BlogPage
from content.pages.services import set_up_site
from search.engines import get_engine
from search.engines.base import EngineUnavailable
from search.engines.elasticsearch import connection as talking
from search.gate import RebuildRefused
from search.outbox import waiting_for_index
from search.services import measure_drift, rebuild_index, sync_outbox
from search.tasks import sweep_outbox
from tests.elasticsearch.proxy import ToxicProxy
from tests.factories.pages import BlogPageFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("nudges")]

TOXINS = ["cut", "silent", "drip", 429, 503]


@pytest.fixture
def proxy(elasticsearch_url):
    with ToxicProxy(elasticsearch_url) as proxy:
        yield proxy


@pytest.fixture
def pauses(monkeypatch):
    """The pauses between attempts, which nobody waits for here."""
    taken: list[int] = []
    monkeypatch.setattr(talking, "pause", taken.append)
    monkeypatch.setattr("search.engines.elasticsearch.engine.pause", taken.append)
    return taken


@pytest.fixture
def site(db, settings, proxy, monkeypatch, pauses):
    """A site with two pages in an index, and everybody less patient than in a run."""
    settings.ELASTICSEARCH_URL = proxy.url
    settings.SEARCH_INDEX_PREFIX = f"test-{secrets.token_hex(5)}"
    set_up_site()
    engine = get_engine()
    BlogPageFactory(title="Flow on wards")
    BlogPageFactory(title="Flow at home")
    connection.run_on_commit.clear()
    sync_outbox()
    engine.refresh()
    with monkeypatch.context() as impatient:
        impatient.setattr(talking, "READ_SECONDS", 0.5)
        impatient.setattr(talking, "STATUS_SECONDS", 0.5)
        impatient.setattr(talking, "SECONDS_WITHOUT_READS", 60)
        impatient.setattr(engine.connection, "writer", engine.connection.writer.options(request_timeout=0.5))
        yield engine
    proxy.poison("")
    proxy.break_connections()
    engine.remove_everything()
    engine.close()


@pytest.fixture
def server(elasticsearch_url):
    """The server itself, past the proxy."""
    with Elasticsearch(elasticsearch_url) as client:
        yield client


def heal(engine, proxy) -> None:
    """The server is well again, and the readers' pause is over."""
    proxy.poison("")
    proxy.break_connections()
    engine.connection.writer = engine.connection.writer.options(request_timeout=20)
    engine.connection._silent_until = 0.0


def search(client, text="flow"):
    response = client.get("/search/", {"q": text})
    page = BeautifulSoup(response.content, "html.parser")
    return response, [link.get_text() for link in page.select(".results .card__link")]


def assert_readers_are_told(client) -> None:
    response, titles = search(client)
    assert response.status_code == 503
    assert titles == []
    assert "not available" in BeautifulSoup(response.content, "html.parser").select_one('[role="alert"]').get_text()


@pytest.mark.parametrize("toxin", TOXINS)
def test_readers_are_told_and_the_site_stays(client, site, proxy, toxin):
    proxy.poison(toxin)
    assert_readers_are_told(client)
    assert client.get("/search/suggestions/", {"q": "flow"}).json() == {"suggestions": []}
    assert client.get("/search/results.json", {"q": "flow"}).status_code == 503
    assert client.get("/search/feed/", {"q": "flow"}).status_code == 503
    page = BlogPage.objects.get(title="Flow on wards")
    assert b"Flow at home" in client.get(page.url).content
    heal(site, proxy)
    assert sorted(search(client)[1]) == ["Flow at home", "Flow on wards"]


@pytest.mark.parametrize("toxin", ["cut", "silent", "drip"])
def test_after_one_reader_has_waited_the_next_do_not(client, site, proxy, toxin):
    proxy.poison(toxin)
    assert_readers_are_told(client)
    assert proxy.requests <= 1
    proxy.poison(toxin)
    for _ in range(5):
        assert_readers_are_told(client)
    assert proxy.requests == 0


@pytest.mark.parametrize("toxin", ["cut", "silent", 429, 503])
def test_publishing_goes_on_and_what_changed_is_written_later(client, site, proxy, pauses, toxin):
    proxy.poison(toxin)
    page = BlogPageFactory(title="Flow in between")
    gone = BlogPage.objects.get(title="Flow at home")
    gone.unpublish()
    with pytest.raises(EngineUnavailable):
        sync_outbox()
    sweep_outbox()
    assert {entry.key for entry in waiting_for_index()} >= {f"page:{page.pk}", f"page:{gone.pk}"}
    assert pauses[:2] == [1, 2]
    heal(site, proxy)
    sweep_outbox()
    site.refresh()
    assert sorted(search(client)[1]) == ["Flow in between", "Flow on wards"]
    assert measure_drift().keys == ()


def test_a_refused_question_is_not_asked_again(site, proxy, pauses):
    proxy.poison(400)
    with pytest.raises(EngineUnavailable, match="400"):
        site.texts(["page:1"])
    assert (proxy.requests, pauses) == (1, [])


def test_an_editor_who_looks_at_the_state_does_not_wait_for_attempts(site, proxy, pauses):
    proxy.poison("silent")
    with pytest.raises(EngineUnavailable, match="cannot be reached"):
        site.status()
    assert (proxy.requests, pauses) == (1, [])


@pytest.mark.parametrize(
    ("block", "said"), [("read_only_allow_delete", "flood-stage|read-only"), ("write", "FORBIDDEN")]
)
def test_an_index_that_takes_no_writes_still_answers_and_says_why(client, site, server, block, said):
    live = site.live_generation()
    server.indices.put_settings(index=live, settings={f"index.blocks.{block}": True})
    page = BlogPageFactory(title="Flow in between")
    with pytest.raises(EngineUnavailable, match=said):
        sync_outbox()
    assert waiting_for_index().filter(key=f"page:{page.pk}").exists()
    assert sorted(search(client)[1]) == ["Flow at home", "Flow on wards"]
    assert any(block in problem for problem in site.status().problems)
    server.indices.put_settings(index=live, settings={f"index.blocks.{block}": None})
    sync_outbox()
    site.refresh()
    assert "Flow in between" in search(client)[1]
    assert site.status().problems == ()


def test_an_index_that_is_gone_is_made_again(client, site, server):
    server.indices.delete(index=site.live_generation())
    assert_readers_are_told(client)
    assert any("no index" in problem for problem in site.status().problems)
    page = BlogPageFactory(title="Flow in between")
    sweep_outbox()
    site.refresh()
    assert len(search(client)[1]) == 3
    assert measure_drift().keys == ()
    assert not waiting_for_index().filter(key=f"page:{page.pk}").exists()


def test_an_alias_that_was_taken_away_is_an_index_that_is_gone_and_leaves_nothing_behind(client, site, server):
    live = site.live_generation()
    server.indices.delete_alias(index=live, name=f"{site.prefix}.live")
    assert_readers_are_told(client)
    sweep_outbox()
    site.refresh()
    assert len(search(client)[1]) == 2
    assert list(server.indices.get(index=f"{site.prefix}.*").body) == [site.live_generation()]


def test_an_alias_that_points_at_a_foreign_index_is_said_and_mended_by_a_rebuild(client, site, server):
    foreign = f"{site.prefix}-foreign"
    server.indices.create(index=foreign, mappings={"dynamic": "strict", "properties": {"colour": {"type": "keyword"}}})
    server.indices.update_aliases(
        actions=[
            {"remove": {"index": site.live_generation(), "alias": f"{site.prefix}.live"}},
            {"add": {"index": foreign, "alias": f"{site.prefix}.live"}},
        ]
    )
    try:
        assert_readers_are_told(client)
        assert any("rebuild" in problem for problem in site.status().problems)
        page = BlogPageFactory(title="Flow in between")
        assert f"page:{page.pk}" in sync_outbox().failed
        rebuild_index()
        assert len(search(client)[1]) == 3
        assert measure_drift().keys == ()
    finally:
        server.indices.delete(index=foreign)


def test_fields_that_conflict_are_said_and_do_not_hold_up_the_others(client, site, server):
    live = site.live_generation()
    other = f"{site.prefix}.20000101000000-other"
    mapping = server.indices.get_mapping(index=live).body[live]["mappings"]
    settings = server.indices.get_settings(index=live).body[live]["settings"]["index"]
    mapping["properties"]["title"] = {"type": "integer"}
    server.indices.create(index=other, mappings=mapping, settings={"analysis": settings["analysis"]})
    server.indices.update_aliases(
        actions=[
            {"remove": {"index": live, "alias": f"{site.prefix}.live"}},
            {"add": {"index": other, "alias": f"{site.prefix}.live"}},
        ]
    )
    page, gone = BlogPageFactory(title="Flow in between"), BlogPage.objects.get(title="Flow at home")
    gone.unpublish()
    done = sync_outbox()
    assert f"page:{page.pk}" in done.failed
    assert [item.version for item in site.stored(keys=[f"page:{gone.pk}"])]  # a tombstone fits every form
    assert any("rebuild" in problem for problem in site.status().problems)
    rebuild_index()
    assert sorted(search(client)[1]) == ["Flow in between", "Flow on wards"]


def test_a_rebuild_on_a_server_that_fails_leaves_the_live_index(client, site, proxy, monkeypatch):
    live = site.live_generation()
    original = site.write_building

    def write_building(writes):
        proxy.poison("cut")
        return original(writes)

    monkeypatch.setattr(site, "write_building", write_building)
    with pytest.raises((EngineUnavailable, RebuildRefused)):
        rebuild_index()
    monkeypatch.undo()
    heal(site, proxy)
    assert site.live_generation() == live
    assert len(search(client)[1]) == 2
    rebuild_index()
    assert site.status().building == ""


def test_an_answer_that_was_lost_does_not_undo_what_was_done(site, monkeypatch):
    """The alias was moved, but the answer did not arrive: the second attempt must find that and be content."""
    before = site.live_generation()
    name = site.begin_generation()
    lose_the_first_answer(site, monkeypatch)
    site.promote_generation(name)
    assert site.live_generation() == name
    lose_the_first_answer(site, monkeypatch)
    assert site.restore_generation() == before == site.live_generation()


def lose_the_first_answer(engine, monkeypatch) -> None:

    lost: list[int] = []
    indices = type(engine.connection.writer.indices)
    original = indices.update_aliases

    def update_aliases(self, **said):
        answer = original(self, **said)
        if not lost:
            lost.append(1)
            raise ConnectionTimeout("lost")
        return answer

    monkeypatch.setattr(indices, "update_aliases", update_aliases)
