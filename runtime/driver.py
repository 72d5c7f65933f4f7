"""Decide and store: one event of one run, in one transaction. Nothing is performed here.

The transaction loads the run's state, lets `flow.interpreter.advance` decide, compares and sets
`Run.seq`, appends the event to the run's hash chain and writes a job for each command. Whoever
loses the race reloads and tries again.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from typing import NamedTuple, TypeAlias
from uuid import UUID

import structlog
from django.db import OperationalError, connection, transaction

from designer.models import FlowVersion
from flow import codec
from flow.errors import EventRefusedError
from flow.events import Caller, Event, RunMigrated, RunStarted, is_shared
from flow.graph import JsonValue
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph
from flow.interpreter.boundaries import is_any_late
from flow.state import RunState
from runtime import hints, rows, sealing, states
from runtime.clock import new_id
from runtime.errors import ConflictError, UnknownRunError, UnknownVersionError
from runtime.ledger import Ledger, Standing, Written
from runtime.models import Run, RunEvent
from runtime.sealing import Seal, state_place
from runtime.statements import Statements
from runtime.states import MovedOnError, Point
from runtime.together import Together
from runtime.versions import bound_graph, find_version, version_under

ATTEMPTS = 8
_PAUSE_S = 0.004
OUTAGE_S = 3.0
"""How long a step waits for a database that has gone away or is locked."""
_OUTAGE_PAUSE_S = 0.05

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Advanced:
    """What an event came to: the seq it made, or made the first time it came."""

    seq: int
    duplicate: bool = False
    changed: bool = True
    """Whether the run took any notice: not of what nobody waits for any more."""
    calls: bool = False
    """Whether the run may have sub-flows."""


def start_run(
    version: FlowVersion,
    *,
    at_ms: int,
    locale: str = "en",
    variables: Mapping[str, JsonValue] | None = None,
    caller: Caller | None = None,
    actor: str = "system",
) -> Run:
    """A new run of `version`, with its first event stored; the sub-flow of `caller` if given."""
    run_id = new_id()
    data_key = sealing.fresh_key(run_id)
    with transaction.atomic():
        run = Run.objects.create(
            id=run_id,
            workspace_id=version.flow.workspace_id,
            version=version,
            locale=locale,
            started_at_ms=at_ms,
            data_key=data_key,
            parent_id=UUID(caller.run) if caller else None,
            parent_activity=caller.activity if caller else "",
            root_id=UUID(caller.root) if caller else None,
        )
        started = RunStarted(
            at_ms=at_ms,
            seed=secrets.token_hex(16),
            locale=locale,
            variables=dict(variables or {}),
            graph=version.hash,
            caller=caller,
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
    the event (nothing is stored). An OperationalError leaves open what happened: bring it again.
    """
    wish = _Wish(run_id, event, key, actor)
    if within is None and not connection.in_atomic_block:
        return _TOGETHER.do(wish)
    return _alone(wish, within)


class _Wish(NamedTuple):
    run_id: UUID
    event: Event
    key: str
    actor: str


def _together(wishes: Sequence[_Wish]) -> Sequence[Advanced | Exception]:
    """The steps of several threads in one transaction, answered when it is committed.

    What a run refuses has written nothing. Anything else undoes all of it, and each is tried alone.
    """
    if len(wishes) > 1:
        try:
            with transaction.atomic():
                statements = Statements(connection)
                # Always in the same order, so that no two processes wait for each other.
                order = sorted(range(len(wishes)), key=lambda n: wishes[n].run_id)
                outcomes = {n: _answer(wishes[n], statements) for n in order}
            return [outcomes[n] for n in range(len(wishes))]
        except Exception:
            log.warning("steps_parted", count=len(wishes), exc_info=True)
    return [_outcome(one) for one in wishes]


def _answer(wish: _Wish, statements: Statements) -> Advanced | Exception:
    try:
        return _advance_once(*wish, statements)
    except (EventRefusedError, UnknownRunError) as error:
        return error


def _outcome(wish: _Wish) -> Advanced | Exception:
    try:
        return _alone(wish, None)
    except Exception as error:  # noqa: BLE001 - raised again in the thread that asked
        return error


def _alone(wish: _Wish, within: Callable[[], None] | None) -> Advanced:
    """In a transaction of its own; again when others came first or the database was away."""
    began = time.monotonic()
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                if within is not None:
                    within()
                return _advance_once(*wish, Statements(connection))
        except MovedOnError:
            time.sleep(_PAUSE_S * attempt)
        except OperationalError:
            if connection.in_atomic_block or time.monotonic() - began > OUTAGE_S:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(_OUTAGE_PAUSE_S * 2**attempt)
    raise ConflictError(run_id=wish.run_id, attempts=ATTEMPTS)


_TOGETHER = Together(_together)


def _advance_once(
    run_id: UUID, event: Event, key: str, actor: str, statements: Statements
) -> Advanced:
    ledger = Ledger(run_id, statements)
    standing = ledger.find_standing(key)
    if standing is None:
        raise UnknownRunError(run_id=run_id)
    if standing.known_seq is not None:
        calls = bound_graph(standing.version_id).calls
        return Advanced(seq=standing.known_seq, duplicate=True, calls=calls)
    if standing.erased_at_ms is not None:
        raise EventRefusedError(reason="run_erased", message="The run has been erased")
    seal = _seal_of(run_id, standing)
    before = states.state_at(seal, ledger, standing)
    version_id = version_under(standing.version_id, event, before)
    bound = bound_graph(version_id)
    step = advance(bound, before, event)
    entry = rows.entry_of(seal, standing, event, key=key, actor=actor)
    is_due = states.is_snapshot_due(
        standing, step.state, is_moved=version_id != standing.version_id
    )
    written = Written(
        position=rows.position_of(entry, version_id, step.state),
        entry=entry,
        snapshot=rows.snapshot_of(seal, entry, step.state) if is_due else None,
        ended=rows.ended_timers(run_id, before, step.state),
        jobs=rows.jobs_of(seal, before, step, at_ms=event.at_ms),
    )
    if not ledger.write(written):
        raise MovedOnError
    states.remember(run_id, Point(entry.seq, entry.hash, step.state))
    if bound.calls and is_shared(event):
        _share(run_id, event, key=key, actor=actor)
    shown_by = UUID(step.state.root) if step.state.root else run_id
    transaction.on_commit(partial(_tell, shown_by, entry.seq, queued=bool(written.jobs)))
    return Advanced(seq=entry.seq, changed=step.state is not before, calls=bound.calls)


def _share(run_id: UUID, event: Event, *, key: str, actor: str) -> None:
    """Bring what happened to the run to its sub-flows too, in the same transaction.

    Always from the top down, so that no two transactions wait for each other.
    """
    living = Run.objects.filter(parent=run_id, ending="").order_by("pk")
    for child in living.values_list("pk", flat=True):
        with suppress(EventRefusedError):  # one that has halted neither rests nor goes on
            advance_run(child, event, key=key, actor=actor)


def _seal_of(run_id: UUID, standing: Standing) -> Seal:
    erased = standing.erased_at_ms is not None
    if erased:  # by another process, maybe
        forget(run_id)
    return sealing.seal_of(run_id, standing.data_key, is_erased=erased)


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
    version_id: UUID


def read_run(run_id: UUID) -> Snapshot:
    """The run's state for projection.

    Raises UnknownRunError, RunErasedError, RunSealedError.
    """
    while True:
        try:
            return _read_once(run_id)
        except MovedOnError:
            continue


def _read_once(run_id: UUID) -> Snapshot:
    ledger = Ledger(run_id, Statements(connection))
    standing = ledger.find_standing("")
    if standing is None:
        raise UnknownRunError(run_id=run_id)
    state = states.state_at(_seal_of(run_id, standing), ledger, standing)
    states.remember(run_id, Point(standing.seq, standing.head, state))
    bound = bound_graph(standing.version_id)
    return Snapshot(standing.seq, state, bound, standing.version_id)


def is_late(run: Run) -> bool:
    """Whether something of the run lasts longer than it should; once it has ended, nothing does."""
    if run.ending or not bound_graph(run.version_id).slas:
        return False
    return is_any_late(read_run(run.pk).state)


def replay(run_id: UUID, *, up_to: int | None = None) -> RunState:
    """The state that the run's events make, from the first one on; the last is `up_to`."""
    graphs, seal, state = graphs_of(run_id), sealing.seal_for(run_id), initial_state()
    told = RunEvent.objects.filter(run_id=run_id).order_by("seq")
    for stored in told if up_to is None else told.filter(seq__lte=up_to):
        event = codec.event_from_json(seal.open_event(stored))
        state = advance(graph_at(graphs, stored.seq), state, event).state
    return state


Graphs: TypeAlias = tuple[tuple[int, BoundGraph], ...]
"""The graphs a run has gone under, each with the seq of the first event that it took."""


def graphs_of(run_id: UUID) -> Graphs:
    """By the run's own log; a run that never moved has one. The newest comes first."""
    last: UUID = Run.objects.values_list("version_id", flat=True).get(pk=run_id)
    told = RunEvent.objects.filter(run_id=run_id, kind__in=("RunStarted", "RunMigrated"))
    told = told.order_by("-seq")
    if len(told) <= 1:
        return ((1, bound_graph(last)),)
    seal = sealing.seal_for(run_id)
    events = ((one.seq, codec.event_from_json(seal.open_event(one))) for one in told)
    return tuple((seq, _graph_named_by(last, event)) for seq, event in events)


def _graph_named_by(last: UUID, event: Event) -> BoundGraph:
    named = event.to if isinstance(event, RunMigrated) else getattr(event, "graph", "")
    version_id = find_version(last, named)
    if version_id is None:
        raise UnknownVersionError(content_hash=named)
    return bound_graph(version_id)


def graph_at(graphs: Graphs, seq: int) -> BoundGraph:
    """The graph that took the event of this seq."""
    return next(bound for first, bound in graphs if first <= seq)


def is_snapshot_true(run_id: UUID) -> bool:
    """Whether the stored snapshot, if there is one yet, is what the events up to it make."""
    run = Run.objects.get(pk=run_id)
    if run.state_seq == 0:
        return True
    stored = sealing.seal_for(run_id).open(state_place(run.state_seq), run.state)
    return codec.state_to_json(replay(run_id, up_to=run.state_seq)) == stored


def forget(run_id: UUID) -> None:
    """Drop what this process remembers of the run."""
    states.forget(run_id)
