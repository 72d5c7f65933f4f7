"""What a component is to the core: a manifest, the outputs it declares, and a pure behaviour.

Where components come from (catalogue, packages) is `components.registry`; here are only the shapes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol, TypeAlias

from flow.commands import Request
from flow.events import ActivityId, ParticipantId, Role
from flow.graph import JsonObject, JsonValue, LocalText, Outcome, ValueType, Variable
from flow.records import quick


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """The declared face of a component; its file is `component/1` (docs/writing-components.md)."""

    key: str
    version: str
    group: str
    """One of entry, consent, people, media, identity, script, document, avatar, logic, review."""
    title: LocalText
    summary: LocalText
    outcomes: tuple[Outcome, ...]
    config_schema: JsonObject
    panels: Mapping[Role, str] = field(default_factory=dict)
    """Role -> panel kind (a folder of static/src/panels); a role that is missing sees no panel."""
    span: str | None = None
    """Name of the span it opens ("recording"), or None."""
    closes: str | None = None
    """Name of the span it closes."""
    entry: bool = False
    end: bool = False
    bounded: bool = False
    """Its outcomes bound any loop through it (logic.retry)."""
    splits: bool = False
    """All its outcomes are taken at once, each by a token of its own (logic.parallel)."""
    joins: bool = False
    """It takes together the tokens of the split before it (logic.join)."""
    calls: bool = False
    """It lets another flow run, named by its setting `flow` (logic.subflow)."""
    called: bool = False
    """A flow that begins here is for others to call, and cannot begin by itself (entry.call)."""
    compensation: str | None = None
    """Operation that undoes it, once it was left by a positive outcome and the run is aborted."""
    requires: tuple[str, ...] = ()
    """What must hold when a token arrives: "room", "agent", "recording"."""
    provides: tuple[str, ...] = ()
    """What holds from then on once it was left by a positive outcome: "room", "agent".

    `{given}` stands for all that the setting `given` lists.
    """
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A participant of the run, there or away."""

    id: ParticipantId
    role: Role
    name: str
    staff_no: str
    present: bool


@quick
@dataclass(frozen=True, kw_only=True)
class Activity:
    """What a behaviour may know: its visit, the run's variables and people, the event's time."""

    id: ActivityId
    node: str
    visit: int
    config: Mapping[str, JsonValue]
    data: Mapping[str, JsonValue]
    """Its own state, as it returned it last; {} at start."""
    variables: Mapping[str, JsonValue]
    people: tuple[Person, ...]
    at_ms: int
    started_at_ms: int
    locale: str
    chance: str
    """The run's own; a behaviour takes `seed`."""
    types: Mapping[str, ValueType] = field(default_factory=dict)
    """Declared type of every variable of the flow; hand it to `flow.expressions.evaluate`."""

    @property
    def seed(self) -> str:
        """Hex, different for each activity, the same at each replay; few behaviours ask."""
        return hashlib.sha256(f"{self.chance}{self.id}".encode()).hexdigest()


@quick
@dataclass(frozen=True, kw_only=True)
class ActionTaken:
    """A person acted on the panel."""

    action: str
    role: Role
    participant: ParticipantId
    data: Mapping[str, JsonValue] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeUp:
    """A timer the activity had set came due."""

    name: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Performed:
    """A request of this activity was performed. `kind` is its class name, e.g. "GrabFrame"."""

    kind: str
    result: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class NotPerformed:
    """A request of this activity failed for good."""

    kind: str
    code: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """An asynchronous fact (`flow.events.Signalled`)."""

    name: str
    data: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class EventReceived:
    """Another system says that something has happened (`flow.events.ExternalEventReceived`)."""

    name: str
    data: Mapping[str, JsonValue]


@dataclass(frozen=True, slots=True, kw_only=True)
class PresenceChanged:
    """Someone came or went."""

    person: Person


@dataclass(frozen=True, slots=True, kw_only=True)
class BranchArrived:
    """A join hears that one more branch has come; told at the first one too, after `start`."""

    arrived: tuple[str, ...]
    """Outcomes of the split whose token has come, in order."""
    missing: tuple[str, ...]


Signal: TypeAlias = (
    ActionTaken
    | TimeUp
    | Performed
    | NotPerformed
    | Told
    | EventReceived
    | PresenceChanged
    | BranchArrived
)

StopReason: TypeAlias = Literal["closed", "interrupted", "run_ended"]
"""closed: a closing node ended the span; interrupted: the token was taken away."""
ALL_ARRIVED = "all"
"""By this outcome a join is left once every branch has come, and by no other."""


@quick
@dataclass(frozen=True, kw_only=True)
class Reaction:
    """What a behaviour answers.

    `data=None` keeps its state; an outcome ends the activity (or detaches a span).
    """

    data: JsonObject | None = None
    requests: tuple[Request, ...] = ()
    outcome: str | None = None
    """A component that splits names any of its outcomes; all are taken."""
    outputs: Mapping[str, JsonValue] = field(default_factory=dict)
    """Variable name -> value; every name must be declared by `outputs(config)`."""


class Behaviour(Protocol):
    """The pure part of a component. No clock, no I/O, no chance: all arrives in the activity.

    To refuse an action (wrong field, not allowed now) raise `flow.errors.EventRefusedError`.
    """

    def start(self, activity: Activity) -> Reaction: ...

    def react(self, activity: Activity, signal: Signal) -> Reaction: ...

    def stop(self, activity: Activity, reason: StopReason) -> Reaction: ...

    def present(self, activity: Activity, role: Role) -> JsonObject:
        """What `role`'s panel shows: JSON, already without anything this role may not see."""

    def outputs(self, config: Mapping[str, JsonValue]) -> tuple[Variable, ...]:
        """The variables a node with this config may set."""

    def outcomes(self, config: Mapping[str, JsonValue]) -> tuple[Outcome, ...]:
        """The outcomes with this config: the manifest's, unless config adds some (logic.branch)."""

    def takes(self, config: Mapping[str, JsonValue], event: EventReceived) -> bool:
        """Whether a node with this config waits for such an event while a token is there.

        Raises EventRefusedError when it would, but for what the event brings.
        """

    def summary(self, config: Mapping[str, JsonValue], locale: str) -> str:
        """One line of settings for the card on the canvas, in business words; "" for none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What a node is of."""

    manifest: Manifest
    behaviour: Behaviour
