"""Things a run can ask for: imperative, frozen, idempotent by `Command.key`, performed above.

A behaviour returns requests; the interpreter gives each its key `<activity>:<n>` where n counts the
requests of that activity, so replay gives the same keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeAlias

from flow.events import ActivityId, RecordingId, Role
from flow.graph import JsonValue
from flow.records import quick
from flow.shapes import SPARSE


@quick
@dataclass(frozen=True, kw_only=True)
class SetTimer:
    """Answered by `TimerFired`. `name` is unique in the activity; setting it again replaces it."""

    name: str
    due_at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CancelTimer:
    """The timer of that name no longer matters; firing it all the same does no harm."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenRoom:
    """Place the run's room on a worker. Result: {room, generation, worker}; or `no_capacity`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CloseRoom:
    """Close the room and all its peers; recordings in it end first. Result: {}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetProfile:
    """Change the media of the call from what the flow says to what a step says. Nobody is told.

    `turn` grows with each: what comes late is not taken for the newest.
    """

    media: Mapping[str, JsonValue]
    """Settings of the step: see `flow.media`."""
    turn: int


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRecording:
    """Record each present party of `roles` on the worker. Result: {recording, started_at_ms}."""

    recording: RecordingId
    roles: tuple[Role, ...] = ("customer", "agent")
    redundant: bool = field(default=False, metadata=SPARSE)
    """By two recorders that do not need each other."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRecording:
    """End and deliver.

    Result: {recording, files: [{role, sha256, duration_ms, bytes}], duration_ms, head}.
    """

    recording: RecordingId


@dataclass(frozen=True, slots=True, kw_only=True)
class GrabFrame:
    """A still of `role`'s camera from the received stream.

    Result: {evidence, sha256, width, height, sharpness, at_ms}, where sharpness is the variance of
    the Laplacian, 0 and up; fails with `no_video`, `timeout`.
    """

    role: Role
    label: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """Put the run's customer in a queue. Result: {position}.

    Later signals to the activity: `position` {position, eta_s}, `assigned` {agent, name, staff_no},
    `closed` {}.
    """

    queue: str
    skills: tuple[str, ...] = ()
    priority: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Dequeue:
    """Leave the queue, keeping nothing reserved. Result: {}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RingAgent:
    """Ring the agent reserved for this run, or the best free one not in `exclude`.

    Result: {agent, name, staff_no} of whom it rings; fails with `busy` when nobody is free.
    The agent answers with the actions `accept` or `decline` on the activity.
    """

    queue: str
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StopRinging:
    """Withdraw the ring; the agent is free again. Result: {}."""

    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SeatAgent:
    """Make the agent a participant of the run, busy until it ends. Result: {participant}."""

    agent: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Compensate:
    """Undo what a step has done for good, because the run was aborted after it.

    `data` is what the step knew when it was left. Performed at least once: whoever undoes must
    take it twice. Result: {}.
    """

    node: str
    operation: str
    data: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class StartChildRun:
    """Let another flow of the workspace run within this one, as a run of its own.

    Result: {run, flow, number, hash} of the version that began. Its end is told to the activity by
    the signal `child_ended` {run, kind, code, outputs}, where outputs holds the variables of the
    child that `wanted` names, as far as they are set. Fails with `unknown_flow`, `too_deep`.
    """

    flow: str
    """Key of the flow."""
    number: int = 0
    """The version to run; 0 for the newest when it starts."""
    hash: str = ""
    """Content hash that version must have; "" with `number` 0."""
    inputs: Mapping[str, JsonValue] = field(default_factory=dict)
    """Variables the child begins with."""
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EndChildRun:
    """End the sub-flow of this activity unless it has ended; what it did is undone. Result: {}."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarkChapter:
    """Name this moment in every recording under way. Result: {recordings: [id]}."""

    label: Mapping[str, str]
    """By locale."""
    legal_step: str
    at_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CallHttp:
    """Make one HTTP call by a connection of the workspace.

    Result: {ok, status, values}, where `ok` says that the status is 2xx and `values` holds what
    `take` found in the answer. Fails with `timeout` when it may have been done all the same; with
    `no_connection`, `blocked`, `unreachable`, `refused` when it surely was not.
    """

    connection: str
    method: str
    path: str
    """Quoted, from the connection's own on; begins with a slash."""
    values: Mapping[str, JsonValue]
    """The JSON body, or the query of a method that has none."""
    take: Mapping[str, str]
    """Name -> JSON Pointer (RFC 6901) into the answer. What is not asked for is not kept."""
    until_ms: int
    """Tried again until then, if the method may be."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AskCore:
    """Have a core system look something up, reserve it or commit it: once, whatever is lost.

    The same `key` names it at every attempt; an attempt after the first asks what became of it
    before it tells again. Result: {state: done | declined, reference, code, values}. Fails with
    `timeout` when it is not known what became of it; any other code says that nothing was done.
    Later signals to the activity: `attempt` {attempt}.
    """

    connection: str
    operation: str
    effect: str
    """query, reserve or commit."""
    key: str
    """Unique in the run."""
    payload: Mapping[str, JsonValue]
    take: Mapping[str, str]
    """Name -> JSON Pointer (RFC 6901) into the `data` of the answer."""
    until_ms: int


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoCore:
    """Whatever an `AskCore` of this key has done, or still does, is to be undone; patiently.

    Result: {}.
    """

    connection: str
    operation: str
    key: str
    reference: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendNotice:
    """Send a short text or an e-mail to somebody, or tell another system of an event.

    Result: {id}. Fails with `timeout` when it may have been sent, else as `CallHttp`.
    """

    connection: str
    channel: str
    """sms, email or webhook."""
    to: str
    subject: str
    text: str
    values: Mapping[str, JsonValue]
    until_ms: int


Request: TypeAlias = (
    SetTimer
    | CancelTimer
    | OpenRoom
    | CloseRoom
    | SetProfile
    | StartRecording
    | StopRecording
    | GrabFrame
    | Enqueue
    | Dequeue
    | RingAgent
    | StopRinging
    | SeatAgent
    | StartChildRun
    | EndChildRun
    | MarkChapter
    | CallHttp
    | AskCore
    | UndoCore
    | SendNotice
    | Compensate
)


@quick
@dataclass(frozen=True, kw_only=True)
class Command:
    """A request with its identity: what the driver stores as a Job."""

    key: str
    activity: ActivityId | None
    """None for what the interpreter itself asks (closing the room at the end, boundary timers)."""
    request: Request
