"""Who wants to write on SQLite gets its turn soon, for the lock is free for moments only."""

from __future__ import annotations

import sqlite3
import threading
import time
from pathlib import Path

import pytest

from config.sqlite.base import Connection

CLOSED_S, OPEN_S = 0.15, 0.03
ROUNDS = 8
OPENINGS = 14
"""SQLite's own waiting, by then a look every tenth of a second, needs twice as many."""


def opened(path: Path, limit_s: float = 30) -> sqlite3.Connection:
    made = sqlite3.connect(path, timeout=limit_s, isolation_level=None, factory=Connection)
    made.execute("PRAGMA journal_mode=WAL")
    return made


def write(path: Path) -> None:
    mine = opened(path)
    mine.cursor().execute("BEGIN IMMEDIATE")
    mine.rollback()
    mine.close()


def test_who_waits_takes_one_of_the_first_chances(tmp_path):
    path, openings = tmp_path / "one.sqlite3", 0
    busy = opened(path)
    for _ in range(ROUNDS):
        busy.cursor().execute("BEGIN IMMEDIATE")
        other = threading.Thread(target=write, args=(path,))
        other.start()
        time.sleep(2 * CLOSED_S)
        while other.is_alive():
            busy.rollback()
            openings += 1
            time.sleep(OPEN_S)
            busy.cursor().execute("BEGIN IMMEDIATE")
            time.sleep(CLOSED_S)
        busy.rollback()
    busy.close()

    assert ROUNDS <= openings <= OPENINGS


def test_nobody_waits_longer_than_the_limit(tmp_path):
    path = tmp_path / "one.sqlite3"
    busy, other = opened(path), opened(path, limit_s=0.05)
    busy.cursor().execute("BEGIN IMMEDIATE")

    with pytest.raises(sqlite3.OperationalError, match="locked"):
        other.cursor().execute("BEGIN IMMEDIATE")

    busy.close()
    other.close()


def test_another_error_is_told_at_once(tmp_path):
    one = opened(tmp_path / "one.sqlite3")

    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        one.cursor().execute("SELECT 1 FROM nowhere")

    one.close()
