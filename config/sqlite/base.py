"""Django's SQLite backend, where a writer's turn comes soon, however busy the others are.

SQLite keeps no queue for its write lock: who finds it taken looks again after ever longer pauses, a
tenth of a second in the end. Beside a dispatcher that works off a backlog, one transaction after
the other, a click waited for seconds. Here everybody looks again every other millisecond.
"""

from __future__ import annotations

import sqlite3
import time
from typing import Any

from django.db.backends.sqlite3.base import DatabaseWrapper as SQLite
from django.db.backends.sqlite3.base import SQLiteCursorWrapper
from typing_extensions import override

LOOK_S = 0.003
"""SQLite looks again after 1 ms, then after 2, 5, 10 …; told to give up here, it begins anew."""


class Connection(sqlite3.Connection):
    """`timeout` is how long a statement waits for others at most, in seconds."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **{**options, "timeout": LOOK_S})
        self.limit_s: float = options["timeout"]

    @override
    def cursor(self, factory: Any = None) -> Any:
        return super().cursor(factory or Cursor)


class Cursor(sqlite3.Cursor):
    """Waits where nothing has begun yet; inside a transaction nobody else can be in the way."""

    @override
    def execute(self, *statement: Any) -> Any:
        until_s = 0.0
        while True:
            try:
                return super().execute(*statement)
            except sqlite3.OperationalError as error:
                if self.connection.in_transaction or not _is_taken(error):
                    raise
                until_s = until_s or time.monotonic() + _limit_s(self)
                if time.monotonic() > until_s:
                    raise


class DjangoCursor(SQLiteCursorWrapper, Cursor):
    """The same, with placeholders as Django has them."""


class DatabaseWrapper(SQLite):
    """A connection to SQLite."""

    @override
    def get_connection_params(self) -> dict[str, Any]:
        return {**super().get_connection_params(), "factory": Connection}

    @override
    def create_cursor(self, name: str | None = None) -> Any:
        return self.connection.cursor(DjangoCursor)


def _is_taken(error: sqlite3.OperationalError) -> bool:
    return error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY


def _limit_s(cursor: sqlite3.Cursor) -> float:
    assert isinstance(cursor.connection, Connection)  # noqa: S101 - only it makes such cursors
    return cursor.connection.limit_s
