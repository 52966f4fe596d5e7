"""What migrations put into a new database, kept in memory and put back after a flush.

A test that commits (`transaction=True`) ends with a flush, which takes Wagtail's root page, site, locale, groups and
permissions too. Django's `serialized_rollback` cannot bring them back: it meets content types that exist again under
other ids. So the rows themselves are remembered, with their ids, and written back in one transaction, in which foreign
keys are checked at the end.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from django.apps import AppConfig, apps
from django.core.cache import cache
from django.core.management.color import no_style
from django.db import connection, transaction
from django.db.models.signals import post_migrate


@dataclass
class BaseData:
    """The rows of every table after the migrations."""

    tables: dict[str, tuple[list[str], list[tuple[Any, ...]]]] = field(default_factory=dict)

    def remember(self) -> None:
        """Read every table; called once, before the first test."""
        with connection.cursor() as cursor:
            for table in _tables():
                cursor.execute(f"SELECT * FROM {_quoted(table)}")  # noqa: S608 (our own tables)
                rows = cursor.fetchall()
                if rows:
                    self.tables[table] = ([column[0] for column in cursor.description], rows)

    def restore(self) -> None:
        """Put every row back, whatever is there now."""
        with transaction.atomic(), connection.cursor() as cursor:
            for table, (columns, rows) in self.tables.items():
                cursor.execute(f"DELETE FROM {_quoted(table)}")  # noqa: S608 (likewise)
                names = ", ".join(_quoted(column) for column in columns)
                marks = ", ".join(["%s"] * len(columns))
                cursor.executemany(
                    f"INSERT INTO {_quoted(table)} ({names}) VALUES ({marks})",  # noqa: S608 (likewise)
                    [tuple(_storable(value) for value in row) for row in rows],
                )
            models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
            for statement in connection.ops.sequence_reset_sql(no_style(), models):
                cursor.execute(statement)
        forget_cached_rows()


def forget_cached_rows() -> None:
    """Empty what remembers rows across tests: content types, the root paths of sites, the cache itself."""
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.clear_cache()
    cache.clear()


def restore_after_every_flush(base_data: BaseData) -> None:
    """Restore when a flush has told the last application that the tables are there (again)."""
    last = [config for config in apps.get_app_configs() if config.models_module is not None][-1]

    def restore(*, sender: AppConfig, **_: Any) -> None:
        if sender.label == last.label:
            base_data.restore()

    post_migrate.connect(restore, weak=False, dispatch_uid="tests.base_data")


def _tables() -> list[str]:
    names = connection.introspection.django_table_names(only_existing=True, include_views=False)
    return [table for table in names if table != "django_migrations"]


def _quoted(name: str) -> str:
    return connection.ops.quote_name(name)


def _storable(value: Any) -> Any:
    if connection.vendor == "postgresql" and isinstance(value, dict | list):
        from psycopg.types.json import Jsonb

        return Jsonb(value)
    return value
