"""Transactions that the database undoes so that another can go on."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError

ATTEMPTS = 8
_PAUSE_S = 0.02
_MARIADB, _POSTGRESQL = 1213, "40P01"
Done = TypeVar("Done")


def survive(transact: Callable[[], Done]) -> Done:
    """What `transact`, a whole transaction, gives; done again when another had to go first.

    SQLite lets writers queue and knows no deadlock; of the others, each victim left nothing behind.
    """
    for attempt in range(1, ATTEMPTS):
        try:
            return transact()
        except OperationalError as error:
            if not _is_deadlock(error):
                raise
            # Not all at once again: who waits longer has the way to itself.
            time.sleep(random.uniform(0, _PAUSE_S) * attempt)  # noqa: S311 - a pause, no secret
    return transact()


def _is_deadlock(error: OperationalError) -> bool:
    return error.args[:1] == (_MARIADB,) or (
        getattr(error.__cause__, "sqlstate", None) == _POSTGRESQL
    )
