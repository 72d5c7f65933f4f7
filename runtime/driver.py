"""Decide and store: one event of one run, in one transaction. Nothing is performed here.

A step is thought through on what this process remembers of the run, or else reads; then one
transaction compares that with the database, moves the run on, appends the event to its hash chain
and writes a job for each command. Whoever loses the race reads and tries again.
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
from django.db import (
    DEFAULT_DB_ALIAS,
    DatabaseError,
    OperationalError,
    connection,
    connections,
    transaction,
)

from designer.models import FlowVersion
from flow import codec
from flow.errors import EventRefusedError
from flow.events import Caller, Event, RunMigrated, RunStarted, is_shared
from flow.graph import JsonValue
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph
from flow.interpreter.boundaries import is_any_late
from flow.records import quick
from flow.state import RunState
from runtime import hints, sealing, states
from runtime.chain import GENESIS
from runtime.clock import new_id
from runtime.errors import ConflictError, UnknownRunError, UnknownVersionError
from runtime.ledger import Ledger, Standing, Written
from runtime.models import Run, RunEvent
from runtime.sealing import Seal, state_place
from runtime.statements import Statements
from runtime.states import Known, MovedOnError
from runtime.steps import Planned, Wish, plan
from runtime.together import Together
from runtime.versions import bound_graph, find_version

ATTEMPTS = 8
_PAUSE_S = 0.004
OUTAGE_S = 3.0
"""How long a step waits for a database that has gone away or is locked."""
_OUTAGE_PAUSE_S = 0.05
SOON_MS = 1_000
"""What is due later wakes no dispatcher: each looks by itself twice a second."""

log = structlog.get_logger(__name__)


@quick
@dataclass(frozen=True, kw_only=True)
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
        fresh = Standing(seq=0, head=GENESIS, version_id=version.pk, data_key=data_key, state_seq=0)
        states.remember(run_id, Known(fresh, initial_state()))
        advance_run(run_id, started, key="start", actor=actor)
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
    wish, database = Wish(run_id, event, key, actor), connections[DEFAULT_DB_ALIAS]
    if within is None and not database.in_atomic_block and not is_shared(event):
        try:
            return _with_others(wish)
        except MovedOnError:
            pass
        except DatabaseError:
            log.warning("step_parted", run=str(run_id), exc_info=True)
            database.close_if_unusable_or_obsolete()
    return _alone(wish, within)


def advance_here(run_id: UUID, event: Event, *, key: str) -> Advanced:
    """As `advance_run` for the house itself, once, as a part of the transaction under way.

    Raises MovedOnError too, when others came first: then that transaction is to be undone.
    """
    wish = Wish(run_id, event, key, "system")
    return _advance_once(wish)


def _with_others(wish: Wish) -> Advanced:
    """Written in one transaction with whatever other threads want to write now."""
    planned = _bring(wish, _TOGETHER.do)
    if isinstance(planned, Advanced):
        return planned
    states.remember(wish.run_id, planned.after)
    _tell(planned)
    return _advanced(planned)


def _store(steps: Sequence[Written]) -> Sequence[bool | Exception]:
    """The steps of several threads in one transaction: the first of each run, the others lose."""
    database = connections[DEFAULT_DB_ALIAS]
    first = {step.run_id: step for step in reversed(steps)}
    try:
        done = Ledger(Statements(database)).write_together([*first.values()])
    except DatabaseError as error:  # all of it is undone, and each is tried alone
        database.close_if_unusable_or_obsolete()
        return [error] * len(steps)
    outcomes = dict(zip(map(id, first.values()), done, strict=True))
    return [outcomes.get(id(step), False) for step in steps]


_TOGETHER = Together(_store)


def _alone(wish: Wish, within: Callable[[], None] | None) -> Advanced:
    """In a transaction of its own; again when others came first or the database was away."""
    began = time.monotonic()
    for attempt in range(ATTEMPTS):
        try:
            with transaction.atomic():
                if within is not None:
                    within()
                return _advance_once(wish)
        except MovedOnError:
            time.sleep(_PAUSE_S * attempt)
        except OperationalError:
            if connection.in_atomic_block or time.monotonic() - began > OUTAGE_S:
                raise
            connection.close_if_unusable_or_obsolete()
            time.sleep(_OUTAGE_PAUSE_S * 2**attempt)
    raise ConflictError(run_id=wish.run_id, attempts=ATTEMPTS)


def _advance_once(wish: Wish) -> Advanced:
    planned = _bring(wish, Ledger(Statements(connection)).write)
    if isinstance(planned, Advanced):
        return planned
    states.remember(wish.run_id, planned.after)
    if planned.calls and is_shared(wish.event):
        _share(wish.run_id, wish.event, key=wish.key, actor=wish.actor)
    transaction.on_commit(partial(_tell, planned))
    return _advanced(planned)


def _bring(wish: Wish, write: Callable[[Written], bool]) -> Planned | Advanced:
    """The step as it was written, or what came of this event when it came before.

    Raises MovedOnError when others come first all the time, and as `advance_run`.
    """
    known = states.find_known(wish.run_id)
    if known is not None:
        with suppress(EventRefusedError):  # by what is remembered; the database has the last word
            planned = plan(wish, known)
            if write(planned.written):
                return planned
    found = _look(wish)
    if isinstance(found, Advanced):
        return found
    planned = plan(wish, found)
    if not write(planned.written):
        raise MovedOnError
    return planned


def _look(wish: Wish) -> Known | Advanced:
    """Where the run stands by the database, or what came of the event when it came before."""
    ledger = Ledger(Statements(connection))
    standing = ledger.find_standing(wish.run_id, wish.key)
    if standing is None:
        raise UnknownRunError(run_id=wish.run_id)
    if standing.known_seq is not None:
        calls = bound_graph(standing.version_id).calls
        return Advanced(seq=standing.known_seq, duplicate=True, calls=calls)
    if standing.erased_at_ms is not None:
        raise EventRefusedError(reason="run_erased", message="The run has been erased")
    return Known(standing, states.state_at(_seal_of(wish.run_id, standing), ledger, standing))


def _advanced(planned: Planned) -> Advanced:
    seq = planned.written.entry.seq
    return Advanced(seq=seq, changed=planned.changed, calls=planned.calls)


def _tell(planned: Planned) -> None:
    hints.tell_run(planned.shown_by, planned.written.entry.seq)
    soon_ms = planned.written.entry.at_ms + SOON_MS
    if any(job.due_at_ms < soon_ms for job in planned.written.jobs):
        hints.wake_dispatcher()


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
    ledger = Ledger(Statements(connection))
    standing = ledger.find_standing(run_id, "")
    if standing is None:
        raise UnknownRunError(run_id=run_id)
    state = states.state_at(_seal_of(run_id, standing), ledger, standing)
    states.remember(run_id, Known(standing, state))
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
