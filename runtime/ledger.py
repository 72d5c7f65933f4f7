"""The rows of one durable step: read a run, move it on, append its event, end and queue jobs.

These are the statements that every step of every run executes, so their texts are written once and
not built anew each time; everything else in the runtime reads and writes through the models. What a
step found is compared in the very statement that moves the run on: if it is no longer so, nothing
is written. UUIDs go in as hex, JSON in and out as text.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from typing import NamedTuple
from uuid import UUID

from runtime.statements import Statements, array

_STANDING = """
    SELECT seq, head, version_id, data_key, state_seq, erased_at_ms,
           (SELECT seq FROM runtime_runevent WHERE run_id = %s AND "key" = %s)
    FROM runtime_run WHERE id = %s
"""
_STATE = "SELECT state FROM runtime_run WHERE id = %s AND seq = %s"
_TAIL = """
    SELECT seq, data, prev_hash FROM runtime_runevent
    WHERE run_id = %s AND seq > %s AND seq <= %s ORDER BY seq
"""
_MOVE = """
    UPDATE runtime_run SET seq = %s, head = %s, status = %s, ending = %s, ended_at_ms = %s{more}
    WHERE id = %s AND seq = %s AND head = %s AND data_key = %s AND erased_at_ms IS NULL
    AND NOT EXISTS (SELECT 1 FROM runtime_runevent WHERE run_id = %s AND "key" = %s)
"""
_APPEND = """
    INSERT INTO runtime_runevent
           (run_id, seq, "key", kind, data, actor, at_ms, prev_hash, hash)
    VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)
"""
_QUEUE = """
    INSERT INTO runtime_job (run_id, "key", kind, activity, name, payload, due_at_ms,
                             fence, attempt, status, problem)
    VALUES (%s, %s, %s, %s, %s, %s, %s, 0, 0, 'ready', '')
"""
_END_TIMER = """
    UPDATE runtime_job SET status = 'done', lease_until_ms = NULL
    WHERE "key" = %s AND status IN ('ready', 'leased')
"""


# PostgreSQL: all of it is one call of a function, which is a transaction by itself.
_WRITE = """
    SELECT runtime_write_step(
        %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s
    )
"""
_WRITE_EACH = """
    SELECT run FROM json_to_recordset(%s::json) AS step (
        run uuid, key_held text, version uuid, state text, seq integer, key text, kind text,
        data text, actor text, at_ms bigint, found text, head text, status text, ending text,
        ended_at_ms bigint, ended text[], jobs text[]
    ) WHERE runtime_write_step(
        run, key_held, version, state, seq, key, kind, data, actor, at_ms, found, head, status,
        ending, ended_at_ms, ended, jobs
    )
"""
_NAMES = (
    *("run", "key_held", "version", "state", "seq", "key", "kind", "data", "actor", "at_ms"),
    *("found", "head", "status", "ending", "ended_at_ms", "ended", "jobs"),
)
_AS_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode


class Standing(NamedTuple):
    """Where a run stands, and the seq that the event of the asked key made, if it ever came."""

    seq: int
    head: str
    version_id: UUID
    data_key: str
    state_seq: int
    """Where the snapshot stands; 0 for none."""
    erased_at_ms: int | None = None
    known_seq: int | None = None


class Position(NamedTuple):
    """What a step makes of the run's row."""

    seq: int
    head: str
    status: str
    ending: str
    ended_at_ms: int | None


class Entry(NamedTuple):
    """A row of the run's log. `data` is JSON text."""

    seq: int
    key: str
    kind: str
    data: str
    actor: str
    at_ms: int
    prev_hash: str
    hash: str


class Said(NamedTuple):
    """What a row of the run's log says, as far as folding it needs. `data` is JSON text."""

    seq: int
    data: str
    prev_hash: str


class Queued(NamedTuple):
    """A fresh job. `payload` is JSON text."""

    key: str
    kind: str
    activity: str
    name: str
    payload: str
    due_at_ms: int


class Written(NamedTuple):
    """All that a step leaves behind, and the standing it takes the run to be at."""

    run_id: UUID
    before: Standing
    position: Position
    version_id: UUID
    entry: Entry
    snapshot: str | None
    """JSON text of the state, where it is to be kept."""
    ended: list[str]
    """Job keys of the timers that need not fire any more."""
    jobs: list[Queued]
    """Fresh jobs, in the order in which they are to be performed."""


class Ledger:
    """The ledger over one connection, within a transaction or without."""

    def __init__(self, statements: Statements) -> None:
        self._statements = statements

    def find_standing(self, run_id: UUID, key: str) -> Standing | None:
        """Where the run stands; None when there is no such run."""
        row = self._statements.find(_STANDING, (run_id.hex, key, run_id.hex))
        if row is None:
            return None
        seq, head, version, *rest = row
        return Standing(seq, head, version if isinstance(version, UUID) else UUID(version), *rest)

    def find_state(self, run_id: UUID, seq: int) -> str | None:
        """The snapshot's JSON text; None when the run is no longer at `seq`."""
        row = self._statements.find(_STATE, (run_id.hex, seq))
        return None if row is None else str(row[0])

    def find_tail(self, run_id: UUID, *, after: int, up_to: int) -> list[Said]:
        """The events of these seqs, in order."""
        return [Said(*row) for row in self._statements.find_all(_TAIL, (run_id.hex, after, up_to))]

    def write(self, step: Written) -> bool:
        """Store a step whole; False, and nothing written, when the run is not where it was found.

        It has gone on, or has this key already, or its data key is another one or destroyed.
        """
        if self._statements.vendor == "postgresql":
            return self._statements.ask(_WRITE, _parameters(step)) == "t"
        change, each, run = self._statements.change, self._statements.change_each, step.run_id.hex
        if not change(*_move(step, run)):
            return False
        change(_APPEND, (run, *step.entry))
        each(_END_TIMER, [(key,) for key in step.ended])
        each(_QUEUE, [(run, *job) for job in step.jobs])
        return True

    def write_together(self, steps: Sequence[Written]) -> list[bool]:
        """Store the steps of several runs in one transaction of their own.

        Whether each was written: one that was not undoes none of the others.
        """
        if self._statements.vendor != "postgresql":
            return self._write_in_turn(steps)
        if len(steps) == 1:
            return [self.write(steps[0])]
        # Always in the same order, so that no two processes are likely to wait for each other.
        ordered = sorted(steps, key=lambda step: step.run_id)
        steps_told = _AS_JSON([_document(one) for one in ordered])
        rows = self._statements.find_all(_WRITE_EACH, (steps_told,))
        moved = {row[0] for row in rows}
        return [step.run_id in moved for step in steps]

    def _write_in_turn(self, steps: Sequence[Written]) -> list[bool]:
        self._statements.begin()
        try:
            done = [self.write(step) for step in steps]
            self._statements.commit()
        except BaseException:
            self._statements.roll_back()
            raise
        return done


def _move(step: Written, run: str) -> tuple[str, Sequence[object]]:
    before, more = step.before, {}
    if step.version_id != before.version_id:
        more["version_id"] = step.version_id.hex
    if step.snapshot is not None:
        more |= {"state": step.snapshot, "state_seq": str(step.entry.seq)}
    found = (run, before.seq, before.head, before.data_key, run, step.entry.key)
    return _move_text(tuple(more)), (*step.position, *more.values(), *found)


@cache
def _move_text(more: Iterable[str]) -> str:
    """An index is written anew wherever its column is named, so only what changes is."""
    return _MOVE.format(more="".join(f", {column} = %s" for column in more))


def _parameters(step: Written) -> Sequence[str | int | None]:
    """As the function of the database takes them."""
    jobs = [str(one) for job in step.jobs for one in job]
    return (*_plainly(step), array(step.ended), array(jobs))


def _document(step: Written) -> Mapping[str, object]:
    jobs = [one for job in step.jobs for one in job]
    return dict(zip(_NAMES, (*_plainly(step), step.ended, jobs), strict=True))


def _plainly(step: Written) -> Sequence[str | int | None]:
    """What is one value each."""
    _, _, *ending = step.position
    held, version = step.before.data_key, step.version_id.hex
    return (step.run_id.hex, held, version, step.snapshot, *step.entry, *ending)
