"""Statements straight to the database's own driver, for the few that every step executes.

Django's cursor translates placeholders, asks its hooks and looks at the clock, and its transactions
do as much at both ends: more work than these statements are. Errors are those of `django.db` all
the same. On PostgreSQL the server keeps the plans of what is asked often.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from hashlib import sha256
from typing import Any

from django.db import DataError, Error
from django.db.backends.base.base import BaseDatabaseWrapper

_CONNECTED, _IDLE, _TUPLES = 0, 0, 2
"""Of libpq: ConnStatusType, PGTransactionStatusType and ExecStatusType."""
_SQLSTATE, _UNKNOWN_NAME = ord("C"), b"26000"


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

    def ask(self, text: str, values: Sequence[str | int | None]) -> str | None:
        """The one value that it gives, as PostgreSQL writes it; only there.

        Past psycopg, which takes longer to hand such a statement on than the server to do it. No
        other statement of this connection is under way, for it is one thread's own.
        """
        with self._errors:
            if not self._raw.autocommit and self._raw.pgconn.transaction_status == _IDLE:
                self._cursor.execute("SELECT")  # a transaction of Django's begins with this one
            result = self._asked(text, values)
            told: bytes | None = result.get_value(0, 0)
            return None if told is None else told.decode()

    def _asked(self, text: str, values: Sequence[str | int | None]) -> Any:
        """The server keeps the plan by a name; it forgets it where psycopg wants all forgotten."""
        import psycopg  # noqa: PLC0415 - an extra

        server = self._raw.pgconn
        name, spoken = _with_numbers(text)
        told = [None if one is None else _told(one) for one in values]
        if server.transaction_status != _IDLE:  # an unknown name would undo the transaction
            result = server.exec_params(spoken, told)
        else:
            result = server.exec_prepared(name, told)
            if result.error_field(_SQLSTATE) == _UNKNOWN_NAME:
                server.prepare(name, spoken)
                result = server.exec_prepared(name, told)
        if result.status == _TUPLES:
            return result
        if server.status != _CONNECTED:
            raise psycopg.OperationalError(result.get_error_message())
        raise psycopg.errors.error_from_result(result)

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


def _told(value: str | int) -> bytes:
    text = str(value)
    if "\0" in text:  # it would end there
        raise DataError("PostgreSQL has no texts with a NUL")
    return text.encode()


@cache
def _with_numbers(text: str) -> tuple[bytes, bytes]:
    """A name, and the text with `$1`, `$2` … in it."""
    parts = text.split("%s")
    told = "".join(f"{part}${n}" for n, part in enumerate(parts[:-1], start=1)) + parts[-1]
    return f"cf_{sha256(told.encode()).hexdigest()[:16]}".encode(), told.encode()


def array(values: Sequence[str]) -> str:
    """Texts as PostgreSQL reads an array of them."""
    told = (one.replace("\\", "\\\\").replace('"', '\\"') for one in values)
    return "{" + ",".join(f'"{one}"' for one in told) + "}"
