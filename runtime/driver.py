"""Decide and store: one event of one run, in one transaction. Nothing is performed here.

The transaction loads the snapshot, lets `flow.interpreter.advance` decide, compares and sets
`Run.seq`, appends the event to the run's hash chain and writes a job for each command. Whoever
loses the race reloads and tries again.
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import asdict, dataclass
from functools import partial
from typing import NamedTuple
from uuid import UUID

from django.db import transaction

from components.registry import components_of
from designer.models import FlowVersion
from flow import codec
from flow.commands import CancelTimer, Command, SetTimer
from flow.events import Event, RunStarted
from flow.graph import JsonObject, JsonValue
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph, bind
from flow.state import RunState, RunStatus
from runtime import hints
from runtime.chain import event_hash
from runtime.errors import ConflictError, UnknownRunError
from runtime.models import Job, Run, RunEvent

ATTEMPTS = 8
_PAUSE_S = 0.004
_CACHE_SIZE = 512


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """What an event came to: the seq it made, or made the first time it came."""

    seq: int
    duplicate: bool = False


class _Loaded(NamedTuple):
    seq: int
    head: str
    version_id: UUID


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
            with transaction.atomic():
                if within is not None:
                    within()
                return _advance_once(run_id, event, key=key, actor=actor)
        except _LostRaceError:
            time.sleep(_PAUSE_S * attempt)
    raise ConflictError(run_id=run_id, attempts=ATTEMPTS)


def _advance_once(run_id: UUID, event: Event, *, key: str, actor: str) -> Advanced:
    loaded = _load(run_id)
    known = find_stored(run_id, key)
    if known is not None:
        return known
    before = _state_at(run_id, loaded)
    step = advance(bound_graph(loaded.version_id), before, event)
    seq, data = loaded.seq + 1, codec.event_to_json(event)
    entry = RunEvent(
        run_id=run_id,
        seq=seq,
        key=key,
        kind=type(event).__name__,
        data=data,
        actor=actor,
        at_ms=event.at_ms,
        prev_hash=loaded.head,
    )
    entry.hash = event_hash(entry)
    _compare_and_set(run_id, loaded.seq, seq, entry.hash, step.state, event.at_ms)
    entry.save(force_insert=True)
    for gone in before.activities.keys() - step.state.activities.keys():
        _end_timers(run_id, activity=gone)
    queued = _queue(run_id, step.commands, at_ms=event.at_ms)
    if step.state.status is RunStatus.CLOSED and before.status is not RunStatus.CLOSED:
        queued = _queue_closing(run_id, at_ms=event.at_ms)
    _STATES.put((run_id, seq, entry.hash), step.state)
    transaction.on_commit(partial(_tell, run_id, seq, queued=queued))
    return Advanced(seq=seq)


def _load(run_id: UUID) -> _Loaded:
    row = Run.objects.filter(pk=run_id).values_list("seq", "head", "version_id").first()
    if row is None:
        raise UnknownRunError(run_id=run_id)
    return _Loaded(*row)


def _state_at(run_id: UUID, loaded: _Loaded) -> RunState:
    """The run's state at `loaded`.

    From memory when this process made it, else from the snapshot.
    """
    cached = _STATES.get((run_id, loaded.seq, loaded.head))
    if cached is not None:
        return cached
    if loaded.seq == 0:
        return initial_state()
    row = Run.objects.filter(pk=run_id, seq=loaded.seq).values_list("state", flat=True).first()
    if row is None:
        raise _LostRaceError
    return codec.state_from_json(row)


def _compare_and_set(
    run_id: UUID, old_seq: int, seq: int, head: str, state: RunState, at_ms: int
) -> None:
    closed = state.status is RunStatus.CLOSED
    changed = Run.objects.filter(pk=run_id, seq=old_seq).update(
        seq=seq,
        head=head,
        state=codec.state_to_json(state),
        status=state.status.value,
        ending=state.ending.kind.value if state.ending else "",
        ended_at_ms=(state.ending.at_ms if state.ending else at_ms) if closed else None,
    )
    if not changed:
        raise _LostRaceError


def _queue(run_id: UUID, commands: Iterable[Command], *, at_ms: int) -> bool:
    """A job for each command; a timer set again or cancelled ends the one of its name.

    True if any job came.
    """
    jobs = []
    for command in commands:
        if isinstance(command.request, SetTimer | CancelTimer):
            _end_timers(run_id, activity=command.activity or "", name=command.request.name)
        if not isinstance(command.request, CancelTimer):
            jobs.append(_job(run_id, command, at_ms=at_ms))
    Job.objects.bulk_create(jobs)
    return bool(jobs)


def _job(run_id: UUID, command: Command, *, at_ms: int) -> Job:
    request = command.request
    name, due_at_ms = "", at_ms
    if isinstance(request, SetTimer):
        name, due_at_ms = request.name, request.due_at_ms
    return Job(
        run_id=run_id,
        key=f"{run_id}/{command.key}",
        kind=type(request).__name__,
        activity=command.activity or "",
        name=name,
        payload=asdict(request),
        due_at_ms=due_at_ms,
    )


def _end_timers(run_id: UUID, **which: str) -> None:
    Job.objects.filter(
        run_id=run_id, kind="SetTimer", status__in=(Job.Status.READY, Job.Status.LEASED), **which
    ).update(status=Job.Status.DONE, lease_until_ms=None)


def _queue_closing(run_id: UUID, *, at_ms: int) -> bool:
    """The run is over: its timers end, and one job frees whoever and whatever it still holds."""
    _end_timers(run_id)
    Job.objects.create(run_id=run_id, key=f"{run_id}/closing", kind="FreeRun", due_at_ms=at_ms)
    return True


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
        loaded = _load(run_id)
        try:
            state = _state_at(run_id, loaded)
        except _LostRaceError:
            continue
        _STATES.put((run_id, loaded.seq, loaded.head), state)
        return Snapshot(loaded.seq, state, bound_graph(loaded.version_id))


def replay(run_id: UUID) -> RunState:
    """The state that the run's events make, from the first one on."""
    bound = bound_graph(_load(run_id).version_id)
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
