"""Statements straight to the database's own driver, for the few that every step executes.

Django's cursor translates placeholders, asks its hooks and looks at the clock, and its transactions
do as much at both ends: more work than these statements are. Errors are those of `django.db` all
the same. On PostgreSQL the server keeps the plans of what is asked often.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from hashlib import sha256
from typing import Any, NoReturn

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
        # Every backend names its driver so (PEP 249); the stubs do not.
        self._error: type[Exception] = connection.Database.Error  # type: ignore[attr-defined]
        with self._errors:
            self._cursor = self._new_cursor()

    def begin(self) -> None:
        """A transaction of one's own, outside of any of Django's; not for PostgreSQL.

        On SQLite it has the write lock from its first moment on.
        """
        self.change("BEGIN IMMEDIATE" if self.vendor == "sqlite" else "BEGIN", ())

    def commit(self) -> None:
        """End the transaction and keep what it did."""
        try:
            self._raw.commit()
        except self._error:
            self._raise_as_django()

    def roll_back(self) -> None:
        """End the transaction and undo what it did, if the connection still can."""
        with suppress(Error), self._errors:
            self._raw.rollback()

    def change(self, text: str, values: Sequence[object]) -> int:
        """How many rows it changed."""
        try:
            self._cursor.execute(self._spoken(text), values)
            changed: int = self._cursor.rowcount
            return changed
        except self._error:
            self._raise_as_django()

    def change_each(self, text: str, rows: Sequence[Sequence[object]]) -> int:
        """The same for each of some rows of values; how many rows it changed in all."""
        if len(rows) == 1:
            return self.change(text, rows[0])
        if not rows:
            return 0
        try:
            self._cursor.executemany(self._spoken(text), rows)
            changed: int = self._cursor.rowcount
            return changed
        except self._error:
            self._raise_as_django()

    def find(self, text: str, values: Sequence[object]) -> Sequence[Any] | None:
        """The first row, if there is one."""
        try:
            self._cursor.execute(self._spoken(text), values)
            row: Sequence[Any] | None = self._cursor.fetchone()
            return row
        except self._error:
            self._raise_as_django()

    def find_all(self, text: str, values: Sequence[object]) -> list[Sequence[Any]]:
        """Every row."""
        try:
            self._cursor.execute(self._spoken(text), values)
            return list(self._cursor.fetchall())
        except self._error:
            self._raise_as_django()

    def ask(self, text: str, values: Sequence[str | int | None]) -> str | None:
        """The one value that it gives, as PostgreSQL writes it; only there.

        Past psycopg, which takes longer to hand such a statement on than the server to do it. No
        other statement of this connection is under way, for it is one thread's own.
        """
        try:
            if not self._raw.autocommit and self._raw.pgconn.transaction_status == _IDLE:
                self._cursor.execute("SELECT")  # a transaction of Django's begins with this one
            told: bytes | None = self._asked(text, values).get_value(0, 0)
            return None if told is None else told.decode()
        except self._error:
            self._raise_as_django()

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

    def _raise_as_django(self) -> NoReturn:
        """The driver's error that is being handled; only then is Django's own translator asked."""
        with self._errors:
            raise  # noqa: PLE0704 - called where one is handled
        raise AssertionError  # it never swallows one

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
