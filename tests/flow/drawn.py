"""Random flows and random runs of them, for properties."""

from __future__ import annotations

from collections.abc import Iterator

from hypothesis import strategies as st

from flow.commands import GrabFrame, OpenRoom, StartRecording
from flow.component import Component, Reaction
from flow.events import (
    Acted,
    ActivityId,
    CommandCompleted,
    CommandFailed,
    Event,
    MediaInterrupted,
    MediaRestored,
    ParticipantId,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantPlaced,
    RecordingConsented,
    RecordingId,
    RecordingNoted,
    Signalled,
    TimerFired,
)
from flow.graph import Boundary, BoundaryKind, JsonObject, NodeId, ValueType, Variable
from flow.interpreter.bound import BoundGraph, bind
from flow.state import ActivityState, RunState
from tests.builders import components, graph
from tests.flow.parts import (
    Scripted,
    asks,
    branches,
    closes_span,
    component,
    ends,
    enters,
    opens_span,
    passes,
    retries,
    sets,
    times_out,
    waits,
)

AMOUNT = Variable(name="form.amount", type=ValueType.NUMBER, initial=1.0)
_CALL = Reaction(requests=(OpenRoom(), StartRecording(recording=RecordingId("r1"))))
PARTS: tuple[Component, ...] = (
    waits(),
    passes(),
    branches(),
    retries(2),
    times_out(),
    asks(GrabFrame(role="customer", label="id")),
    component("test.call", Scripted(at_start=_CALL)),
    opens_span("presence"),
    closes_span("presence"),
    sets(AMOUNT, 7),
)
WHEN = ("form.amount > 5", "form.amount <= 5.0 || false", "true")


@st.composite
def flows(draw: st.DrawFn) -> BoundGraph:
    """Outcomes lead forward; only a step that counts may lead back."""
    middle = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=8))
    parts = {"enter": enters()} | {f"n{i}": part for i, part in enumerate(middle)}
    parts |= {"done": ends(), "refused": ends("reject")}
    names = list(parts)
    edges = ["enter ok n0"]
    for place, name in enumerate(names[1:-2], start=1):
        for outcome in parts[name].manifest.outcomes:
            lowest = 1 if outcome.id == "again" else place + 1
            target = draw(st.integers(lowest, len(names) - 1))
            edges.append(f"{name} {outcome.id} {names[target]}")
    config: dict[str, JsonObject] = {
        name: {"when": draw(st.sampled_from(WHEN))}
        for name, part in parts.items()
        if part.manifest.key == "test.branch"
    }
    kept = _reached("enter", edges)
    drawn = graph(
        {name: part for name, part in parts.items() if name in kept},
        [one for one in edges if one.split()[0] in kept],
        config=config,
        variables=(AMOUNT,),
        boundaries=draw(_boundaries([one for one in names if one in kept])),
    )
    return bind(drawn, components({name: parts[name] for name in kept}))


def _reached(start: str, edges: list[str]) -> set[str]:
    found, stack = {start}, [start]
    while stack:
        here = stack.pop()
        for one in edges:
            source, _, target = one.split()
            if source == here and target not in found:
                found.add(target)
                stack.append(target)
    return found


@st.composite
def _boundaries(draw: st.DrawFn, names: list[str]) -> tuple[Boundary, ...]:
    kinds = (BoundaryKind.CUSTOMER_DROP, BoundaryKind.AGENT_DROP, BoundaryKind.TIMEOUT)
    chosen = draw(
        st.lists(
            st.tuples(
                st.sampled_from(kinds),
                st.sampled_from([None, *names]),
                st.sampled_from(names),
                st.integers(1, 60),
            ),
            max_size=3,
            unique_by=lambda one: one[:2],
        )
    )
    return tuple(
        Boundary(
            kind=kind,
            scope=NodeId(scope) if scope else None,
            target=NodeId(target),
            after_s=after_s,
        )
        for kind, scope, target, after_s in chosen
    )


def possible(state: RunState, at_ms: int) -> list[Event]:
    """What could bring the run on: acts, answers, timers in force; acts come first."""
    return [event for one in state.activities.values() for event in _of(one, at_ms)] + [
        TimerFired(at_ms=at_ms, key=key) for _, key in sorted(state.boundary_timers.items())
    ]


def _of(activity: ActivityState, at_ms: int) -> Iterator[Event]:
    if activity.span is None and activity.collects is None:
        for action in ("ok", "fail"):
            yield Acted(
                at_ms=at_ms,
                activity=activity.id,
                action=action,
                participant=ParticipantId("anna"),
                role="customer",
            )
    for key in activity.pending:
        result: JsonObject = {"recording": "r1", "generation": 1, "worker": "w"}
        yield CommandCompleted(at_ms=at_ms, key=key, result=result)
        yield CommandFailed(at_ms=at_ms, key=key, code="failed")
    for key in activity.timers.values():
        yield TimerFired(at_ms=at_ms, key=key)


def noise(at_ms: int) -> list[Event]:
    """What comes from outside at any time, and what comes too late."""
    anna, bo = ParticipantId("anna"), ParticipantId("bo")
    return [
        ParticipantJoined(at_ms=at_ms, participant=anna, role="customer", name="Anna"),
        ParticipantLeft(at_ms=at_ms, participant=anna, role="customer"),
        ParticipantLeft(at_ms=at_ms, participant=anna, role="customer", deliberate=True),
        ParticipantJoined(at_ms=at_ms, participant=bo, role="agent", name="Bo"),
        ParticipantLeft(at_ms=at_ms, participant=bo, role="agent"),
        ParticipantPlaced(at_ms=at_ms, participant=anna, by="user:1", mode="hold", turn=1),
        RecordingConsented(at_ms=at_ms, participant=bo, role="agent"),
        MediaInterrupted(at_ms=at_ms, generation=1, reason="lost"),
        MediaRestored(at_ms=at_ms, generation=2, worker="w2"),
        RecordingNoted(at_ms=at_ms, recording=RecordingId("r1"), what="head"),
        TimerFired(at_ms=at_ms, key="n0.1:9"),
        CommandCompleted(at_ms=at_ms, key="n0.9:0"),
        Signalled(at_ms=at_ms, activity=ActivityId("n0.9"), name="late"),
    ]
