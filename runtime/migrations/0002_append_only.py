"""Events are append-only: the database itself refuses to change or delete one."""

from django.db import migrations

TRIGGERS = {
    "sqlite": (
        "CREATE TRIGGER runevent_no_{verb} BEFORE {verb} ON runtime_runevent "
        "BEGIN SELECT RAISE(ABORT, 'run events are append-only'); END"
    ),
    "postgresql": (
        "CREATE TRIGGER runevent_no_{verb} BEFORE {verb} ON runtime_runevent "
        "FOR EACH ROW EXECUTE FUNCTION runevent_append_only()"
    ),
    "mysql": (
        "CREATE TRIGGER runevent_no_{verb} BEFORE {verb} ON runtime_runevent "
        "FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'run events are append-only'"
    ),
}
POSTGRESQL_FUNCTION = """
CREATE OR REPLACE FUNCTION runevent_append_only() RETURNS trigger AS $$
BEGIN RAISE EXCEPTION 'run events are append-only'; END
$$ LANGUAGE plpgsql
"""
VERBS = ("update", "delete")


def guard(apps, schema_editor):
    vendor = schema_editor.connection.vendor
    if vendor == "postgresql":
        schema_editor.execute(POSTGRESQL_FUNCTION)
    for verb in VERBS:
        schema_editor.execute(TRIGGERS[vendor].format(verb=verb))


def release(apps, schema_editor):
    on = " ON runtime_runevent" if schema_editor.connection.vendor == "postgresql" else ""
    for verb in VERBS:
        schema_editor.execute(f"DROP TRIGGER IF EXISTS runevent_no_{verb}{on}")


class Migration(migrations.Migration):
    dependencies = [("runtime", "0001_initial")]
    operations = [migrations.RunPython(guard, release, atomic=False)]  # MariaDB rolls no DDL back
