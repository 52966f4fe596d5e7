"""The cache, as a thing one can lose: a site must not go down with it."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import structlog
from django.core.cache.backends.redis import RedisCache
from redis.exceptions import RedisError

if TYPE_CHECKING:
    from collections.abc import Callable

QUIET_SECONDS = 60.0
"""A cache that is down is asked many times a request: it is told of once in so long."""
log = structlog.get_logger(__name__)


_told_at = -QUIET_SECONDS


def _tell(operation: str, error: Exception) -> None:
    global _told_at  # noqa: PLW0603 (one a process, like the log)
    if time.monotonic() - _told_at >= QUIET_SECONDS:
        _told_at = time.monotonic()
        log.warning("cache is unreachable", operation=operation, error=type(error).__name__)


def _or(default: Any, name: str) -> Callable[..., Any]:
    """Return RedisCache's method `name`, answering `default` while the server cannot be reached."""
    method = getattr(RedisCache, name)

    def forgiving(self: RedisCache, *args: Any, **kwargs: Any) -> Any:
        try:
            return method(self, *args, **kwargs)
        except (RedisError, OSError) as error:
            _tell(name, error)
            return default(*args, **kwargs) if callable(default) else default

    forgiving.__name__ = name
    forgiving.__doc__ = method.__doc__
    return forgiving


def _default_of_get(_key: str, default: Any = None, _version: int | None = None, **kwargs: Any) -> Any:
    return kwargs.get("default", default)


class ForgivingRedisCache(RedisCache):
    """A cache whose server is down is an empty cache.

    Nothing is kept here that must not be lost: counters of rate limits start anew, everything else is computed
    again. The broker, which must not lose anything, is a setting of its own.
    """

    get = _or(_default_of_get, "get")
    get_many = _or(lambda *_args, **_kwargs: {}, "get_many")
    set = _or(None, "set")
    set_many = _or(lambda data, *_args, **_kwargs: list(data), "set_many")
    add = _or(True, "add")
    touch = _or(False, "touch")
    incr = _or(1, "incr")
    delete = _or(False, "delete")
    delete_many = _or(None, "delete_many")
    has_key = _or(False, "has_key")
    clear = _or(False, "clear")
