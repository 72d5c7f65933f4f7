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
    with connection.schema_editor() as editor:
        append_only.release(None, editor)


def create_triggers() -> None:
    drop_triggers()
    with connection.schema_editor() as editor:
        append_only.guard(None, editor)


@pytest.fixture
def committed(transactional_db: None) -> Iterator[None]:
    """A database where sockets, threads and other processes see committed rows."""
    create_triggers()
    yield
    drop_triggers()
