"""Statements straight to the database's own driver, for the few that every step executes.

Django's cursor translates placeholders, asks its hooks and looks at the clock, and its transactions
do as much at both ends: more work than these statements are. Errors are those of `django.db` all
the same. On PostgreSQL the server keeps the plans of what is asked often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from django.db import Error
from django.db.backends.base.base import BaseDatabaseWrapper


class Statements:
    """One cursor for some statements of one thread. Placeholders are `%s`."""

    def __init__(self, connection: BaseDatabaseWrapper) -> None:
        if not connection.in_atomic_block:
            connection.close_if_health_check_failed()
        connection.ensure_connection()
        self.vendor = connection.vendor
        self._errors, self._raw = connection.wrap_database_errors, connection.connection
        with self._errors:
            self._cursor = self._new_cursor()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One's own, outside of any of Django's: kept at the end of the block, undone by an error.

        On SQLite it has the write lock from its first moment on. Not for PostgreSQL.
        """
        self.change("BEGIN IMMEDIATE" if self.vendor == "sqlite" else "BEGIN", ())
        try:
            yield
            self.commit()
        except BaseException:
            with suppress(Error), self._errors:
                self._raw.rollback()
            raise

    def commit(self) -> None:
        """End the transaction and keep what it did."""
        with self._errors:
            self._raw.commit()

    def change(self, text: str, values: Sequence[object]) -> int:
        """How many rows it changed."""
        with self._errors:
            self._cursor.execute(self._spoken(text), values)
            changed: int = self._cursor.rowcount
            return changed

    def change_each(self, text: str, rows: Sequence[Sequence[object]]) -> int:
        """The same for each of some rows of values; how many rows it changed in all."""
        if not rows:
            return 0
        with self._errors:
            if len(rows) == 1:
                self._cursor.execute(self._spoken(text), rows[0])
            else:
                self._cursor.executemany(self._spoken(text), rows)
            changed: int = self._cursor.rowcount
            return changed

    def find(self, text: str, values: Sequence[object]) -> Sequence[Any] | None:
        """The first row, if there is one."""
        with self._errors:
            self._cursor.execute(self._spoken(text), values)
            row: Sequence[Any] | None = self._cursor.fetchone()
            return row

    def find_all(self, text: str, values: Sequence[object]) -> list[Sequence[Any]]:
        """Every row."""
        with self._errors:
            self._cursor.execute(self._spoken(text), values)
            return list(self._cursor.fetchall())

    def _new_cursor(self) -> Any:
        if self.vendor != "postgresql":
            return self._raw.cursor()
        import psycopg  # noqa: PLC0415 - an extra

        # Django's own writes values into the text, and so the server could keep no plan of it.
        self._raw.prepare_threshold = 2
        return psycopg.Cursor(self._raw)

    def _spoken(self, text: str) -> str:
        return _with_question_marks(text) if self.vendor == "sqlite" else text


@cache
def _with_question_marks(text: str) -> str:
    return text.replace("%s", "?")
