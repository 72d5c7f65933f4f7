"""The rows of one durable step: read a run, move it on, append its event, end and queue jobs.

These are the statements that every step of every run executes, so their texts are written once and
not built anew each time; everything else in the runtime reads and writes through the models. The
same texts hold for SQLite, PostgreSQL and MariaDB: UUIDs go in as hex, JSON in and out as text.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from runtime.statements import Statements

_STANDING = """
    SELECT seq, head, version_id, data_key, erased_at_ms, state_seq,
           (SELECT seq FROM runtime_runevent WHERE run_id = %s AND "key" = %s)
    FROM runtime_run WHERE id = %s
"""
_STATE = "SELECT state FROM runtime_run WHERE id = %s AND seq = %s"
_MOVE = """
    UPDATE runtime_run
    SET seq = %s, head = %s, version_id = %s, status = %s, ending = %s, ended_at_ms = %s
    WHERE id = %s AND seq = %s
"""
_KEEP = "UPDATE runtime_run SET state = %s, state_seq = %s WHERE id = %s"
_TAIL = """
    SELECT seq, data, prev_hash FROM runtime_runevent
    WHERE run_id = %s AND seq > %s AND seq <= %s ORDER BY seq
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


# PostgreSQL: the same in two statements, because a timer set again must find the old one ended.
_STEP = """
    WITH moved AS (
        UPDATE runtime_run
        SET seq = %s, head = %s, version_id = %s, status = %s, ending = %s, ended_at_ms = %s,
            state = COALESCE(%s::jsonb, state),
            state_seq = CASE WHEN %s::text IS NULL THEN state_seq ELSE %s END
        WHERE id = %s AND seq = %s
        RETURNING id
    ), ended AS (
        UPDATE runtime_job SET status = 'done', lease_until_ms = NULL
        WHERE key = ANY(%s::text[]) AND status IN ('ready', 'leased')
    )
    INSERT INTO runtime_runevent (run_id, seq, key, kind, data, actor, at_ms, prev_hash, hash)
    SELECT id, %s::integer, %s, %s, %s::jsonb, %s, %s::bigint, %s, %s FROM moved
"""
_JOBS = """
    INSERT INTO runtime_job (run_id, key, kind, activity, name, payload, due_at_ms,
                             fence, attempt, status, problem)
    SELECT %s::uuid, key, kind, activity, name, payload::jsonb, due_at_ms, 0, 0, 'ready', ''
    FROM unnest(%s::text[], %s::text[], %s::text[], %s::text[], %s::text[], %s::bigint[])
         WITH ORDINALITY AS job (key, kind, activity, name, payload, due_at_ms, place)
    ORDER BY place
"""


class Standing(NamedTuple):
    """Where a run stands, and the seq that the event of the asked key made, if it ever came."""

    seq: int
    head: str
    version_id: UUID
    data_key: str
    erased_at_ms: int | None
    state_seq: int
    """Where the snapshot stands; 0 for none."""
    known_seq: int | None


class Position(NamedTuple):
    """What a step makes of the run's row."""

    seq: int
    head: str
    version: str
    """Hex of the version it goes on under."""
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
    """All that a step leaves behind."""

    position: Position
    entry: Entry
    snapshot: str | None
    """JSON text of the state, where it is to be kept."""
    ended: list[str]
    """Job keys of the timers that need not fire any more."""
    jobs: list[Queued]
    """Fresh jobs, in the order in which they are to be performed."""


class Ledger:
    """The ledger of one run, within the transaction in which it is opened."""

    def __init__(self, run_id: UUID, statements: Statements) -> None:
        self._run, self._statements = run_id.hex, statements

    def find_standing(self, key: str) -> Standing | None:
        """Where the run stands; None when there is no such run."""
        row = self._statements.find(_STANDING, (self._run, key, self._run))
        if row is None:
            return None
        seq, head, version, *rest = row
        return Standing(seq, head, version if isinstance(version, UUID) else UUID(version), *rest)

    def find_state(self, seq: int) -> str | None:
        """The snapshot's JSON text; None when the run is no longer at `seq`."""
        row = self._statements.find(_STATE, (self._run, seq))
        return None if row is None else str(row[0])

    def find_tail(self, *, after: int, up_to: int) -> list[Said]:
        """The events of these seqs, in order."""
        return [Said(*row) for row in self._statements.find_all(_TAIL, (self._run, after, up_to))]

    def write(self, step: Written) -> bool:
        """Store a step whole; False, and nothing to be kept, when the run is no longer before it.

        Raises IntegrityError for a key that the log has already.
        """
        if self._statements.vendor == "postgresql":
            return self._write_at_once(step)
        change, each = self._statements.change, self._statements.change_each
        seq = step.entry.seq
        if not change(_MOVE, (*step.position, self._run, seq - 1)):
            return False
        change(_APPEND, (self._run, *step.entry))
        if step.snapshot is not None:
            change(_KEEP, (step.snapshot, seq, self._run))
        each(_END_TIMER, [(key,) for key in step.ended])
        each(_QUEUE, [(self._run, *job) for job in step.jobs])
        return True

    def _write_at_once(self, step: Written) -> bool:
        """Two statements and one wait for the server, where each of five would cost as much."""
        first = (
            *step.position, step.snapshot, step.snapshot, step.entry.seq,
            self._run, step.entry.seq - 1, step.ended, *step.entry,
        )  # fmt: skip
        second = (self._run, *([*column] for column in zip(*step.jobs, strict=True)))
        return self._statements.change_at_once((_STEP, first), (_JOBS, second if step.jobs else ()))
