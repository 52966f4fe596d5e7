"""A broker that is down must not hold up whoever saves a page."""

from __future__ import annotations

import socket

import pytest
from celery import current_app

from search import outbox


@pytest.fixture
def refused(settings, monkeypatch):
    """A broker's address at which nobody listens, and the pauses that the client makes there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    monkeypatch.setattr(outbox._Broker, "silent_until", 0.0)
    monkeypatch.setattr(current_app.conf, "broker_url", f"redis://127.0.0.1:{port}/0")
    monkeypatch.setattr(current_app.conf, "broker_write_url", f"redis://127.0.0.1:{port}/0")
    monkeypatch.setattr(current_app, "_pool", None)
    monkeypatch.setattr(current_app.amqp, "_producer_pool", None)
    paused: list[float] = []
    monkeypatch.setattr("kombu.utils.functional.sleep", paused.append)
    return paused


def test_a_nudge_that_cannot_be_given_costs_less_than_a_second_of_pauses(refused):
    outbox.nudge_worker()
    assert 0 < sum(refused) < 1
    assert outbox._Broker.silent_until > 0


def test_after_a_failed_nudge_the_broker_is_left_alone(refused):
    outbox.nudge_worker()
    refused.clear()
    outbox.nudge_worker()
    assert refused == []
