"""Room for heap-only updates on PostgreSQL: an outcome stays on its page and touches no index."""

from django.db import migrations

STORAGE = {"delivery_recipient": 50, "delivery_sender": 10}


def leave_room(apps, schema_editor):
    if schema_editor.connection.vendor != "postgresql":
        return
    for table, fillfactor in STORAGE.items():
        schema_editor.execute(f"ALTER TABLE {table} SET (fillfactor = {fillfactor})")
    # Autovacuum would otherwise look at a recipient table only when a fifth of a million rows has changed.
    schema_editor.execute("ALTER TABLE delivery_recipient SET (autovacuum_vacuum_scale_factor = 0.05)")


class Migration(migrations.Migration):
    dependencies = [("delivery", "0001_initial")]
    operations = [migrations.RunPython(leave_room, migrations.RunPython.noop)]
