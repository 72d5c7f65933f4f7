"""One step of one run, thought through: what the event makes of the run where it was found to be.

Nothing is read or written. Whether the run is still there is for the ledger to say, which compares.
"""

from __future__ import annotations

from typing import NamedTuple
from uuid import UUID

from flow.events import Event
from flow.interpreter.advance import advance
from runtime import rows, sealing, states
from runtime.ledger import Written
from runtime.states import Known
from runtime.versions import bound_graph, version_under


class Wish(NamedTuple):
    """An event on its way to a run; `key` is its identity at its source."""

    run_id: UUID
    event: Event
    key: str
    actor: str


class Planned(NamedTuple):
    """A step before it is stored."""

    written: Written
    after: Known
    """What is known of the run once it is stored."""
    changed: bool
    calls: bool
    """Whether the run may have sub-flows."""
    shown_by: UUID
    """The run at the top, whose screens show this one."""


def plan(wish: Wish, known: Known) -> Planned:
    """The step that the event makes of the run.

    Raises EventRefusedError, and RunSealedError when the run's key does not open.
    """
    run_id, event, key, actor = wish
    before, state = known
    seal = sealing.seal_of(run_id, before.data_key, is_erased=False)
    version_id = version_under(before.version_id, event, state)
    bound = bound_graph(version_id)
    step = advance(bound, state, event)
    entry = rows.entry_of(seal, before, event, key=key, actor=actor)
    is_moved = version_id != before.version_id
    is_due = states.is_snapshot_due(before, step.state, is_moved=is_moved)
    held = rows.timers_of(step.state, state)
    written = Written(
        run_id=run_id,
        before=before,
        position=rows.position_of(entry, step.state),
        version_id=version_id,
        entry=entry,
        snapshot=rows.snapshot_of(seal, entry, step.state) if is_due else None,
        ended=rows.ended_timers(seal, state, step.state, held),
        jobs=rows.jobs_of(seal, state, step, held, at_ms=event.at_ms),
    )
    after = before._replace(
        seq=entry.seq,
        head=entry.hash,
        version_id=version_id,
        state_seq=entry.seq if is_due else before.state_seq,
    )
    return Planned(
        written=written,
        after=Known(after, step.state),
        changed=step.state is not state,
        calls=bound.calls,
        shown_by=UUID(step.state.root) if step.state.root else run_id,
    )
