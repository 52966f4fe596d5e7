"""How long readers, editors and workers wait for Elasticsearch, without any: the network is a list of answers."""

from __future__ import annotations

import threading

import pytest
from elasticsearch import ConnectionError as Unreachable

from search.engines.base import EngineUnavailable
from search.engines.elasticsearch import connection as talking
from search.engines.patience import SECONDS_A_PAGE, reader_waiting, seconds_left


@pytest.fixture
def pauses(monkeypatch):
    taken: list[int] = []
    monkeypatch.setattr(talking, "pause", taken.append)
    return taken


@pytest.fixture
def connection():
    found = talking.Connection("http://127.0.0.1:9")
    yield found
    found.close()


def test_a_page_leaves_time_for_itself():
    assert talking.READ_SECONDS < SECONDS_A_PAGE <= 1.25


def test_nobody_waits_longer_than_the_reader_of_a_page(connection):
    asked = []
    with reader_waiting(0), pytest.raises(EngineUnavailable, match="long enough"):
        connection.ask(asked.append)
    assert asked == []
    assert seconds_left() is None


def test_a_worker_tries_again_and_a_reader_does_not(connection, pauses):
    tried = []

    def fail(client):
        tried.append(1)
        raise Unreachable("down")

    with pytest.raises(EngineUnavailable):
        connection.retried(fail)
    assert (len(tried), pauses) == (talking.ATTEMPTS, [1, 2])
    with reader_waiting(), pytest.raises(EngineUnavailable):
        connection.retried(fail)
    assert len(tried) == talking.ATTEMPTS + 1


def test_after_a_failure_no_reader_asks_until_the_pause_is_over(connection, monkeypatch):
    asked = []

    def fail(client):
        asked.append(1)
        raise Unreachable("down")

    for _ in range(3):
        with pytest.raises(EngineUnavailable):
            connection.ask(fail)
    assert len(asked) == 1
    monkeypatch.setattr(connection, "_silent_until", 0.0)
    assert connection.ask(lambda _: "well again") == "well again"


def test_a_server_that_drips_holds_nobody(connection, monkeypatch):
    monkeypatch.setattr(talking, "READ_SECONDS", 0.05)
    let_go = threading.Event()
    with pytest.raises(EngineUnavailable, match="in time"):
        connection.ask(lambda _: let_go.wait(30))
    let_go.set()


def test_pauses_grow_and_are_never_in_step(monkeypatch):
    slept: list[float] = []
    monkeypatch.setattr(talking.time, "sleep", slept.append)
    for attempt in (1, 1, 2, 3):
        talking.pause(attempt)
    assert slept[0] != slept[1]
    for attempt, seconds in zip((1, 1, 2, 3), slept, strict=True):
        assert 0.5 <= seconds / (talking.FIRST_PAUSE_SECONDS * 2 ** (attempt - 1)) <= 1.5
