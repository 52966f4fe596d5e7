"""The database's own refusal to change the record of permission, for whoever comes past the models.

Installed after every `migrate` instead of in one migration: on SQLite a changed table is copied, and a copy has no
triggers. A migration that must rewrite rows drops the trigger itself; it is back afterwards.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import connections

if TYPE_CHECKING:
    from django.db.backends.base.base import BaseDatabaseWrapper

TABLES = ("audience_permissionrecord", "audience_wording")

_POSTGRESQL = """
CREATE OR REPLACE FUNCTION audience_append_only() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN RAISE EXCEPTION '% is append-only', TG_TABLE_NAME USING ERRCODE = 'integrity_constraint_violation'; END $$;
CREATE OR REPLACE TRIGGER {table}_append_only BEFORE UPDATE OR DELETE ON {table}
FOR EACH ROW EXECUTE FUNCTION audience_append_only();
"""
# Not for DELETE: Django empties a SQLite table with it (flush, the tests), where PostgreSQL has TRUNCATE.
_SQLITE = """
CREATE TRIGGER IF NOT EXISTS {table}_append_only BEFORE UPDATE ON {table}
BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END;
"""


def install_triggers(*, using: str = "default", **_: Any) -> None:
    """Make sure that the triggers stand; harmless when they do, and when the tables are not there yet."""
    connection: BaseDatabaseWrapper = connections[using]
    statement = {"postgresql": _POSTGRESQL, "sqlite": _SQLITE}.get(connection.vendor)
    if statement is None:
        return
    present = set(connection.introspection.table_names())
    with connection.cursor() as cursor:
        for table in TABLES:
            if table in present:
                cursor.execute(statement.format(table=table))
