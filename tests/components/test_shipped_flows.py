"""The flows we ship verify, speak both languages, are drawn cleanly, and can be lived through."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import pytest

from components.registry import components_of
from flow.events import (
    Role,
)
from flow.graph import BoundaryKind
from flow.interpreter.bound import bind
from tests.components.shipped import (
    CALLEES,
    DEVICE,
    KEYS,
    Call,
    findings,
    graph_of,
    is_called,
    template,
)


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
