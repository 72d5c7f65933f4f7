"""The database of the site, from its address: Django's entry for SQLite, PostgreSQL or MariaDB."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from config.environment import number

BUSY_TIMEOUT_S = 20
CONNECT_TIMEOUT_S = 5
POOL_TIMEOUT_S = 5


def database(default: Path) -> Mapping[str, Any]:
    """What `COUNTERFLOW_DATABASE_URL` names: `postgresql://…`, `mariadb://…` or `sqlite:///path`."""
    url = os.environ.get("COUNTERFLOW_DATABASE_URL", "")
    if not url:
        return sqlite(default)
    parts = urlsplit(url)
    match parts.scheme:
        case "sqlite":
            return sqlite(Path(unquote(parts.path)))
        case "postgres" | "postgresql":
            return _postgresql(parts)
        case "mariadb" | "mysql":
            return _mariadb(parts)
    raise ImproperlyConfigured(
        f"COUNTERFLOW_DATABASE_URL starts with {parts.scheme!r}; "
        "expected postgresql, mariadb or sqlite"
    )


def sqlite(path: Path) -> Mapping[str, Any]:
    """SQLite as a record that survives a power cut: WAL, flushed at each commit, writers queue.

    IMMEDIATE takes the write lock when a transaction begins, so none dies half-way for want of it.
    """
    return {
        "ENGINE": "config.sqlite",
        "NAME": str(path),
        "CONN_MAX_AGE": None,
        "OPTIONS": {
            "transaction_mode": "IMMEDIATE",
            "timeout": BUSY_TIMEOUT_S,
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL;"
            # 16 MB: moving the log into the file stops the writer, so seldom and much at once.
            "PRAGMA wal_autocheckpoint=4000;"
            # 16 MB for each connection at most, so that indexes stay at hand when many runs live.
            "PRAGMA cache_size=-16384;",
        },
    }


def _postgresql(parts: SplitResult) -> Mapping[str, Any]:
    """PostgreSQL through a psycopg pool; the query part of the address becomes libpq options.

    A connection is tried when it is taken from the pool: a server that was restarted costs none of
    those who come after it.
    """
    pool = {
        "min_size": 1,
        "max_size": number("COUNTERFLOW_DATABASE_POOL", 10),
        "timeout": POOL_TIMEOUT_S,
        # Then it gives up, and whoever comes next tries anew: by itself it would wait for minutes.
        "reconnect_timeout": 2,
    }
    options = {"connect_timeout": str(CONNECT_TIMEOUT_S), **dict(parse_qsl(parts.query))}
    return {
        "ENGINE": "django.db.backends.postgresql",
        **_place(parts),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, "pool": pool},
    }


def _mariadb(parts: SplitResult) -> Mapping[str, Any]:
    """MariaDB, a connection kept by each thread; the query part becomes options of PyMySQL."""
    options = {
        "charset": "utf8mb4",
        "isolation_level": "read committed",
        # As SQL has it: "key" is a name, and each assignment of an UPDATE sees the row as it was.
        "sql_mode": "STRICT_ALL_TABLES,ANSI_QUOTES,SIMULTANEOUS_ASSIGNMENT",
        "connect_timeout": CONNECT_TIMEOUT_S,
    }
    return {
        "ENGINE": "config.mariadb",
        **_place(parts),
        "CONN_MAX_AGE": None,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {**options, **dict(parse_qsl(parts.query))},
        "TEST": {"CHARSET": "utf8mb4", "COLLATION": "utf8mb4_bin"},
    }


def _place(parts: SplitResult) -> Mapping[str, str]:
    return {
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": unquote(parts.hostname or ""),
        "PORT": str(parts.port or ""),
    }
