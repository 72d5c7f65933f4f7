"""The media of a call follow from its flow, and from the step that changed them last."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from flow import media
from flow.codec import graph_from_json, graph_to_json
from flow.commands import OpenRoom, SetProfile
from flow.errors import MalformedGraphError
from flow.events import CommandCompleted, MediaRestored, ParticipantId
from flow.graph import JsonObject, JsonValue, NodeId
from flow.interpreter.bound import BoundGraph, bind
from flow.interpreter.turn import Step
from flow.projection import RunFacts, project
from flow.state import RunState
from flow.verification.finding import Finding
from flow.verification.verify import verify
from tests.builders import acted, linear, run, started
from tests.flow.parts import asks, opens_span, waits

OPENED = CommandCompleted(
    at_ms=1_600, key="n1.1:0", result={"room": "r", "generation": 1, "worker": "w"}
)


def call(*said: JsonObject, settings: JsonObject | None = None) -> BoundGraph:
    """enter → n1, which opens the room → n2 → n3 → done; `said` of n1, n2, n3 in turn."""
    parts = (asks(OpenRoom()), waits(), waits())
    flow = linear(*parts, settings={"media": settings} if settings is not None else {})
    nodes = dict(flow.graph.nodes)
    for name, one in zip(("n1", "n2", "n3"), said, strict=False):
        nodes[NodeId(name)] = replace(nodes[NodeId(name)], media=one)
    return bind(replace(flow.graph, nodes=nodes), flow.components)


def now(flow: BoundGraph, state: RunState) -> media.Profile:
    return media.profile_of([(flow.graph, state)])


def changes(step: Step) -> list[JsonValue]:
    """What the room is asked for."""
    asked = [one.request for one in step.commands]
    return [dict(one.media) for one in asked if isinstance(one, SetProfile)]


def test_flow_that_says_nothing_has_the_usual_profile() -> None:
    flow = call()

    step = started(flow, OPENED)

    assert now(flow, step.state) == media.Profile()
    assert changes(step) == []


def test_flow_says_what_holds_for_its_runs() -> None:
    flow = call(settings={"max_height": 360, "codec": "h264", "echo_cancellation": False})

    profile = now(flow, started(flow).state)

    assert (profile.max_height, profile.codec, profile.echo_cancellation) == (360, "h264", False)
    assert profile.max_kbps == media.Profile().max_kbps


def test_step_changes_the_media_until_another_does() -> None:
    flow = call({"max_height": 480}, {}, {"max_kbps": 400}, settings={"max_kbps": 1_000})
    opening = started(flow)
    opened = run(flow, OPENED, state=opening.state)
    second = run(flow, acted("n1.1", "ok"), state=opened.state)

    third = run(flow, acted("n2.1", "ok", at_ms=3_000), state=second.state)

    heights = [now(flow, one.state).max_height for one in (opening, opened, second, third)]
    rates = [now(flow, one.state).max_kbps for one in (opening, opened, second, third)]
    assert heights == [480, 480, 480, 720]
    assert rates == [1_000, 1_000, 1_000, 400]
    assert [changes(one) for one in (opening, opened, second, third)] == [
        [],
        [{"max_height": 480}],
        [],
        [{"max_kbps": 400}],
    ]


def test_each_new_room_is_asked_for_the_same_again() -> None:
    flow = call({"max_height": 480})
    opened = started(flow, OPENED)

    moved = run(flow, MediaRestored(at_ms=4_000, generation=2, worker="other"), state=opened.state)

    assert changes(moved) == [{"max_height": 480}]


def test_span_counts_from_its_beginning() -> None:
    flow = linear(asks(OpenRoom()), opens_span(), waits())
    nodes = dict(flow.graph.nodes)
    for name, height in (("n2", 240), ("n3", 480)):
        nodes[NodeId(name)] = replace(nodes[NodeId(name)], media={"max_height": height})
    flow = bind(replace(flow.graph, nodes=nodes), flow.components)

    state = started(flow, OPENED, acted("n1.1", "ok")).state

    assert now(flow, state).max_height == 480


def test_steps_of_a_sub_flow_count_and_its_settings_do_not() -> None:
    root, child = call(settings={"max_height": 480}), call({"min_kbps": 300}, settings={})
    child = bind(replace(child.graph, settings={"media": {"max_height": 240}}), child.components)

    runs = [(root.graph, started(root).state), (child.graph, started(child).state)]
    profile = media.profile_of(runs)

    assert (profile.max_height, profile.min_kbps) == (480, 300)
    assert media.profile_of([]) == media.Profile()


def test_everybody_is_shown_the_profile() -> None:
    flow = call(settings={"max_height": 480})
    facts = RunFacts(id="r", number="N", flow="F", version=1)

    view = project(
        flow, started(flow).state, "customer", ParticipantId("anna"), at_ms=2_000, run=facts
    )

    assert view["media"] == media.to_json(media.Profile(max_height=480))


def test_a_step_keeps_what_it_says_and_says_nothing_by_itself() -> None:
    flow = call({}, {"audio_only": False})

    document = graph_to_json(flow.graph)

    assert graph_from_json(document) == flow.graph
    nodes = document["nodes"]
    assert isinstance(nodes, list)
    told = [one.get("media") for one in nodes if isinstance(one, dict)]
    assert [one for one in told if one is not None] == [{"audio_only": False}]


def test_media_of_a_step_are_an_object() -> None:
    text = json.dumps(graph_to_json(call({}, {"audio_only": False}).graph))

    with pytest.raises(MalformedGraphError):
        graph_from_json(json.loads(text.replace('{"audio_only": false}', '"loud"')))


def found(flow: BoundGraph) -> list[Finding]:
    said = verify(flow.graph, flow.components)
    return [one for one in said if one.rule == "FLOW-20"]


@pytest.mark.parametrize(
    ("settings", "field"),
    [
        ({"max_height": 300}, "max_height"),
        ({"max_kbps": 10}, "max_kbps"),
        ({"max_kbps": True}, "max_kbps"),
        ({"audio_only": 1}, "audio_only"),
        ({"codec": "theora"}, "codec"),
        ({"brightness": 3}, "brightness"),
        ({"max_height": 240, "min_height": 480}, "min_height"),
        ({"min_kbps": 2_000}, "min_kbps"),
        ({"max_kbps": 300, "min_height": 480}, "max_kbps"),
        ({"codec": "h264", "simulcast": True}, "simulcast"),
        ({"max_height": 360, "simulcast": True}, "simulcast"),
    ],
)
def test_media_that_do_not_fit_are_found(settings: JsonObject, field: str) -> None:
    findings = found(call(settings=settings))

    assert [one.field for one in findings] == [f"/settings/media/{field}"]
    assert set(findings[0].message) == {"en", "zh-Hans"}


def test_media_of_the_wrong_shape_are_found() -> None:
    flow = linear(waits(), settings={"media": ["loud"]})

    assert [one.field for one in found(flow)] == ["/settings/media"]
    assert now(flow, started(flow).state) == media.Profile()


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"codec": "h264"}, "codec"),
        ({"min_height": 720}, "min_height"),
        ({"max_kbps": 90}, "max_kbps"),
    ],
)
def test_step_is_held_to_what_its_flow_says(said: JsonObject, field: str) -> None:
    findings = found(call({}, said, settings={"max_height": 480, "min_kbps": 60}))

    assert [(one.node, one.field) for one in findings] == [("n2", f"/media/{field}")]


def test_usual_profile_and_a_full_one_are_sound() -> None:
    full: JsonObject = {
        **media.to_json(media.Profile(max_height=480, max_kbps=900, simulcast=True)),
    }

    assert found(call(settings={})) == []
    assert found(call({}, {"max_height": 240}, settings=full)) == []
