"""Search against a real engine in a folder of the test's own."""

from __future__ import annotations

import pytest
from django.db import connection

from content.pages.services import set_up_site
from search import outbox
from search.engines.sqlite import SqliteEngine


@pytest.fixture
def engine(tmp_path, settings):
    settings.ELASTICSEARCH_URL = ""
    settings.SEARCH_SQLITE_PATH = tmp_path / "search.sqlite3"
    from search.engines import get_engine

    found = get_engine()
    assert isinstance(found, SqliteEngine)
    yield found
    found.close()


@pytest.fixture(params=["sqlite"])
def any_engine(request, tmp_path):
    """Each engine in turn, empty, without an index."""
    engine = SqliteEngine(path=tmp_path / "contract.sqlite3")
    yield engine
    engine.close()


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
