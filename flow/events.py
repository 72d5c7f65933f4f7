"""Facts that can reach a run: past tense, frozen, each bringing its own time (`at_ms`)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, NewType, TypeAlias

from flow.graph import JsonValue
from flow.shapes import SPARSE

ActivityId = NewType("ActivityId", str)
"""`<node id>.<visit>`, e.g. `id_card.2`: the second visit of a token to the node."""
RUN = ActivityId("run")
"""Stands for the run itself where an activity is named."""
ParticipantId = NewType("ParticipantId", str)
RecordingId = NewType("RecordingId", str)
Role = Literal[
    "customer",
    "agent",
    "supervisor",
    "auditor",
    "system",
    "expert",
    "interpreter",
    "co_customer",
]
GUESTS: frozenset[Role] = frozenset({"expert", "interpreter", "co_customer"})
"""Who is asked into a call for its sake: they see and hear, and act on no step of the flow."""
Mode = Literal["normal", "monitor", "whisper", "hold", "waiting"]
"""How a person is in the call: see `runtime.media.hearing`."""
HIDDEN: frozenset[Mode] = frozenset({"monitor", "whisper"})
"""So is who listens, or speaks to some alone: the others are not told of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attendee:
    """Someone of the call at the moment in which a sub-flow begins."""

    participant: ParticipantId
    role: Role
    name: str
    staff_no: str
    present: bool
    since_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """The run that called this one as a sub-flow, and what it lends: its people and its room."""

    root: str
    """Id of the run at the top of the family: people, room and recordings are there."""
    run: str
    activity: ActivityId
    depth: int
    """How many runs are above this one."""
    people: tuple[Attendee, ...] = ()
    generation: int = 0
    """Of the room; 0 when there is none."""
    worker: str = ""
    interrupted: bool = False
    facts: Mapping[str, int] = field(default_factory=dict)
    """What boundaries watch for and is so: kind -> since when (ms)."""
    wanted: tuple[str, ...] = ()
    """The variables it takes back when this run has ended."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunStarted:
    """The first event of every run."""

    at_ms: int
    seed: str
    """Random hex chosen by the driver once; behaviours derive all chance from it."""
    locale: str = "en"
    variables: Mapping[str, JsonValue] = field(default_factory=dict)
    caller: Caller | None = field(default=None, metadata=SPARSE)
    """None for a run that began by itself."""
    graph: str = field(default="", metadata=SPARSE)
    """Content hash of the version's graph, so that the log itself says under which it began."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantJoined:
    """A participant's socket is connected (first time or again)."""

    at_ms: int
    participant: ParticipantId
    role: Role
    name: str
    staff_no: str = ""
    mode: Mode = field(default="normal", metadata=SPARSE)
    """How they are in the call when they come in for the first time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantPlaced:
    """How somebody is in the call is another from now on. `turn` counts these, per person."""

    at_ms: int
    participant: ParticipantId
    by: str
    """Whoever did it, as the audit trail names them."""
    mode: Mode
    to: tuple[ParticipantId, ...] = ()
    """Who hears a whisper, or sees one who waits."""
    muted: tuple[str, ...] = ()
    """`audio`, `video`: what nobody gets of them."""
    turn: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingConsented:
    """Somebody who came into a call that is recorded agreed to be recorded too."""

    at_ms: int
    participant: ParticipantId
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class ParticipantLeft:
    """A participant's last socket is gone. `deliberate`: pressed Leave or End; nobody need wait."""

    at_ms: int
    participant: ParticipantId
    role: Role
    deliberate: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Acted:
    """A person pressed something on an activity's panel."""

    at_ms: int
    activity: ActivityId
    action: str
    participant: ParticipantId
    role: Role
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimerFired:
    """A `SetTimer` came due. `key` is the command's key; a timer cancelled meanwhile is a no-op."""

    at_ms: int
    key: str
    due_at_ms: int | None = field(default=None, metadata=SPARSE)
    """When it was due, where that is known: after an outage it fires late."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandCompleted:
    """An effect was performed; `key` is the command's, `result` is described beside the command."""

    at_ms: int
    key: str
    result: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandFailed:
    """An effect failed for good, retries spent. `code` is a stable word, `message` is English."""

    at_ms: int
    key: str
    code: str
    message: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Signalled:
    """A fact for one activity or span that answers no command (queue position, agent found).

    To `RUN` go facts about the run: `weak_network` {active} while the customer's network is weak,
    `supervisor` {} when a supervisor steps in.
    """

    at_ms: int
    activity: ActivityId
    name: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExternalEventReceived:
    """Another system says that something has happened; refused unless a step may wait for it.

    It is for one step, and kept until that waits: see `flow.interpreter.early`. Without an `id`, as
    logs of old have it, every step that waits is told at once, and none later.
    """

    at_ms: int
    name: str
    data: Mapping[str, JsonValue] = field(default_factory=dict)
    id: str = field(default="", metadata=SPARSE)
    """Its identity at its source, as the log's row has it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EventHandedOn:
    """An event of another system that came early was for a sub-flow, which has it from now on."""

    at_ms: int
    id: str
    """Of the `ExternalEventReceived`."""
    run: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordingNoted:
    """The head of a recording's own hash chain enters the run's log; never moves a token."""

    at_ms: int
    recording: RecordingId
    what: Literal["started", "head", "chapter", "gap", "ended"]
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaInterrupted:
    """The worker holding the room is gone; `generation` is the room's generation that ended."""

    at_ms: int
    generation: int
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MediaRestored:
    """The room stands again, on `worker`, with a higher generation."""

    at_ms: int
    generation: int
    worker: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunCancelled:
    """A person with the right ended the run from outside the flow."""

    at_ms: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunSuspended:
    """Staff lets the run stand still: nobody can act, no time passes in it."""

    at_ms: int
    by: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunMigrated:
    """The run goes on under another version of its flow, from this event on.

    Taken by `advance` with the graph of the new version. Whoever brings it has made sure that
    `flow.verification.migration.migration_findings` has nothing against it.
    """

    at_ms: int
    by: str
    to: str
    """Content hash of the new version's graph."""
    nodes: Mapping[str, str] = field(default_factory=dict)
    """Node of the old version -> node of the new one, where the ids differ."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RunResumed:
    """The run goes on; every timer comes due later by as long as it stood still."""

    at_ms: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentRetried:
    """Staff lets the step that halted the run begin anew."""

    at_ms: int
    by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentSkipped:
    """Staff sends the token on by `outcome` of the step that halted the run; nothing else of it."""

    at_ms: int
    by: str
    outcome: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentEnded:
    """Staff ends the halted run."""

    at_ms: int
    by: str
    reason: str


_OF_THE_CALL = (
    ParticipantJoined,
    ParticipantPlaced,
    RecordingConsented,
    ParticipantLeft,
    MediaInterrupted,
    MediaRestored,
)
_STANDSTILL = (RunSuspended, RunResumed)


def is_shared(event: Event) -> bool:
    """Whether it happens to a run's sub-flows too: it is about the people, the room, the rest."""
    if isinstance(event, Signalled):
        return event.activity == RUN
    return isinstance(event, _OF_THE_CALL + _STANDSTILL)


Event: TypeAlias = (
    RunStarted
    | ParticipantJoined
    | ParticipantPlaced
    | RecordingConsented
    | ParticipantLeft
    | Acted
    | TimerFired
    | CommandCompleted
    | CommandFailed
    | Signalled
    | ExternalEventReceived
    | EventHandedOn
    | RecordingNoted
    | MediaInterrupted
    | MediaRestored
    | RunCancelled
    | RunSuspended
    | RunMigrated
    | RunResumed
    | IncidentRetried
    | IncidentSkipped
    | IncidentEnded
)
