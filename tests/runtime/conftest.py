"""Databases with committed rows.

Run events are append-only, so their triggers rest while tests clean up.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from django.db import connection

VERBS = ("update", "delete")


def drop_triggers() -> None:
    with connection.cursor() as cursor:
        for verb in VERBS:
            cursor.execute(f"DROP TRIGGER IF EXISTS runevent_no_{verb}")


def create_triggers() -> None:
    with connection.cursor() as cursor:
        for verb in VERBS:
            cursor.execute(
                f"CREATE TRIGGER IF NOT EXISTS runevent_no_{verb} BEFORE {verb.upper()} ON "
                "runtime_runevent BEGIN SELECT RAISE(ABORT, 'run events are append-only'); END"
            )


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database where sockets, threads and other processes see committed rows."""
    create_triggers()
    yield
    drop_triggers()
