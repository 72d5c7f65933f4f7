from typing import Any

from flow.commands import RingAgent, SeatAgent, StopRinging
from tests.catalogue.stage import Json, Stage
from tests.catalogue.ways import AGENT, OTHER

ROOM: Json = {"room": "r", "generation": 1, "worker": "w"}


def connecting(**settings: Any) -> Stage:
    return Stage("people.connect", {"queue": "counter", **settings})


def accepted(**settings: Any) -> Stage:
    return connecting(**settings).done("RingAgent", **AGENT).act("agent", "accept")


def test_it_opens_the_room_while_it_rings():
    assert connecting().asked == ["OpenRoom", "RingAgent"]


def test_without_a_queue_of_its_own_it_rings_the_one_waited_in():
    stage = Stage("people.connect", variables={"queue.name": "loans"})

    assert stage.requests("RingAgent") == [RingAgent(queue="loans")]


def test_it_needs_both_the_room_and_the_seat_in_either_order():
    room_first = accepted().done("OpenRoom", **ROOM)
    seat_first = accepted().done("SeatAgent", participant="p")

    assert room_first.is_active()
    assert seat_first.is_active()
    assert room_first.done("SeatAgent", participant="p").outcome == "ok"
    assert seat_first.done("OpenRoom", **ROOM).outcome == "ok"


def test_whoever_accepts_is_seated_and_named():
    stage = accepted().done("SeatAgent", participant="p").done("OpenRoom", **ROOM)

    assert stage.requests("SeatAgent") == [SeatAgent(agent="u1")]
    assert stage.outputs == {
        "agent.id": "u1",
        "agent.name": "Daniel Okafor",
        "agent.staff_no": "40217",
        "connect_ms": 400,
    }
    assert "StopRinging" not in stage.asked


def test_who_does_not_answer_is_freed_and_not_rung_again():
    stage = connecting(ring_s=20).done("RingAgent", **AGENT).time("ring")

    assert stage.requests("StopRinging") == [StopRinging(agent="u1")]
    assert stage.requests("RingAgent")[-1] == RingAgent(queue="counter", exclude=("u1",))


def test_it_rings_no_more_agents_than_it_is_set_to():
    stage = connecting(reassign_max=2).done("RingAgent", **AGENT).time("ring")

    stage.done("RingAgent", **OTHER).time("ring")

    assert stage.outcome == "no_answer"
    assert len(stage.requests("RingAgent")) == 2
    assert len(stage.requests("StopRinging")) == 2


def test_refused_means_that_everyone_declined():
    declined = connecting(reassign_max=1).done("RingAgent", **AGENT).act("agent", "decline")
    mixed = connecting(reassign_max=2).done("RingAgent", **AGENT).act("agent", "decline")
    mixed.done("RingAgent", **OTHER).time("ring")

    assert declined.outcome == "refused"
    assert mixed.outcome == "no_answer"


def test_when_nobody_is_left_the_outcome_says_what_was_tried():
    nobody = connecting().fails("RingAgent", "busy")
    silent = connecting().done("RingAgent", **AGENT).time("ring").fails("RingAgent", "busy")
    unwilling = connecting().done("RingAgent", **AGENT).act("agent", "decline")
    unwilling.fails("RingAgent", "busy")

    assert [nobody.outcome, silent.outcome, unwilling.outcome] == ["busy", "no_answer", "refused"]


def test_without_a_room_nobody_is_kept_ringing():
    stage = connecting().done("RingAgent", **AGENT).fails("OpenRoom", "no_capacity")

    assert stage.outcome == "busy"
    assert stage.requests("StopRinging") == [StopRinging(agent="u1")]


def test_an_agent_who_cannot_be_seated_is_passed_over():
    stage = accepted().fails("SeatAgent", "busy")

    assert stage.is_active()
    assert stage.requests("RingAgent")[-1] == RingAgent(queue="counter", exclude=("u1",))


def test_accepting_stops_the_clock_of_the_ring():
    assert "ring" not in accepted().activity().timers


def test_there_is_nothing_to_accept_before_it_rings_or_twice():
    assert connecting().refuses("agent", "accept") == "not_allowed"
    assert accepted().refuses("agent", "accept") == "not_allowed"
    assert accepted().refuses("agent", "decline") == "not_allowed"


def test_the_customer_cannot_accept():
    stage = connecting().done("RingAgent", **AGENT)

    assert stage.refuses("customer", "accept") == "not_allowed"


def test_a_ringing_agent_is_freed_when_the_customer_goes():
    stage = connecting().done("RingAgent", **AGENT).leaves("customer", deliberate=True)

    assert stage.outcome == "boundary:customer_drop"
    assert stage.requests("StopRinging") == [StopRinging(agent="u1")]


def test_nobody_rings_while_the_customer_is_away_and_none_counts_as_tried():
    stage = connecting(ring_s=20).done("RingAgent", **AGENT).leaves("customer")

    assert stage.requests("StopRinging") == [StopRinging(agent="u1")]
    assert stage.requests("RingAgent")[-1] == RingAgent(queue="counter", exclude=())
    assert "ring" not in stage.activity().timers
    assert stage.joins("customer").done("RingAgent", **AGENT).act("agent", "accept").is_active()


def test_who_has_accepted_stays_when_the_customer_drops():
    stage = accepted().leaves("customer")

    assert stage.requests("StopRinging") == []
    assert len(stage.requests("RingAgent")) == 1


def test_the_customer_learns_the_name_only_of_who_has_accepted():
    ringing = connecting().done("RingAgent", **AGENT)

    assert ringing.panel("customer")["agent"] is None
    assert ringing.panel("customer")["state"] == "ringing"
    assert accepted().panel("customer")["agent"] == {"name": "Daniel Okafor", "staff_no": "40217"}
    assert accepted().panel("customer")["state"] == "connecting"
    assert accepted(show_badge=False).panel("customer")["agent"] is None


def test_an_agent_who_has_accepted_is_seated_not_ringing():
    gone = accepted().leaves("customer", deliberate=True)
    without_room = accepted().fails("OpenRoom", "no_capacity")

    assert without_room.outcome == "busy"
    assert gone.requests("StopRinging") == without_room.requests("StopRinging") == []
