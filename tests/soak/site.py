"""A site of a proof's own: a fresh folder and database, with the settings of a real one."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import django
from django.conf import settings
from django.core.management import call_command


def make_folder() -> Path:
    """Where the site keeps what it writes; one already named in the environment stays."""
    named = os.environ.get("COUNTERFLOW_VAR") or tempfile.mkdtemp(prefix="counterflow-soak-")
    os.environ["COUNTERFLOW_VAR"] = named
    return Path(named)


def begin(store: str, *, careless: bool = False) -> None:
    """Set Django up on `store`: "sqlite" or the address of an empty database.

    `careless` has SQLite acknowledge before it flushes: what a rig must then find proves the rig.
    """
    os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.local"
    if store != "sqlite":
        os.environ["COUNTERFLOW_DATABASE_URL"] = store
    django.setup()
    if careless:
        options = settings.DATABASES["default"]["OPTIONS"]
        options["init_command"] = options["init_command"].replace("=FULL", "=OFF")
    call_command("migrate", verbosity=0)
    release_connections()


def release_connections() -> None:
    """Before a fork: a connection, and a pool's threads, belong to the process that made them."""
    from django.db import connections  # noqa: PLC0415 - after Django's setup

    for one in connections.all(initialized_only=True):
        one.close()
        close_pool = getattr(one, "close_pool", None)  # PostgreSQL's alone
        if close_pool is not None:
            close_pool()
