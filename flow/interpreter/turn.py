"""One advance in the making: the interpreter's only mutable thing, gone when it returns."""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

from flow.commands import (
    CancelTimer,
    CloseRoom,
    Command,
    OpenRoom,
    Request,
    SetTimer,
    StartRecording,
    StopRecording,
)
from flow.component import Activity
from flow.events import ActivityId
from flow.graph import JsonValue, NodeId
from flow.interpreter.bound import BoundGraph
from flow.interpreter.layered import with_items
from flow.records import amend, quick, replace
from flow.state import NEXT, ActivityState, Arrival, Incident, Passed, RunState, RunStatus

_OF_THE_RUN = (OpenRoom, CloseRoom, StartRecording, StopRecording)


@quick
@dataclass(frozen=True, kw_only=True)
class Step:
    """What an advance gives. `state` is the very object given in when nothing changed."""

    state: RunState
    commands: tuple[Command, ...] = ()


class Turn:
    """A draft of the next state, and commands in order."""

    def __init__(self, bound: BoundGraph, state: RunState, at_ms: int) -> None:
        self.bound = bound
        self.state = self._given = state
        self.at_ms = at_ms
        self.commands: list[Command] = []
        self.arrivals: deque[Arrival] = deque()
        """Tokens on their way within this advance."""
        self.trusts_input = True
        """Whether a behaviour's fault is its own: not while it reads what a person has sent."""
        self.is_tidying = False
        """Whether an activity that is over clears up after itself."""

    @property
    def given(self) -> RunState:
        """The state before this advance."""
        return self._given

    def step(self) -> Step:
        if self.arrivals and self.state.status is RunStatus.INCIDENT:
            amend(self.draft, arrivals=(*self.state.arrivals, *self.arrivals))
        return Step(state=self.state, commands=tuple(self.commands))

    @property
    def draft(self) -> RunState:
        """The next state while it may be amended; from now on it is another than the given one."""
        if self.state is self._given:
            self.state = replace(self._given)
        return self.state

    @property
    def is_open(self) -> bool:
        return self.state.status is RunStatus.OPEN

    @property
    def has_begun(self) -> bool:
        """Whether RunStarted was taken."""
        state = self.state
        return bool(state.activities or state.passed or state.ending or state.incident)

    def change_status(self, to: RunStatus) -> None:
        if to not in NEXT[self.state.status]:
            raise AssertionError(f"a run never goes from {self.state.status} to {to}")
        amend(self.draft, status=to)

    def stop_with_incident(
        self,
        at: Arrival | ActivityState,
        code: str,
        cause: str,
    ) -> None:
        """Halt the run where it stands; what else it has stays as it is."""
        if not self.is_open:
            return
        self.change_status(RunStatus.INCIDENT)
        activity = at if isinstance(at, ActivityState) else None
        standing = activity is not None and activity.id in self.state.activities
        incident = Incident(
            node=at.node,
            code=code,
            cause=cause[:500],
            at_ms=self.at_ms,
            activity=activity.id if activity is not None and standing else None,
            branch=at.branch if activity is None else self.way_to(activity),
            has_token=not self.is_tidying and (activity is None or activity.span is None),
        )
        amend(self.draft, incident=incident)

    # activities

    def keep(self, activity: ActivityState) -> None:
        activities = {**self.state.activities, activity.id: activity}
        amend(self.draft, activities=activities)

    def drop(self, activity: ActivityId) -> None:
        left = dict(self.state.activities)
        left.pop(activity, None)
        amend(self.draft, activities=left)

    def tokens(self) -> list[ActivityState]:
        """The activities that hold a token: all but detached spans."""
        return [one for one in self.state.activities.values() if one.span is None]

    def way_to(self, activity: ActivityState) -> tuple[str, ...]:
        """The branch of a token that is to come to the activity's node once more."""
        fork = self.state.forks.get(activity.collects or "")
        if fork is None or not fork.arrived:
            return activity.branch
        return (*activity.branch, f"{activity.collects}/{fork.arrived[0]}")

    def new_activity(
        self, node: NodeId, branch: tuple[str, ...] = (), collects: str | None = None
    ) -> ActivityState:
        passed = self.state.passed.get(node)
        open_at = [one.node for one in self.state.activities.values() if one.span is None]
        visit = (passed.visits if passed else 0) + open_at.count(node) + 1
        return ActivityState(
            id=ActivityId(f"{node}.{visit}"),
            node=node,
            visit=visit,
            started_at_ms=self.at_ms,
            branch=branch,
            collects=collects,
        )

    def note_passed(self, node: NodeId, outcome: str) -> None:
        before = self.state.passed.get(node)
        visits = (before.visits if before else 0) + 1
        now = Passed(outcome=outcome, visits=visits, at_ms=self.at_ms)
        amend(self.draft, passed=with_items(self.state.passed, {node: now}))

    def shown_to_behaviour(self, activity: ActivityState) -> Activity:
        return Activity(
            id=activity.id,
            node=activity.node,
            visit=activity.visit,
            config=self.bound.graph.nodes[activity.node].config,
            data=activity.data,
            variables=self.state.variables,
            people=tuple(self.state.people.values()),
            at_ms=self.at_ms,
            started_at_ms=activity.started_at_ms,
            locale=self.state.locale,
            chance=self.state.seed,
            types=self.bound.types,
        )

    def set_variables(self, values: Mapping[str, JsonValue]) -> None:
        amend(self.draft, variables=with_items(self.state.variables, values))

    # requests

    def ask_for(self, activity: ActivityState, requests: tuple[Request, ...]) -> ActivityState:
        """Make requests commands; gives the activity with its count, timers and open questions."""
        if not requests:
            return activity
        pending, timers = dict(activity.pending), dict(activity.timers)
        for count, request in enumerate(requests, start=activity.requests):
            key = f"{activity.id}:{count}"
            self._command(key, activity.id, request)
            match request:
                case SetTimer(name=name):
                    timers[name] = key
                case CancelTimer(name=name):
                    timers.pop(name, None)
                case _:
                    pending[key] = type(request).__name__
        made = activity.requests + len(requests)
        return replace(activity, requests=made, pending=pending, timers=timers)

    def ask_for_run(self, request: Request) -> str:
        """A command of the interpreter's own; gives its key."""
        key = f"run:{self.state.requests}"
        amend(self.draft, requests=self.state.requests + 1)
        self._command(key, None, request)
        return key

    def _command(self, key: str, activity: ActivityId | None, request: Request) -> None:
        self.commands.append(Command(key=key, activity=activity, request=request))
        if isinstance(request, _OF_THE_RUN):
            asked = {**self.state.asked, key: type(request).__name__}
            amend(self.draft, asked=asked)
        if isinstance(request, StopRecording):
            self._note_stopping(request)

    def _note_stopping(self, request: StopRecording) -> None:
        recording = self.state.recordings.get(request.recording)
        if recording is None:
            return
        noted = {**self.state.recordings, recording.id: replace(recording, stopping=True)}
        amend(self.draft, recordings=noted)
