"""What lies in the database, for tests that look for what must not."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection


def database() -> list[bytes]:
    """The database as it lies on the disk, or row by row where it lies on another's.

    Read by a process of its own: who closes a file gives up all locks that its process holds on it
    (POSIX), SQLite's among them, and the next process to open the database would take it away.
    """
    if connection.vendor != "sqlite":
        return [repr(row).encode() for row in rows()]
    name = Path(connection.settings_dict["NAME"])
    files = [name.with_name(name.name + one) for one in ("", "-wal", "-journal", "-shm")]
    there = [str(one) for one in files if one.exists()]
    return [subprocess.run(["cat", *there], capture_output=True, check=True).stdout]


def rows() -> Iterator[Any]:
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            yield from cursor.fetchall()
