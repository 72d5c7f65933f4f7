"""The flows we ship verify, speak both languages, are drawn cleanly, and can be lived through."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest

from components.registry import components_of
from flow.codec import graph_from_json
from flow.events import (
    Acted,
    CommandCompleted,
    CommandFailed,
    Event,
    ParticipantId,
    ParticipantJoined,
    ParticipantLeft,
    Role,
    RunStarted,
    Signalled,
    TimerFired,
)
from flow.graph import BoundaryKind, Graph
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import bind
from flow.state import ActivityState, RunState
from flow.verification.calls import callee_of
from flow.verification.finding import Finding
from flow.verification.neighbours import Callee, Neighbours
from flow.verification.verify import verify

FOLDER = Path(__file__).parents[2] / "designer" / "templates" / "flows"
KEYS = sorted(path.stem for path in FOLDER.glob("*.json"))
DEVICE = {
    "camera": "ok",
    "microphone": "ok",
    "speaker": "heard",
    "kbps": 2_000,
    "rtt_ms": 40,
    "label_camera": "Camera",
    "audio_only": False,
}
AGENT = {"agent": "u1", "name": "Daniel Okafor", "staff_no": "40217"}
FRAME = {
    "evidence": "e1",
    "sha256": "ab" * 32,
    "sharpness": 300.0,
    "width": 1280,
    "height": 720,
    "at_ms": 5,
}


def template(key: str) -> Any:
    return json.loads((FOLDER / f"{key}.json").read_text(encoding="utf-8"))


def graph_of(key: str) -> Graph:
    return graph_from_json(template(key)["graph"])


def is_called(key: str) -> bool:
    """Whether it is for other flows to call."""
    graph = graph_of(key)
    return components_of(graph)[graph.start].manifest.called


def callee(key: str) -> Callee:
    graph = graph_of(key)
    return callee_of(key, graph, components_of(graph), Neighbours(key=key))


CALLEES = {key: callee(key) for key in KEYS if is_called(key)}


def findings(key: str) -> tuple[Finding, ...]:
    graph = graph_of(key)
    return tuple(verify(graph, components_of(graph), Neighbours(key=key, callees=CALLEES)))


class Call:
    """A run of a shipped flow, told what happens at the step where its token waits."""

    def __init__(self, key: str, variables: dict[str, Any] | None = None) -> None:
        graph = graph_of(key)
        self.bound = bind(graph, components_of(graph))
        self.state: RunState = initial_state()
        self.at_ms = 1_000
        self.tell(RunStarted(at_ms=1_000, seed="5eed", variables=variables or {}))
        self.joins("customer")

    def tell(self, event: Event) -> Call:
        self.state = advance(self.bound, self.state, event).state
        self.at_ms += 10_000
        return self

    @property
    def step(self) -> ActivityState:
        return next(one for one in self.state.activities.values() if one.span is None)

    @property
    def ending(self) -> str:
        assert self.state.ending is not None
        return str(self.state.ending.node)

    def joins(self, role: Role) -> Call:
        who = ParticipantId(role)
        return self.tell(ParticipantJoined(at_ms=self.at_ms, participant=who, role=role, name=role))

    def leaves(self, role: Role) -> Call:
        who = ParticipantId(role)
        return self.tell(
            ParticipantLeft(at_ms=self.at_ms, participant=who, role=role, deliberate=True)
        )

    def act(self, role: Role, action: str, /, **data: Any) -> Call:
        return self.tell(
            Acted(
                at_ms=self.at_ms,
                activity=self.step.id,
                action=action,
                participant=ParticipantId(role),
                role=role,
                data=data,
            )
        )

    def pending(self, kind: str) -> str:
        return next(key for key, one in self.step.pending.items() if one == kind)

    def done(self, kind: str, /, **result: Any) -> Call:
        return self.tell(CommandCompleted(at_ms=self.at_ms, key=self.pending(kind), result=result))

    def fails(self, kind: str, code: str = "internal") -> Call:
        return self.tell(CommandFailed(at_ms=self.at_ms, key=self.pending(kind), code=code))

    def told(self, name: str, /, **data: Any) -> Call:
        return self.tell(Signalled(at_ms=self.at_ms, activity=self.step.id, name=name, data=data))

    def time(self, name: str) -> Call:
        return self.tell(TimerFired(at_ms=self.at_ms, key=self.step.timers[name]))

    # pieces of a good call

    def checked(self) -> Call:
        return self.act("customer", "report", **DEVICE)

    def agreed(self) -> Call:
        return self.act("customer", "agree")

    def queued(self) -> Call:
        return self.done("Enqueue", position=1).told("assigned", **AGENT)

    def connected(self) -> Call:
        self.done("OpenRoom", room="r", generation=1, worker="w").done("RingAgent", **AGENT)
        return self.act("agent", "accept").done("SeatAgent", participant="p").joins("agent")

    def recording(self) -> Call:
        return self.done("StartRecording", recording="r1", started_at_ms=self.at_ms)

    def read(self) -> Call:
        for phrase in self.bound.graph.nodes[self.step.node].config["phrases"]:  # type: ignore[union-attr]
            self.act("agent", "tick", phrase=phrase["id"])  # type: ignore[index,call-overload]
        return self.act("agent", "done")

    def pictures(self, count: int) -> Call:
        for _ in range(count):
            self.act("agent", "shoot").done("GrabFrame", **FRAME)
        return self.act("agent", "accept")

    def form(self, **values: Any) -> Call:
        given = {
            "full_name": "Anna Vogel",
            "mobile": "+49 170 4471",
            "request": "mobile",
            "confirmed": True,
            **values,
        }
        for field, value in given.items():
            self.act("customer", "edit", field=field, value=value)
        return self.act("customer", "submit")

    def served(self, flow: str, *, kind: str = "success", **outputs: Any) -> Call:
        """The sub-flow of this step begins and ends."""
        self.done("StartChildRun", run="c1", flow=flow, number=1, hash="ab" * 32)
        return self.told("child_ended", run="c1", kind=kind, code="x", outputs=outputs)

    def stopped(self) -> Call:
        return self.done("StopRecording", recording="r1", head="cd" * 32, duration_ms=60_000)


def service_call() -> Call:
    """The service call up to the greeting."""
    return Call("account-service-call").checked().agreed().queued().connected().recording()


@pytest.mark.parametrize("key", KEYS)
class TestEveryShippedFlow:
    def test_verification_has_nothing_to_say(self, key: str):
        assert findings(key) == ()

    def test_people_read_it_in_both_languages(self, key: str):
        document = template(key)

        assert document["key"] == key
        assert list(half_translated(document)) == []

    def test_what_it_calls_comes_with_it(self, key: str):
        called = {
            one.config["flow"]
            for one in graph_of(key).nodes.values()
            if one.component == "logic.subflow"
        }

        assert called == set(template(key).get("calls", []))
        assert called <= set(CALLEES)

    def test_every_drop_has_a_handler_of_its_own(self, key: str):
        """But for a flow that is called: its caller has one."""
        if is_called(key):
            assert graph_of(key).boundaries == ()
            return
        kinds = {one.kind for one in graph_of(key).boundaries}

        assert {BoundaryKind.CUSTOMER_DROP, BoundaryKind.AGENT_DROP} <= kinds

    def test_every_step_is_drawn_and_no_card_covers_another(self, key: str):
        document, graph = template(key), graph_of(key)
        components = components_of(graph)
        boxes = {
            node: (at["x"], at["y"], 168, height(components[node], graph.nodes[node].config))
            for node, at in document["layout"].items()
        }

        assert set(boxes) == set(graph.nodes)
        names = sorted(boxes)
        covered = [(a, b) for a in names for b in names if a < b and overlap(boxes[a], boxes[b])]
        assert covered == []

    def test_the_main_line_runs_straight_in_rows(self, key: str):
        document, graph = template(key), graph_of(key)
        line = bind(graph, components_of(graph)).main_line
        places = [document["layout"][node] for node in line]

        for before, after in pairwise(places):
            same_row = after["y"] == before["y"] and after["x"] > before["x"]
            next_row = after["y"] > before["y"] and after["x"] < before["x"]
            assert same_row or next_row


def half_translated(value: Any) -> list[Any]:
    if isinstance(value, list):
        return [one for item in value for one in half_translated(item)]
    if not isinstance(value, dict):
        return []
    if "en" in value:
        return [] if set(value) == {"en", "zh-Hans"} and all(value.values()) else [value]
    return [one for item in value.values() for one in half_translated(item)]


def height(component: Any, config: Any) -> int:
    """Of a card: 62 and 20 for each outcome."""
    return 62 + 20 * len(component.behaviour.outcomes(config))


def overlap(a: tuple[int, int, int, int], b: tuple[int, int, int, int]) -> bool:
    return a[0] < b[0] + b[2] and b[0] < a[0] + a[2] and a[1] < b[1] + b[3] and b[1] < a[1] + a[3]


class TestAccountServiceCall:
    def test_a_good_call_ends_completed(self):
        call = service_call().read().pictures(2).form().stopped()

        assert call.ending == "done"
        assert call.state.variables["form.request"] == "mobile"
        assert call.state.variables["rec.sha256"] == "cd" * 32

    @pytest.mark.parametrize(
        ("request_", "limit", "ending"),
        [("limit", 50_001, "second_look"), ("limit", 50_000, "done"), ("mobile", 90_000, "done")],
    )
    def test_high_limits_get_a_second_look(self, request_: str, limit: int, ending: str):
        call = service_call().read().pictures(2)

        call.form(request=request_, daily_limit=limit).stopped()

        assert call.ending == ending

    def test_without_consent_nothing_is_recorded(self):
        call = Call("account-service-call").checked().act("customer", "decline")

        assert call.ending == "consent_refused"
        assert call.state.recordings == {}

    def test_a_bad_device_may_be_tried_again_three_times(self):
        call = Call("account-service-call")
        for _ in range(3):
            call.act("customer", "report", **{**DEVICE, "camera": "refused"})
            assert call.step.node == "device"

        call.act("customer", "report", **{**DEVICE, "camera": "refused"})

        assert call.ending == "device_blocked"

    def test_when_no_agent_answers_the_customer_is_queued_once_more(self):
        call = Call("account-service-call").checked().agreed().queued()
        call.fails("RingAgent", "busy")
        assert call.step.node == "queue"

        call.queued().fails("RingAgent", "busy")

        assert call.ending == "call_back"

    @pytest.mark.parametrize(
        ("leave", "ending"),
        [("max_wait", "call_back"), ("leave", "left_queue"), ("closed", "counter_closed")],
    )
    def test_every_way_out_of_the_queue_is_cared_for(self, leave: str, ending: str):
        call = Call("account-service-call").checked().agreed()
        ways = {
            "max_wait": lambda: call.time("max_wait"),
            "leave": lambda: call.act("customer", "leave"),
            "closed": lambda: call.told("closed"),
        }

        ways[leave]()

        assert call.ending == ending

    def test_a_greeting_that_was_skipped_must_be_read_after_all(self):
        call = service_call()
        for _ in range(2):
            call.act("agent", "skip", reason="In a hurry")
            assert call.step.node == "greeting"

        call.act("agent", "skip", reason="In a hurry")

        assert call.ending == "not_informed"

    def test_pictures_that_fail_lead_to_a_branch(self):
        call = service_call().read()
        for _ in range(3):
            assert call.step.node == "id_card"
            call.act("agent", "give_up", reason="Too dark")

        assert call.ending == "branch_needed"

    def test_no_recording_no_call(self):
        call = Call("account-service-call").checked().agreed().queued().connected()

        call.fails("StartRecording", "no_capacity")

        assert call.ending == "no_recording"

    @pytest.mark.parametrize(
        ("who", "ending"), [("customer", "customer_left"), ("agent", "agent_left")]
    )
    def test_who_leaves_ends_the_call_and_the_recording(self, who: Role, ending: str):
        call = service_call().leaves(who)

        assert call.ending == ending
        assert all(one.stopping for one in call.state.recordings.values())


def test_advice_needs_no_recording():
    call = Call("video-advice").checked().queued().connected().read()

    assert call.ending == "done"
    assert call.state.recordings == {}


def test_advice_without_the_notice_is_followed_up_in_writing():
    call = Call("video-advice").checked().queued().connected().act("agent", "done")

    assert call.ending == "done_noted"


def test_identity_pictures_are_all_taken():
    call = Call("identity-pictures").checked().agreed().queued().connected().recording()

    call.pictures(1).pictures(2).stopped()

    assert call.ending == "done"
    assert call.state.variables["snap.portrait.evidence"] == "e1"
    assert len(call.state.variables["id.images"]) == 2  # type: ignore[arg-type]


class TestCounterServices:
    def test_two_services_and_the_end_in_one_call(self):
        call = counter().act("agent", "choose", item="phone")
        call.served("change-phone-number", **{"form.mobile": "+49 170 4471"})
        call.act("customer", "choose", item="limit")
        call.served("raise-limit", kind="success", **{"form.daily_limit": 900.0})

        call.act("agent", "finish").stopped()

        assert call.ending == "done"
        assert call.state.variables["customer.mobile"] == "+49 170 4471"
        assert call.state.variables["customer.daily_limit"] == 900.0

    def test_a_service_that_fails_leads_back_to_the_menu(self):
        call = counter().act("agent", "choose", item="limit").served("raise-limit", kind="defer")

        assert call.step.node == "menu"
        assert call.state.variables["subflow.kind"] == "defer"

    @pytest.mark.parametrize(("limit", "ending"), [(50_000, "raised"), (50_001, "second_look")])
    def test_a_limit_above_the_ceiling_gets_a_second_look(self, limit: int, ending: str):
        call = Call("raise-limit", {"limit.ceiling": 50_000.0})

        for field, value in {"daily_limit": limit, "reason": "car", "confirmed": True}.items():
            call.act("customer", "edit", field=field, value=value)
        call.act("customer", "submit")

        assert call.ending == ending

    def test_a_number_may_stay_as_it_was(self):
        assert Call("change-phone-number").act("customer", "cancel").ending == "kept"


def counter() -> Call:
    """The counter call up to its menu."""
    return Call("counter-services").checked().agreed().queued().connected().recording()
