"""The engines: each keeps the index and answers the query model; nothing outside this package knows which one runs."""

from __future__ import annotations

import os
from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from search.engines.base import Engine


def get_engine() -> Engine:
    """Return the engine this installation uses: Elasticsearch where an address is given, else the embedded one."""
    if settings.ELASTICSEARCH_URL:
        return _elasticsearch(settings.ELASTICSEARCH_URL, settings.SEARCH_INDEX_PREFIX, os.getpid())
    return _sqlite(str(settings.SEARCH_SQLITE_PATH))


@lru_cache(maxsize=8)
def _elasticsearch(url: str, prefix: str, process: int) -> Engine:
    del process  # connections must not be shared with a process that was forked off
    from search.engines.elasticsearch import ElasticsearchEngine  # noqa: PLC0415 (loaded only where it is used)

    return ElasticsearchEngine(url=url, prefix=prefix)


@lru_cache(maxsize=8)
def _sqlite(path: str) -> Engine:
    from search.engines.sqlite import SqliteEngine  # noqa: PLC0415 (as above)

    return SqliteEngine(path=path)
