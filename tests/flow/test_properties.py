"""What holds for every flow that verifies and every order of events."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import is_dataclass
from types import NoneType, UnionType
from typing import Literal, NewType, TypeVar, get_args, get_origin, get_type_hints

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flow import codec
from flow.codec import event_from_json, event_to_json, state_from_json, state_to_json
from flow.commands import Command, Request
from flow.errors import EventRefusedError, MalformedGraphError
from flow.events import Event, ParticipantId
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph
from flow.interpreter.turn import Step
from flow.projection import RunFacts, project
from flow.state import RunState, RunStatus
from flow.verification.verify import verify
from tests.flow.drawn import flows, noise, possible
from tests.flow.journey import Journey, wanderings

T = TypeVar("T")
FACTS = RunFacts(id="r", number="1", flow="f", version=1)


journeys = st.builds(Journey, flows())


@given(flow=flows())
def test_flows_drawn_forward_with_counted_loops_verify(flow: BoundGraph) -> None:
    assert [one for one in verify(flow.graph, flow.components) if _matters(one.rule)] == []


def _matters(rule: str) -> bool:
    """Spans are opened and closed at random here, and that alone never holds up a run."""
    return rule not in {"FLOW-09", "FLOW-10"}


@settings(max_examples=300)
@given(journey=journeys, choices=wanderings)
def test_a_flow_that_verifies_never_gets_stuck(journey: Journey, choices: list[int]) -> None:
    journey.wander(choices)
    journey.finish()

    assert journey.state.status is RunStatus.CLOSED
    assert journey.state.incident is None
    assert journey.state.activities == {}
    assert journey.state.boundary_timers == {}


@given(journey=journeys, choices=wanderings)
def test_an_open_run_has_its_token(journey: Journey, choices: list[int]) -> None:
    journey.wander(choices)

    tokens = [one for one in journey.state.activities.values() if one.span is None]
    assert len(tokens) == (1 if journey.state.status is RunStatus.OPEN else 0)


@given(journey=journeys, choices=wanderings)
def test_replay_gives_the_same_state_and_commands(journey: Journey, choices: list[int]) -> None:
    journey.wander(choices)

    step = Step(state=initial_state())
    commands: list[Command] = []
    for event in journey.events:
        step = advance(journey.flow, step.state, through_json(event))
        commands.extend(step.commands)

    assert step.state == journey.state
    assert commands == journey.commands


@given(journey=journeys, choices=wanderings)
def test_a_run_goes_on_the_same_from_a_stored_snapshot(
    journey: Journey, choices: list[int]
) -> None:
    for n, choice in enumerate(choices):
        journey.state = stored(journey.state)
        events = [*possible(journey.state, 2_000 + n), *noise(2_000 + n)]
        journey.take(events[choice % len(events)])

    state, commands = initial_state(), list[Command]()
    for event in journey.events:
        step = advance(journey.flow, state, event)
        state = step.state
        commands.extend(step.commands)

    assert state == journey.state
    assert commands == journey.commands


@given(journey=journeys, choices=wanderings)
def test_command_keys_are_never_used_twice(journey: Journey, choices: list[int]) -> None:
    journey.wander(choices)
    journey.finish()

    keys = [one.key for one in journey.commands]
    assert len(keys) == len(set(keys))


@given(journey=journeys, choices=wanderings)
def test_what_was_answered_is_not_answered_again(journey: Journey, choices: list[int]) -> None:
    journey.wander(choices)

    answered = [
        one
        for one in journey.events
        if type(one).__name__ in {"TimerFired", "CommandCompleted", "CommandFailed", "RunStarted"}
    ]
    for event in answered:
        assert after(journey, event) is journey.state


@given(journey=journeys, choices=wanderings)
def test_every_state_can_be_shown_to_everyone(journey: Journey, choices: list[int]) -> None:
    journey.wander(choices)

    for role in ("customer", "agent", "supervisor", "auditor"):
        view = project(journey.flow, journey.state, role, ParticipantId("anna"), at_ms=9, run=FACTS)
        assert json.loads(json.dumps(view)) == view


def after(journey: Journey, event: Event) -> RunState:
    """The state after the event; a refusal leaves it as it is."""
    try:
        return advance(journey.flow, journey.state, event).state
    except EventRefusedError:
        return journey.state


def stored(state: RunState) -> RunState:
    """As a store gives it back that keeps no order of members."""
    return state_from_json(json.loads(json.dumps(state_to_json(state), sort_keys=True)))


def through_json(event: Event) -> Event:
    return event_from_json(json.loads(json.dumps(event_to_json(event), sort_keys=True)))


# every event and request there is

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
whole = st.integers(-(2**53) + 1, 2**53 - 1)
plain_json = st.recursive(
    st.none() | st.booleans() | whole | st.floats(allow_nan=False, allow_infinity=False) | texts,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(texts, inner, max_size=3),
    max_leaves=6,
)


def values_of(  # noqa: PLR0911 - one line for each sort of type
    kind: object,
) -> st.SearchStrategy[object]:
    """Values of a field's declared type."""
    if isinstance(kind, NewType):
        return values_of(kind.__supertype__)
    if isinstance(kind, UnionType):
        return st.one_of(*(values_of(one) for one in get_args(kind)))
    if isinstance(kind, type) and is_dataclass(kind):
        return instances_of(kind)
    if get_origin(kind) is Literal:
        return st.sampled_from(get_args(kind))
    if get_origin(kind) is tuple:
        return st.lists(values_of(get_args(kind)[0]), max_size=3).map(tuple)
    if get_origin(kind) is not None and issubclass(get_origin(kind), Mapping):  # type: ignore[arg-type]
        inner = {str: texts, int: whole}.get(get_args(kind)[1], plain_json)
        return st.dictionaries(texts, inner, max_size=3)
    return {int: whole, str: texts, bool: st.booleans(), NoneType: st.none()}[kind]  # type: ignore[index]


def instances_of(kind: type[T]) -> st.SearchStrategy[T]:
    return st.builds(kind, **{name: values_of(one) for name, one in get_type_hints(kind).items()})


@pytest.mark.parametrize("kind", get_args(Event))
@given(data=st.data())
@settings(max_examples=25)
def test_every_event_is_read_back(kind: type[Event], data: st.DataObject) -> None:
    event = data.draw(instances_of(kind))

    assert through_json(event) == event


@pytest.mark.parametrize("kind", get_args(Request))
@given(data=st.data())
@settings(max_examples=25)
def test_every_request_is_read_back(kind: type[Request], data: st.DataObject) -> None:
    request = data.draw(instances_of(kind))

    assert codec.request_from_json(codec.request_to_json(request)) == request


@given(flow=flows())
def test_every_graph_is_read_back_with_its_hash(flow: BoundGraph) -> None:
    read = codec.graph_from_json(json.loads(json.dumps(codec.graph_to_json(flow.graph))))

    assert read == flow.graph
    assert read.content_hash == flow.graph.content_hash


@given(document=plain_json)
def test_no_document_breaks_the_reader(document: object) -> None:
    with pytest.raises(MalformedGraphError):
        codec.graph_from_json(document)  # type: ignore[arg-type]
