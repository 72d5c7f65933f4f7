"""Unique constraints with a condition, which MariaDB does not know.

"One running timer of a name" becomes a plain unique index over the same columns and one more, a
generated column that is 1 where the condition holds and NULL where not: rows with a NULL are never
alike. So the database itself holds the rule, as it does elsewhere. An index with a condition only
saves room, and becomes one without.
"""

from __future__ import annotations

from typing import Any

from django.db.backends.ddl_references import Statement, Table
from django.db.backends.mysql.schema import DatabaseSchemaEditor
from typing_extensions import override


class SchemaEditor(DatabaseSchemaEditor):
    """Writes tables for MariaDB."""

    sql_create_partial_unique = (
        "ALTER TABLE %(table)s ADD COLUMN %(held)s TINYINT AS (IF(%(condition)s, 1, NULL)) VIRTUAL "
        "INVISIBLE, ADD UNIQUE INDEX %(name)s (%(columns)s, %(held)s)"
    )
    sql_delete_partial_unique = "ALTER TABLE %(table)s DROP INDEX %(name)s, DROP COLUMN %(held)s"

    @override
    def _create_unique_sql(
        self, model: Any, fields: Any, name: Any = None, condition: Any = None, **more: Any
    ) -> Any:
        if not condition:
            return super()._create_unique_sql(model, fields, name=name, **more)
        table = model._meta.db_table
        return Statement(
            self.sql_create_partial_unique,
            table=Table(table, self.quote_name),
            name=self.quote_name(name),
            held=self._held(name),
            columns=self._index_columns(table, [one.column for one in fields], (), None),
            condition=condition,
        )

    @override
    def _delete_unique_sql(self, model: Any, name: Any, condition: Any = None, **more: Any) -> Any:
        if not condition:
            return super()._delete_unique_sql(model, name, **more)
        return Statement(
            self.sql_delete_partial_unique,
            table=Table(model._meta.db_table, self.quote_name),
            name=self.quote_name(name),
            held=self._held(name),
        )

    @override
    def _index_condition_sql(self, condition: Any) -> str:
        return ""

    def _held(self, name: str) -> str:
        return self.quote_name(f"held_{name}"[: self.connection.ops.max_name_length()])
