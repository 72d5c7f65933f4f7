"""The state of a run: from this process's memory, or from its snapshot and the tail of its log.

A snapshot costs more than the step it is of, so not every step writes one: every SNAPSHOT_EVERY-th
does, and each that leaves the run otherwise than open or moves it to another version. Whoever needs
the state folds the few events since then anew, all of them under the version the run stands under.
"""

from __future__ import annotations

import json
import threading
import time
from collections import OrderedDict
from typing import NamedTuple
from uuid import UUID

from flow import codec
from flow.interpreter.advance import advance, initial_state
from flow.state import RunState, RunStatus
from runtime.chain import GENESIS
from runtime.ledger import Ledger, Standing
from runtime.sealing import Seal, event_place, state_place
from runtime.versions import bound_graph

SNAPSHOT_EVERY = 16
_WEIGHT = 8
"""So many nodes or tokens more, and a snapshot waits for one step more."""
KEPT = 16_384
KEPT_S = 600.0
"""So many runs are remembered at most, 6 KB each and more, and each for so long after its last step
or reading: memory grows with the runs that live, not with all that ever did."""


class MovedOnError(Exception):
    """The run is no longer where it stood a moment ago."""


class Known(NamedTuple):
    """Where a run stood once, and its state there: maybe old, and maybe never committed.

    So it is only ever used where the database says, or compares, that the run still stands there.
    """

    standing: Standing
    state: RunState


class _Point(NamedTuple):
    """A state to fold on, and the event that made it; no hash where the row itself vouches."""

    seq: int
    head: str
    state: RunState


def state_at(seal: Seal, ledger: Ledger, standing: Standing) -> RunState:
    """The run's state where it stands. Raises MovedOnError when it has gone on."""
    if standing.seq == 0:
        return initial_state()
    kept = _KNOWN.find(seal.run_id)
    if kept is not None and kept.standing[:2] == standing[:2]:
        return kept.state
    if kept is not None and standing.state_seq <= kept.standing.seq < standing.seq:
        base = _Point(kept.standing.seq, kept.standing.head, kept.state)
    else:
        base = _snapshot(seal, ledger, standing)
    return _folded(seal, ledger, standing, base)


def is_snapshot_due(standing: Standing, state: RunState, *, is_moved: bool) -> bool:
    """Whether the step from there to `state` writes a snapshot; `is_moved`: to another version.

    What has passed most nodes, or holds most tokens, costs most to write, and so is written less
    often: the cost of a step does not grow with the graph.
    """
    tail, size = standing.seq + 1 - standing.state_seq, len(state.passed) + len(state.activities)
    is_long = tail >= SNAPSHOT_EVERY + size // _WEIGHT
    return is_long or state.status is not RunStatus.OPEN or is_moved


def find_known(run_id: UUID) -> Known | None:
    """What this process remembers of the run."""
    return _KNOWN.find(run_id)


def remember(run_id: UUID, known: Known) -> None:
    """Keep it in memory for whoever asks next."""
    _KNOWN.put(run_id, known)


def forget(run_id: UUID) -> None:
    """Drop what this process remembers of the run."""
    _KNOWN.drop(run_id)


def _snapshot(seal: Seal, ledger: Ledger, standing: Standing) -> _Point:
    if standing.state_seq == 0:
        return _Point(0, GENESIS, initial_state())
    stored = ledger.find_state(seal.run_id, standing.seq)
    if stored is None:
        raise MovedOnError
    document = seal.open(state_place(standing.state_seq), json.loads(stored))
    return _Point(standing.state_seq, "", codec.state_from_json(document))


def _folded(seal: Seal, ledger: Ledger, standing: Standing, base: _Point) -> RunState:
    bound, state = bound_graph(standing.version_id), base.state
    tail = ledger.find_tail(seal.run_id, after=base.seq, up_to=standing.seq)
    if base.head and tail and tail[0].prev_hash != base.head:  # remembered, but never committed
        return _folded(seal, ledger, standing, _snapshot(seal, ledger, standing))
    for seq, data, _ in tail:
        document = seal.open(event_place(seq), json.loads(data))
        state = advance(bound, state, codec.event_from_json(document)).state
    return state


class Memory:
    """What is known of some runs: those that were read or stepped last."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[int, tuple[Known, float]] = OrderedDict()
        """By `UUID.int`, which is hashed many times sooner."""

    def find(self, run_id: UUID) -> Known | None:
        with self._lock:
            kept = self._kept.get(run_id.int)
        return None if kept is None else kept[0]

    def drop(self, run_id: UUID) -> None:
        with self._lock:
            self._kept.pop(run_id.int, None)

    def put(self, run_id: UUID, known: Known) -> None:
        now, key = time.monotonic(), run_id.int
        with self._lock:
            self._kept[key] = (known, now + KEPT_S)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT or next(iter(self._kept.values()))[1] <= now:
                self._kept.popitem(last=False)


_KNOWN = Memory()
