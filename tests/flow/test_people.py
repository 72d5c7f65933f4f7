"""How people are in the call: who is told of whom, and that no step of the flow is disturbed."""

from __future__ import annotations

import pytest

from flow.commands import StartRecording
from flow.events import (
    CommandCompleted,
    Event,
    Mode,
    ParticipantId,
    ParticipantJoined,
    ParticipantLeft,
    ParticipantPlaced,
    RecordingConsented,
    RecordingId,
    Role,
)
from flow.graph import JsonValue
from flow.interpreter.bound import BoundGraph
from flow.projection import RunFacts, project
from flow.state import RunState
from tests.builders import linear, started
from tests.flow.parts import asks, waits

ANNA, BO, SAM, EVE = (ParticipantId(name) for name in ("anna", "bo", "sam", "eve"))
PEOPLE: dict[ParticipantId, Role] = {
    ANNA: "customer",
    BO: "agent",
    SAM: "supervisor",
    EVE: "expert",
}


def comes(who: ParticipantId, mode: Mode = "normal", at_ms: int = 2_000) -> ParticipantJoined:
    role = PEOPLE[who]
    return ParticipantJoined(at_ms=at_ms, participant=who, role=role, name=who, mode=mode)


def placed(who: ParticipantId, mode: Mode, turn: int, *to: ParticipantId) -> ParticipantPlaced:
    return ParticipantPlaced(
        at_ms=3_000, participant=who, by="user:7", mode=mode, to=to, turn=turn, muted=("audio",)
    )


def seen_by(flow: BoundGraph, state: RunState, who: ParticipantId) -> dict[str, JsonValue]:
    facts = RunFacts(id="r", number="1", flow="f", version=1)
    return project(flow, state, PEOPLE[who], who, at_ms=9_000, run=facts)


def told(flow: BoundGraph, state: RunState, who: ParticipantId) -> set[str]:
    people = seen_by(flow, state, who)["people"]
    assert isinstance(people, list)
    return {str(one["id"]) for one in people if isinstance(one, dict)}


@pytest.mark.parametrize(
    ("mode", "to", "tells"),
    [
        ("normal", (), {ANNA, BO, EVE, SAM}),
        ("monitor", (), {SAM}),
        ("whisper", (BO,), {BO, SAM}),
    ],
)
def test_who_listens_unseen_is_told_of_to_oversight_and_to_who_hears_them(
    mode: Mode, to: tuple[ParticipantId, ...], tells: set[ParticipantId]
) -> None:
    flow = linear(waits())
    events: list[Event] = [comes(one) for one in (ANNA, BO, EVE)]
    events += [comes(SAM, "monitor"), placed(SAM, mode, 1, *to)]

    state = started(flow, *events).state

    assert {who for who in PEOPLE if SAM in told(flow, state, who)} == tells


def test_supervisor_who_comes_to_listen_is_hidden_from_the_first_moment() -> None:
    flow = linear(waits())

    state = started(flow, comes(ANNA), comes(SAM, "monitor")).state

    assert told(flow, state, ANNA) == {ANNA}


def test_who_comes_back_is_in_the_call_as_before() -> None:
    flow = linear(waits())
    back = comes(SAM, "normal", at_ms=5_000)
    left = ParticipantLeft(at_ms=4_000, participant=SAM, role="supervisor")

    state = started(flow, comes(SAM, "monitor"), placed(SAM, "whisper", 3, BO), left, back).state

    assert (state.people[SAM].mode, state.people[SAM].to) == ("whisper", (BO,))
    assert (state.people[SAM].muted, state.people[SAM].turn) == (("audio",), 3)


def test_place_that_another_has_followed_changes_nothing() -> None:
    flow = linear(waits())

    state = started(flow, comes(ANNA), placed(ANNA, "hold", 2), placed(ANNA, "normal", 1)).state

    assert state.people[ANNA].mode == "hold"


@pytest.mark.parametrize(
    "event",
    [placed(EVE, "hold", 1), RecordingConsented(at_ms=3_000, participant=EVE, role="expert")],
)
def test_what_concerns_nobody_here_changes_nothing(event: Event) -> None:
    flow = linear(waits())
    state = started(flow, comes(ANNA)).state

    assert started(flow, comes(ANNA), event).state == state


def test_newcomer_is_asked_whether_they_may_be_recorded_until_they_say_so() -> None:
    flow = linear(asks(StartRecording(recording=RecordingId("rec"))), waits())
    begun = CommandCompleted(
        at_ms=2_500, key="n1.1:0", result={"recording": "rec", "started_at_ms": 2_400}
    )
    agrees = RecordingConsented(at_ms=4_000, participant=EVE, role="expert")

    def must(*events: Event) -> JsonValue:
        you = seen_by(flow, started(flow, comes(ANNA), *events).state, EVE)["you"]
        assert isinstance(you, dict)
        return you["must_consent"]

    assert must(comes(EVE)) is False
    assert must(comes(EVE), begun) is True
    assert must(comes(EVE), begun, agrees) is False
