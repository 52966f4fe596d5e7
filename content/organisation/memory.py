"""Forgetting what is remembered in the shared cache, at the moment when it stops being true."""

from __future__ import annotations

from django.core.cache import cache
from django.db import transaction


def forget(key: str) -> None:
    """Forget `key` now, for this transaction's own reads, and again once it is committed, for everybody's."""
    cache.delete(key)
    if transaction.get_connection().in_atomic_block:
        transaction.on_commit(lambda: cache.delete(key))
