"""A cache that is down is an empty cache."""

from __future__ import annotations

from structlog.testing import capture_logs

from courant import cache as module
from courant.cache import ForgivingRedisCache
from tests.running_site import free_port


def test_a_cache_that_cannot_be_reached_answers_as_an_empty_one():
    cache = ForgivingRedisCache(f"redis://127.0.0.1:{free_port()}/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})
    cache.set("key", "value")
    assert cache.get("key") is None
    assert cache.get("key", "default") == "default"
    assert cache.get_many(["key", "other"]) == {}
    assert cache.set_many({"key": 1}) == ["key"]
    assert cache.add("counter", 1) is True
    assert cache.incr("counter") == 1
    assert cache.has_key("key") is False
    assert cache.delete("key") is False
    assert cache.get_or_set("key", lambda: 3) == 3


def test_a_cache_that_cannot_be_reached_is_told_of_once(monkeypatch):
    monkeypatch.setattr(module, "_told_at", -module.QUIET_SECONDS)
    cache = ForgivingRedisCache(f"redis://127.0.0.1:{free_port()}/0", {"OPTIONS": {"socket_connect_timeout": 0.2}})
    with capture_logs() as said:
        for _ in range(3):
            cache.get("key")
            cache.set("key", "value")
    assert [(line["event"], line["operation"]) for line in said] == [("cache is unreachable", "get")]
