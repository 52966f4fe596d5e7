"""Whether the process lives, and whether it can serve; for load balancers, the supervisor and start-up scripts."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from redis import Redis, RedisError

if TYPE_CHECKING:
    from django.http import HttpRequest

# Seconds; a broker that needs longer is not one to serve with.
BROKER_TIMEOUT = 2.0


@never_cache
@require_safe
def live(_request: HttpRequest) -> JsonResponse:
    """Answer 200 as long as the process can answer at all; it asks nobody else."""
    return JsonResponse({"status": "live"})


@never_cache
@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """Answer 200 if database and broker answer and every migration is applied; else 503 and the names of the faults.

    The answer names parts, never addresses, passwords or messages of theirs: anybody can read it.
    """
    faults = {name: fault for name, fault in (("database", _database_fault()), ("broker", _broker_fault())) if fault}
    if faults:
        return JsonResponse({"status": "not ready", "faults": faults}, status=503)
    return JsonResponse({"status": "ready"})


def _database_fault() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return "" if _has_all_migrations() else "migrations are pending"
    except DatabaseError:
        return "does not answer"


def _has_all_migrations() -> bool:
    # Reading every migration takes 0.3 s, and what is applied stays so while this process runs.
    if not _migrated:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            return False
        _migrated.append(True)
    return True


_migrated: list[bool] = []


def _broker_fault() -> str:
    try:
        _broker().ping()
    except (RedisError, OSError):
        return "does not answer"
    return ""


@cache
def _broker() -> Redis:
    return Redis.from_url(
        settings.REDIS_URL, socket_timeout=BROKER_TIMEOUT, socket_connect_timeout=BROKER_TIMEOUT, max_connections=8
    )
