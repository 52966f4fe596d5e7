"""The engines: each keeps the index and answers the query model; nothing outside this package knows which one runs."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from search.engines.base import Engine


def get_engine() -> Engine:
    """Return the engine this installation uses: Elasticsearch where an address is given, else the embedded one."""
    return _engine(settings.ELASTICSEARCH_URL, str(settings.SEARCH_SQLITE_PATH), settings.SEARCH_INDEX_PREFIX)


@lru_cache(maxsize=8)
def _engine(url: str, path: str, prefix: str) -> Engine:
    if url:
        from search.engines.elasticsearch import ElasticsearchEngine  # noqa: PLC0415 (loaded only where it is used)

        return ElasticsearchEngine(url=url, prefix=prefix)
    from search.engines.sqlite import SqliteEngine  # noqa: PLC0415

    return SqliteEngine(path=path)
