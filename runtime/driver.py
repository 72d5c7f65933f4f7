"""Decide and store: one event of one run, in one transaction. Nothing is performed here.

The transaction loads the snapshot, lets `flow.interpreter.advance` decide, compares and sets
`Run.seq`, appends the event to the run's hash chain and writes a job for each command. Whoever
loses the race reloads and tries again.
"""

from __future__ import annotations

import json
import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import connection, transaction

from components.registry import components_of
from designer.models import FlowVersion
from flow import codec, shapes
from flow.commands import CancelTimer, Command, SetTimer
from flow.events import Event, RunStarted
from flow.graph import JsonObject, JsonValue
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from flow.interpreter.turn import Step
from flow.state import RunState, RunStatus
from runtime import hints
from runtime.chain import Told, canonical, told_hash
from runtime.errors import ConflictError, UnknownRunError
from runtime.ledger import Entry, Ledger, Position, Queued, Standing
from runtime.models import Run, RunEvent

ATTEMPTS = 8
_PAUSE_S = 0.004
_CACHE_SIZE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """What an event came to: the seq it made, or made the first time it came."""

    seq: int
    duplicate: bool = False
    changed: bool = True
    """Whether the run took any notice: not of what nobody waits for any more."""


class _LostRaceError(Exception):
    """Another transaction advanced the run between load and store."""


def start_run(
    version: FlowVersion,
    *,
    at_ms: int,
    locale: str = "en",
    variables: Mapping[str, JsonValue] | None = None,
    actor: str = "system",
) -> Run:
    """A new run of `version`, with its first event stored."""
    with transaction.atomic():
        run = Run.objects.create(
            workspace_id=version.flow.workspace_id,
            version=version,
            locale=locale,
            started_at_ms=at_ms,
        )
        started = RunStarted(
            at_ms=at_ms, seed=secrets.token_hex(16), locale=locale, variables=dict(variables or {})
        )
        advance_run(run.pk, started, key="start", actor=actor)
    run.refresh_from_db()
    return run


def advance_run(
    run_id: UUID,
    event: Event,
    *,
    key: str,
    actor: str,
    within: Callable[[], None] | None = None,
) -> Advanced:
    """Bring `event` to the run, once: the same `key` again answers what the first one did.

    `within` runs first in the same transaction; what it raises undoes everything. Raises
    UnknownRunError, ConflictError, and `flow.errors.EventRefusedError` when the run cannot take
    the event (nothing is stored).
    """
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                if within is not None:
                    within()
                return _advance_once(run_id, Ledger(run_id, cursor), event, key=key, actor=actor)
        except _LostRaceError:
            time.sleep(_PAUSE_S * attempt)
    raise ConflictError(run_id=run_id, attempts=ATTEMPTS)


def _advance_once(run_id: UUID, ledger: Ledger, event: Event, *, key: str, actor: str) -> Advanced:
    standing = ledger.find_standing(key)
    if standing is None:
        raise UnknownRunError(run_id=run_id)
    if standing.known_seq is not None:
        return Advanced(seq=standing.known_seq, duplicate=True)
    before = _state_at(run_id, ledger, standing.seq, standing.head)
    step = advance(bound_graph(standing.version_id), before, event)
    entry = _entry(run_id, standing, event, key=key, actor=actor)
    if not ledger.move_run(_position(entry, step.state), from_seq=standing.seq):
        raise _LostRaceError
    ledger.append(entry)
    queued = _queue(run_id, ledger, before, step, at_ms=event.at_ms)
    _STATES.put((run_id, entry.seq, entry.hash), step.state)
    transaction.on_commit(partial(_tell, run_id, entry.seq, queued=queued))
    return Advanced(seq=entry.seq, changed=step.state is not before)


def _entry(run_id: UUID, standing: Standing, event: Event, *, key: str, actor: str) -> Entry:
    """The event as a row: the text that is hashed is the text that is stored."""
    told = Told(
        seq=standing.seq + 1,
        key=key,
        kind=type(event).__name__,
        data=canonical(codec.event_to_json(event)),
        actor=actor,
        at_ms=event.at_ms,
        prev_hash=standing.head,
    )
    return Entry(*told, hash=told_hash(run_id, told))


def _position(entry: Entry, state: RunState) -> Position:
    closed, ending = state.status is RunStatus.CLOSED, state.ending
    ended_at_ms = ending.at_ms if ending else entry.at_ms
    return Position(
        seq=entry.seq,
        head=entry.hash,
        state=_text(codec.state_to_json(state)),
        status=state.status.value,
        ending=ending.kind.value if ending else "",
        ended_at_ms=ended_at_ms if closed else None,
    )


def _state_at(run_id: UUID, ledger: Ledger, seq: int, head: str) -> RunState:
    """The run's state at `seq`: from memory when this process made it, else from the snapshot."""
    cached = _STATES.get((run_id, seq, head))
    if cached is not None:
        return cached
    if seq == 0:
        return initial_state()
    snapshot = ledger.find_state(seq)
    if snapshot is None:
        raise _LostRaceError
    return codec.state_from_json(json.loads(snapshot))


def _queue(run_id: UUID, ledger: Ledger, before: RunState, step: Step, *, at_ms: int) -> bool:
    """A job for each command, and an end to each timer that the state no longer holds.

    A timer cancelled, set again or left behind by its activity is one it no longer holds. A run
    that has just closed gets one job more, which frees whoever and whatever it still holds.
    True if any job came.
    """
    held, holds = _timers_of(before), _timers_of(step.state)
    if ended := held - holds:
        ledger.end_timers([f"{run_id}/{key}" for key in ended])
    jobs = [
        _job(run_id, command, at_ms=at_ms)
        for command in step.commands
        if not isinstance(command.request, SetTimer | CancelTimer) or command.key in holds
    ]
    if step.state.status is RunStatus.CLOSED and before.status is not RunStatus.CLOSED:
        jobs.append(Queued(f"{run_id}/closing", "FreeRun", "", "", "{}", at_ms))
    if jobs:
        ledger.queue(jobs)
    return bool(jobs)


def _timers_of(state: RunState) -> set[str]:
    """Command keys of the timers that may still fire."""
    keys = set(state.boundary_timers.values())
    for activity in state.activities.values():
        keys.update(activity.timers.values())
    return keys


def _job(run_id: UUID, command: Command, *, at_ms: int) -> Queued:
    request = command.request
    timer = request if isinstance(request, SetTimer) else None
    return Queued(
        key=f"{run_id}/{command.key}",
        kind=type(request).__name__,
        activity=command.activity or "",
        name=timer.name if timer else "",
        payload=_text(shapes.to_json(request)),
        due_at_ms=timer.due_at_ms if timer else at_ms,
    )


def _text(document: JsonValue) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))


def _tell(run_id: UUID, seq: int, *, queued: bool) -> None:
    hints.tell_run(run_id, seq)
    if queued:
        hints.wake_dispatcher()


def find_stored(run_id: UUID, key: str) -> Advanced | None:
    """What the event of this key came to, if it ever came."""
    seq = RunEvent.objects.filter(run_id=run_id, key=key).values_list("seq", flat=True).first()
    return None if seq is None else Advanced(seq=seq, duplicate=True)


class Snapshot(NamedTuple):
    """A run as it is now, read at one moment."""

    seq: int
    state: RunState
    bound: BoundGraph


def read_run(run_id: UUID) -> Snapshot:
    """The run's state for projection. Raises UnknownRunError."""
    while True:
        try:
            return _read_once(run_id)
        except _LostRaceError:
            continue


def _read_once(run_id: UUID) -> Snapshot:
    with connection.cursor() as cursor:
        ledger = Ledger(run_id, cursor)
        standing = ledger.find_standing("")
        if standing is None:
            raise UnknownRunError(run_id=run_id)
        seq, head, version_id, _ = standing
        state = _state_at(run_id, ledger, seq, head)
    _STATES.put((run_id, seq, head), state)
    return Snapshot(seq, state, bound_graph(version_id))


def replay(run_id: UUID) -> RunState:
    """The state that the run's events make, from the first one on."""
    bound = bound_graph(Run.objects.values_list("version_id", flat=True).get(pk=run_id))
    state = initial_state()
    for data in (
        RunEvent.objects.filter(run_id=run_id).order_by("seq").values_list("data", flat=True)
    ):
        state = advance(bound, state, codec.event_from_json(data)).state
    return state


def is_snapshot_true(run_id: UUID) -> bool:
    """Whether the stored snapshot is what the events make."""
    stored: JsonObject = Run.objects.values_list("state", flat=True).get(pk=run_id)
    return codec.state_to_json(replay(run_id)) == stored


class _StateCache:
    """States by (run, seq, head): immutable facts, so an entry can be old but never wrong."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[UUID, tuple[tuple[UUID, int, str], RunState]] = OrderedDict()

    def get(self, key: tuple[UUID, int, str]) -> RunState | None:
        with self._lock:
            kept = self._kept.get(key[0])
        return kept[1] if kept is not None and kept[0] == key else None

    def put(self, key: tuple[UUID, int, str], state: RunState) -> None:
        with self._lock:
            self._kept[key[0]] = (key, state)
            self._kept.move_to_end(key[0])
            while len(self._kept) > _CACHE_SIZE:
                self._kept.popitem(last=False)


_STATES = _StateCache()
_GRAPHS: OrderedDict[UUID, BoundGraph] = OrderedDict()
_GRAPHS_SIZE = 128


def bound_graph(version_id: UUID) -> BoundGraph:
    """A version's graph with its components found. Versions never change, so it is kept."""
    bound = _GRAPHS.get(version_id)
    if bound is None:
        document = FlowVersion.objects.values_list("graph", flat=True).get(pk=version_id)
        graph = codec.graph_from_json(document)
        bound = bind(graph, components_of(graph))
        _GRAPHS[version_id] = bound
        while len(_GRAPHS) > _GRAPHS_SIZE:
            _GRAPHS.popitem(last=False)
    return bound
