"""The engines: each keeps the index and answers the query model; nothing outside this package knows which one runs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured

if TYPE_CHECKING:
    from search.engines.base import Engine


def get_engine() -> Engine:
    """Return the engine this installation uses.

    Raises:
        ImproperlyConfigured: `ELASTICSEARCH_URL` is set, and this version has the embedded engine only.
    """
    if settings.ELASTICSEARCH_URL:
        raise ImproperlyConfigured("ELASTICSEARCH_URL is set, but this version has the embedded engine only: unset it.")
    return _engine(str(settings.SEARCH_SQLITE_PATH))


@lru_cache(maxsize=8)
def _engine(path: str) -> Engine:
    from search.engines.sqlite import SqliteEngine  # noqa: PLC0415

    return SqliteEngine(path=path)
