"""The address of the database, and what becomes of it."""

from __future__ import annotations

from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.databases import database

DEFAULT = Path("/nowhere/site.sqlite3")


def named(monkeypatch: pytest.MonkeyPatch, url: str):
    monkeypatch.setenv("COUNTERFLOW_DATABASE_URL", url)
    return database(DEFAULT)


@pytest.mark.parametrize("scheme", ["mariadb", "mysql"])
def test_a_mariadb_speaks_standard_sql(monkeypatch, scheme):
    entry = named(monkeypatch, f"{scheme}://me:p%40ss@db.example:3307/calls?ssl_ca=/ca.pem")

    assert entry["ENGINE"] == "config.mariadb"
    assert (entry["NAME"], entry["USER"], entry["PASSWORD"]) == ("calls", "me", "p@ss")
    assert (entry["HOST"], entry["PORT"]) == ("db.example", "3307")
    assert entry["OPTIONS"]["isolation_level"] == "read committed"
    assert {"ANSI_QUOTES", "SIMULTANEOUS_ASSIGNMENT"} <= {*entry["OPTIONS"]["sql_mode"].split(",")}
    assert entry["OPTIONS"]["ssl_ca"] == "/ca.pem"


def test_postgresql_tries_a_connection_before_it_is_used(monkeypatch):
    entry = named(monkeypatch, "postgresql://me@db.example/calls?sslmode=verify-full")

    assert entry["CONN_HEALTH_CHECKS"]
    assert entry["OPTIONS"]["sslmode"] == "verify-full"
    assert entry["OPTIONS"]["pool"]["reconnect_timeout"] < entry["OPTIONS"]["pool"]["timeout"]


def test_without_an_address_it_is_sqlite(monkeypatch):
    assert named(monkeypatch, "")["NAME"] == str(DEFAULT)
    assert named(monkeypatch, "sqlite:///other%20place.sqlite3")["NAME"] == "/other place.sqlite3"


def test_what_is_none_of_them_stops_the_start(monkeypatch):
    with pytest.raises(ImproperlyConfigured, match="expected postgresql, mariadb or sqlite"):
        named(monkeypatch, "oracle://db/calls")
