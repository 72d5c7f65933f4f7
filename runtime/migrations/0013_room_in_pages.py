"""PostgreSQL: a run's row is written anew at each step, a job's at each turn it takes."""

from django.db import migrations

_STATEMENTS = (
    # Room in a page for the next version of a row: then none of the table's indexes is written.
    "ALTER TABLE runtime_run SET (fillfactor = 60)",
    # Nobody looks for jobs by the beginning of a key; every step wrote this index twice.
    "DROP INDEX IF EXISTS runtime_job_key_93387bd0_like",
)


def _shape(apps, schema_editor):
    if schema_editor.connection.vendor == "postgresql":
        for one in _STATEMENTS:
            schema_editor.execute(one)


class Migration(migrations.Migration):
    dependencies = [
        ("runtime", "0012_composition"),
    ]

    operations = [
        migrations.RunPython(_shape, migrations.RunPython.noop),
    ]
