"""What was done for good is undone when the run is aborted, the last first."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.codec import state_from_json, state_to_json
from flow.commands import Command, Compensate
from flow.component import Reaction
from flow.errors import EventRefusedError
from flow.events import (
    CommandCompleted,
    CommandFailed,
    Event,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    ParticipantId,
    RunCancelled,
)
from flow.graph import JsonValue
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.projection import RunFacts, project
from flow.state import RunState, RunStatus
from tests.builders import acted, linear, run, started
from tests.flow.parts import Scripted, books, component, ends, waits

CANCELLED = RunCancelled(at_ms=9_000, by="lin", reason="x")
FACTS = RunFacts(id="r", number="1", flow="f", version=1)


def asked(commands: tuple[Command, ...]) -> list[tuple[str, JsonValue]]:
    return [
        (one.key, one.request.data["booking"])
        for one in commands
        if isinstance(one.request, Compensate)
    ]


def flow() -> BoundGraph:
    return linear(books(1), books(2), waits())


def stored(state: RunState) -> RunState:
    return state_from_json(json.loads(json.dumps(state_to_json(state), sort_keys=True)))


def test_an_abort_undoes_the_last_first_and_one_at_a_time() -> None:
    first = started(flow(), CANCELLED)
    second = run(flow(), CommandCompleted(at_ms=9_100, key="run:0"), state=stored(first.state))
    last = run(flow(), CommandCompleted(at_ms=9_200, key="run:1"), state=stored(second.state))

    assert asked(first.commands) == [("run:0", 2)]
    assert asked(second.commands) == [("run:1", 1)]
    assert [one.state.status for one in (first, second, last)] == [
        RunStatus.COMPENSATING,
        RunStatus.COMPENSATING,
        RunStatus.CLOSED,
    ]
    assert last.state.ending is not None
    assert last.state.ending.at_ms == 9_000
    assert (last.state.done, last.state.undoing) == ((), None)


def test_an_answer_that_comes_twice_undoes_once() -> None:
    state = started(flow(), CANCELLED).state
    undone = CommandCompleted(at_ms=9_100, key="run:0")

    once = run(flow(), undone, state=state).state

    assert advance(flow(), once, undone).state is once


@pytest.mark.parametrize(("outcome", "of"), [("ok", "done"), ("fail", "refused")])
def test_an_ending_that_was_meant_undoes_nothing(outcome: str, of: str) -> None:
    step = started(flow(), acted("n3.1", outcome))

    assert asked(step.commands) == []
    assert step.state.status is RunStatus.CLOSED
    assert step.state.ending is not None
    assert step.state.ending.node == of
    assert step.state.done == ()


def test_an_end_that_aborts_undoes_too() -> None:
    step = started(linear(books(1), ends("abort")))

    assert step.state.status is RunStatus.COMPENSATING
    assert asked(step.commands) == [("run:0", 1)]


def test_what_was_left_badly_is_not_undone() -> None:
    failed = component("test.book", Scripted(at_start=Reaction(outcome="fail")))
    failed = replace(failed, manifest=replace(failed.manifest, compensation="core.cancel"))

    assert started(linear(failed)).state.done == ()


def failing() -> RunState:
    state = started(flow(), CANCELLED).state
    return run(flow(), CommandFailed(at_ms=9_100, key="run:0", code="down"), state=state).state


def test_what_cannot_be_undone_waits_for_staff() -> None:
    state = stored(failing())
    seen = project(flow(), state, "supervisor", ParticipantId("lin"), at_ms=9, run=FACTS)
    theirs = project(flow(), state, "customer", ParticipantId("anna"), at_ms=9, run=FACTS)

    assert state.status is RunStatus.COMPENSATING
    assert state.incident is not None
    assert (state.incident.code, state.incident.node) == ("not_undone", "n2")
    assert isinstance(seen["incident"], dict)
    assert seen["incident"]["can"] == ["retry", "skip"]
    assert theirs["incident"] is None


def test_undoing_can_be_tried_again() -> None:
    step = run(flow(), IncidentRetried(at_ms=9_200, by="lin"), state=failing())

    assert asked(step.commands) == [("run:1", 2)]
    assert step.state.incident is None


def test_undoing_can_be_skipped_with_a_reason_and_the_rest_is_undone() -> None:
    skipped = IncidentSkipped(at_ms=9_200, by="lin", outcome="", reason="by telephone")

    step = run(flow(), skipped, state=failing())

    assert asked(step.commands) == [("run:1", 1)]
    after = run(flow(), CommandCompleted(at_ms=9_300, key="run:1"), state=step.state)
    assert after.state.status is RunStatus.CLOSED


@pytest.mark.parametrize(
    "event",
    [
        CANCELLED,
        acted("n3.1", "ok"),
        IncidentRetried(at_ms=9_100, by="lin"),
        IncidentSkipped(at_ms=9_100, by="lin", outcome="", reason="x"),
        IncidentEnded(at_ms=9_100, by="lin", reason="x"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_while_it_is_undone_there_is_nothing_to_decide(event: Event) -> None:
    state = started(flow(), CANCELLED).state

    with pytest.raises(EventRefusedError):
        advance(flow(), state, event)


def test_a_halted_run_that_is_ended_undoes_and_forgets_what_halted_it() -> None:
    halted = started(flow(), acted("n3.1", "write", data={"nobody": 1})).state

    step = run(flow(), IncidentEnded(at_ms=9_000, by="lin", reason="x"), state=halted)

    assert step.state.status is RunStatus.COMPENSATING
    assert step.state.incident is None


@given(
    steps=st.lists(st.booleans(), max_size=6),
    answers=st.lists(st.booleans(), max_size=20),
)
def test_each_thing_done_is_undone_once_whatever_fails_on_the_way(
    steps: list[bool], answers: list[bool]
) -> None:
    parts = [books(n) if undoable else waits() for n, undoable in enumerate(steps)]
    bound = linear(*parts, waits())
    here = started(bound)
    for n, undoable in enumerate(steps, start=1):
        if not undoable:
            here = run(bound, acted(f"n{n}.1", "ok"), state=here.state)
    here = run(bound, CANCELLED, state=here.state)
    undone: list[JsonValue] = []
    for succeeds in [*answers, *[True] * len(steps)]:
        for key, booking in asked(here.commands)[-1:]:
            if succeeds:
                undone.append(booking)
                here = run(bound, CommandCompleted(at_ms=9_100, key=key), state=stored(here.state))
            else:
                failed = CommandFailed(at_ms=9_100, key=key, code="down")
                retried = IncidentRetried(at_ms=9_200, by="lin")
                here = run(bound, failed, retried, state=stored(here.state))

    assert here.state.status is RunStatus.CLOSED
    assert undone == [n for n, undoable in reversed(list(enumerate(steps))) if undoable]
