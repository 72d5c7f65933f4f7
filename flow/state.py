"""The state of a run and the legal changes of its status: what `advance` takes and gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from flow.component import Person, Signal
from flow.events import ActivityId, Mode, ParticipantId, RecordingId
from flow.graph import JsonObject, JsonValue, NodeId
from flow.records import quick
from flow.shapes import SPARSE


class RunStatus(StrEnum):
    """Where a run stands as a whole."""

    OPEN = "open"
    CLOSED = "closed"
    INCIDENT = "incident"
    SUSPENDED = "suspended"
    COMPENSATING = "compensating"


NEXT: Mapping[RunStatus, frozenset[RunStatus]] = {
    RunStatus.OPEN: frozenset(
        {RunStatus.CLOSED, RunStatus.INCIDENT, RunStatus.SUSPENDED, RunStatus.COMPENSATING}
    ),
    RunStatus.INCIDENT: frozenset({RunStatus.OPEN, RunStatus.CLOSED, RunStatus.COMPENSATING}),
    RunStatus.SUSPENDED: frozenset({RunStatus.OPEN, RunStatus.CLOSED, RunStatus.COMPENSATING}),
    RunStatus.COMPENSATING: frozenset({RunStatus.CLOSED}),
    RunStatus.CLOSED: frozenset(),
}


class EndKind(StrEnum):
    """What an ending means for the service."""

    SUCCESS = "success"
    REJECT = "reject"
    ABORT = "abort"
    DEFER = "defer"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How and where the run ended."""

    kind: EndKind
    code: str
    node: NodeId | None
    at_ms: int
    message: Mapping[str, str] = field(default_factory=dict)
    """What the customer reads on the closing page, by locale."""
    next_step: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """The run cannot go on by itself. `cause` is English, for operators only."""

    node: NodeId
    code: str
    cause: str
    at_ms: int
    activity: ActivityId | None = field(default=None, metadata=SPARSE)
    """The activity it struck, still there; None when none had begun or it was over."""
    branch: tuple[str, ...] = field(default=(), metadata=SPARSE)
    """Of the token that waits there: see `ActivityState.branch`."""
    has_token: bool = field(default=True, metadata=SPARSE)
    """Whether a token waits at the node; a span, or what was being cleared up, holds none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Deferred:
    """What an activity was not told because the run stood still; it hears it afterwards."""

    activity: ActivityId
    signal: Signal


@dataclass(frozen=True, slots=True, kw_only=True)
class Early:
    """An event of another system that no step has waited for yet."""

    id: str
    name: str
    data: Mapping[str, JsonValue]
    at_ms: int


@quick
@dataclass(frozen=True, kw_only=True)
class ActivityState:
    """One visit of a token to a node, or a span that outlives it."""

    id: ActivityId
    node: NodeId
    visit: int
    started_at_ms: int
    data: JsonObject = field(default_factory=dict)
    """The behaviour's own state."""
    requests: int = 0
    """How many requests it has made: the next command key is `<id>:<requests>`."""
    pending: Mapping[str, str] = field(default_factory=dict)
    """Command key -> kind of request, until it is completed or failed."""
    timers: Mapping[str, str] = field(default_factory=dict)
    """Timer name -> command key of the `SetTimer` in force."""
    span: str | None = None
    """Name of the span ("recording") once the token has gone on; None for a token's activity."""
    branch: tuple[str, ...] = field(default=(), metadata=SPARSE)
    """`<fork>/<outcome>` of each split around it, outermost first; a fork is named by the id of the
    activity that split."""
    collects: str | None = field(default=None, metadata=SPARSE)
    """The fork whose branches it waits for, when it is a join."""
    paused_ms: int = field(default=0, metadata=SPARSE)
    """How long of the time since its start the run stood still."""


@quick
@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A token on its way to a node."""

    node: NodeId
    branch: tuple[str, ...] = field(default=(), metadata=SPARSE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForkState:
    """A token was split; its branches are under way until a join has taken them together."""

    branches: tuple[str, ...]
    """The outcomes it was split into."""
    arrived: tuple[str, ...] = ()
    """Those whose token has come to the join, in order."""
    branch: tuple[str, ...] = ()
    """Of the token that was split."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something a step did for good, and how it is undone should the run be aborted."""

    activity: ActivityId
    node: NodeId
    operation: str
    data: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceState(Person):
    """A participant, and since when they are there or away."""

    since_ms: int
    paused_ms: int = field(default=0, metadata=SPARSE)
    """How long of the time since then the run stood still."""
    mode: Mode = field(default="normal", metadata=SPARSE)
    to: tuple[ParticipantId, ...] = field(default=(), metadata=SPARSE)
    """Whom a whisper is for, or who sees one who waits."""
    muted: tuple[str, ...] = field(default=(), metadata=SPARSE)
    """`audio`, `video`: what the others do not get of them."""
    turn: int = field(default=0, metadata=SPARSE)
    """How often the three above were set."""
    consented: bool = field(default=False, metadata=SPARSE)
    """They came later and agreed to be recorded."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """How a node was last left: for the rail, the trail of the auditor and the bounds of loops."""

    outcome: str
    visits: int
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RoomState:
    """The run's meeting place for media."""

    generation: int
    worker: str
    interrupted: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingState:
    """A recording of the run, running until it has ended."""

    id: RecordingId
    started_at_ms: int
    ended_at_ms: int | None = None
    stopping: bool = False
    """A `StopRecording` was asked and is not yet answered."""


@dataclass(frozen=True, kw_only=True)  # without slots: `flow.records`
class RunState:
    """Everything `advance` needs to know. Grows with the graph, never with the run's length."""

    status: RunStatus = RunStatus.OPEN
    started_at_ms: int = 0
    seed: str = ""
    locale: str = "en"
    root: str = field(default="", metadata=SPARSE)
    """The run at the top of the family; "" for a run that is no sub-flow."""
    depth: int = field(default=0, metadata=SPARSE)
    """How many runs are above it."""
    wanted: tuple[str, ...] = field(default=(), metadata=SPARSE)
    """The variables its caller takes back."""
    variables: Mapping[str, JsonValue] = field(default_factory=dict)
    activities: Mapping[ActivityId, ActivityState] = field(default_factory=dict)
    """Tokens and spans now active, in order of start."""
    passed: Mapping[NodeId, Passed] = field(default_factory=dict)
    people: Mapping[ParticipantId, PresenceState] = field(default_factory=dict)
    room: RoomState | None = None
    recordings: Mapping[RecordingId, RecordingState] = field(default_factory=dict)
    boundary_timers: Mapping[str, str] = field(default_factory=dict)
    """`<boundary kind>:<scope or *>` -> command key of its running timer."""
    spent_boundaries: tuple[str, ...] = ()
    """Keys as above of boundaries that have acted and stay quiet while their cause lasts."""
    asked: Mapping[str, str] = field(default_factory=dict)
    """Command key -> kind, of open requests about the room and recordings, whoever asked: the
    answer matters to the run also after the asking activity has ended."""
    requests: int = 0
    """Requests the interpreter itself has made: its command keys are `run:<n>`."""
    done: tuple[Done, ...] = field(default=(), metadata=SPARSE)
    """What an abort has to undo: the last is undone first."""
    undoing: str | None = field(default=None, metadata=SPARSE)
    """Command key of the `Compensate` that is under way for the last of `done`."""
    paused_ms: int = field(default=0, metadata=SPARSE)
    suspended_at_ms: int | None = field(default=None, metadata=SPARSE)
    fired: Mapping[str, int] = field(default_factory=dict, metadata=SPARSE)
    """Command key -> when (ms) the timer that fired while the run was suspended had been due."""
    postponed: Mapping[str, int] = field(default_factory=dict, metadata=SPARSE)
    """Command key -> by how many ms the timer has to wait longer once it comes due."""
    facts: Mapping[str, int] = field(default_factory=dict, metadata=SPARSE)
    """Kind of boundary -> since when (ms) what it watches for has been so: `weak_network`."""
    entered: Mapping[NodeId, int] = field(default_factory=dict, metadata=SPARSE)
    """Group with boundaries -> since when (ms) a token has been in it."""
    ending: Ending | None = None
    incident: Incident | None = None
    arrivals: tuple[Arrival, ...] = field(default=(), metadata=SPARSE)
    """Other tokens that were on their way when the run halted."""
    forks: Mapping[str, ForkState] = field(default_factory=dict, metadata=SPARSE)
    """Splits whose branches have not been joined, by the id of the activity that split."""
    deferred: tuple[Deferred, ...] = field(default=(), metadata=SPARSE)
    """In order of arrival; the latest alone where only the latest matters."""
    early: tuple[Early, ...] = field(default=(), metadata=SPARSE)
    """In order of arrival."""
