"""Databases with committed rows.

Run events are append-only, so their triggers rest while tests clean up.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module

import pytest
from django.db import connection

append_only = import_module("runtime.migrations.0002_append_only")


def drop_triggers() -> None:
    on = " ON runtime_runevent" if connection.vendor == "postgresql" else ""
    with connection.cursor() as cursor:
        for verb in append_only.VERBS:
            cursor.execute(f"DROP TRIGGER IF EXISTS runevent_no_{verb}{on}")


def create_triggers() -> None:
    drop_triggers()
    with connection.cursor() as cursor:
        for verb in append_only.VERBS:
            cursor.execute(append_only.TRIGGERS[connection.vendor].format(verb=verb))


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database where sockets, threads and other processes see committed rows."""
    create_triggers()
    yield
    drop_triggers()
