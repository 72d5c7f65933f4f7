"""Every check of a deployment, in the order in which one mends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from django.db import DatabaseError

from config.diagnosis import database, house, media, traffic, turn
from config.diagnosis.verdict import Level, Verdict, fail

Check = Callable[[], Verdict | Iterable[Verdict]]
CHECKS: tuple[Check, ...] = (
    database.database,
    database.durability,
    database.migrations,
    database.clock,
    traffic.redis,
    traffic.broker,
    traffic.dispatcher,
    traffic.dead_jobs,
    media.workers,
    media.zones,
    turn.relays,
    media.disks,
    media.bucket,
    house.wrapping_keys,
    house.secret_files,
    house.debugging,
    house.demo,
    house.hosts,
    house.address,
)


ROWS = {
    database.durability,
    database.migrations,
    database.clock,
    traffic.dispatcher,
    traffic.dead_jobs,
    media.workers,
    media.zones,
}
"""What cannot be said while the database is away."""


def examine() -> list[Verdict]:
    """All verdicts; while the database is away, those that can be said without it."""
    there = is_there()
    return [
        verdict for check in CHECKS if there or check not in ROWS for verdict in _guarded(check)
    ]


def is_there() -> bool:
    """Whether the database answers at all."""
    try:
        database.database()
    except DatabaseError:
        return False
    return True


def _guarded(check: Check) -> Iterator[Verdict]:
    try:
        found = check()
        yield from [found] if isinstance(found, Verdict) else found
    except DatabaseError as error:
        mend = "Check that the database runs, is reachable and migrated (COUNTERFLOW_DATABASE_URL)."
        yield fail(check.__name__, type(error).__name__, mend)


def has_failed(verdicts: Iterable[Verdict]) -> bool:
    """Whether something does not work or is unsafe."""
    return any(one.level is Level.FAIL for one in verdicts)
