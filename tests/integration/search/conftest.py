"""Search against real engines: SQLite in a folder of the test's own, Elasticsearch with indices of the test's own."""

from __future__ import annotations

import os
import secrets

import pytest
from django.db import connection

from content.pages.services import set_up_site
from search import outbox
from search.engines import get_engine
from search.engines.sqlite import SqliteEngine
from tests.elasticsearch.server import ElasticsearchServer

ENGINES = ["sqlite", "elasticsearch"]


@pytest.fixture(scope="session")
def elasticsearch_url():
    """The address of a real server: the one that ELASTICSEARCH_URL names, or one started for this session."""
    given = os.environ.get("ELASTICSEARCH_URL")
    if given:
        yield given
        return
    with ElasticsearchServer() as server:
        yield server.url


def make_engine(name, request, tmp_path):
    if name == "sqlite":
        return SqliteEngine(path=tmp_path / "contract.sqlite3")
    from search.engines.elasticsearch import ElasticsearchEngine

    url = request.getfixturevalue("elasticsearch_url")
    return ElasticsearchEngine(url=url, prefix=f"test-{secrets.token_hex(5)}")


def discard(engine):
    if engine.name == "elasticsearch":
        engine.remove_everything()
    engine.close()


@pytest.fixture(params=ENGINES)
def any_engine(request, tmp_path):
    """Each engine in turn, empty, without an index."""
    engine = make_engine(request.param, request, tmp_path)
    yield engine
    discard(engine)


@pytest.fixture
def engine(tmp_path, settings):
    """The embedded engine, as the one this installation uses."""
    settings.ELASTICSEARCH_URL = ""
    settings.SEARCH_SQLITE_PATH = tmp_path / "search.sqlite3"
    found = get_engine()
    assert isinstance(found, SqliteEngine)
    yield found
    found.close()


@pytest.fixture(params=ENGINES)
def each_engine(request, tmp_path, settings):
    """Each engine in turn, as the one this installation uses."""
    settings.ELASTICSEARCH_URL = ""
    settings.SEARCH_SQLITE_PATH = tmp_path / "search.sqlite3"
    if request.param == "elasticsearch":
        settings.ELASTICSEARCH_URL = request.getfixturevalue("elasticsearch_url")
        settings.SEARCH_INDEX_PREFIX = f"test-{secrets.token_hex(5)}"
    found = get_engine()
    assert found.name == request.param
    yield found
    discard(found)


@pytest.fixture
def nudges(monkeypatch):
    """The nudges that would have gone to the broker."""
    sent: list[int] = []
    monkeypatch.setattr("search.tasks.sync_outbox.apply_async", lambda **_: sent.append(1))
    monkeypatch.setattr(outbox._Broker, "silent_until", 0.0)
    return sent


@pytest.fixture
def site_with_search(db, engine, nudges):
    set_up_site()
    connection.run_on_commit.clear()  # the fixture's own nudge waits in the test's transaction, which never commits
    return engine


@pytest.fixture
def site_with_each(db, each_engine, nudges):
    set_up_site()
    connection.run_on_commit.clear()
    return each_engine
