"""DBOS: ten steps of one workflow; the workflow's own first and last write are not counted."""

from __future__ import annotations

import sys

import sqlalchemy
from asked import STEPS, answer, seconds
from dbos import DBOS

URL = sys.argv[1]

if URL.startswith("sqlite"):

    @sqlalchemy.event.listens_for(sqlalchemy.Engine, "connect")
    def flush_each_commit(connection, _record):
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")


DBOS(config={"name": "bench", "system_database_url": URL, "log_level": "ERROR"})


@DBOS.step()
def agree(number: int) -> int:
    return number


@DBOS.workflow()
def linear() -> float:
    return seconds(lambda: [agree(number) for number in range(STEPS)])


DBOS.launch()
answer(linear)
DBOS.destroy()
