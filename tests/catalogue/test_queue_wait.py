from flow.commands import Enqueue
from tests.catalogue.stage import START_MS, Stage
from tests.catalogue.ways import AGENT


def test_it_asks_for_the_queue_with_its_skills():
    stage = Stage("queue.wait", {"queue": "loans", "skills": ["english"], "priority": 2})

    assert stage.requests("Enqueue") == [
        Enqueue(queue="loans", skills=("english",), priority=2),
    ]


def test_the_customer_sees_the_position_as_it_changes():
    stage = Stage("queue.wait").done("Enqueue", position=3)
    assert stage.panel("customer")["position"] == 3

    stage.told("position", position=2, eta_s=40)

    assert stage.panel("customer") == {
        "queue": "counter",
        "position": 2,
        "eta_s": 40,
        "since_ms": START_MS,
        "max_wait_s": 300,
    }


def test_a_position_that_is_not_known_keeps_the_last():
    stage = Stage("queue.wait").done("Enqueue", position=3)

    stage.told("position", position=None, eta_s=None)

    assert stage.panel("customer")["position"] == 3
    assert stage.panel("customer")["eta_s"] is None


def test_an_assigned_customer_keeps_the_agent_reserved():
    stage = Stage("queue.wait").done("Enqueue", position=1).told("assigned", **AGENT)

    assert "Dequeue" not in stage.asked
    assert stage.outputs == {"queue.name": "counter", "queue.wait_ms": 200, "queue.position": 1}


def test_every_other_way_out_leaves_the_queue():
    ways = (
        Stage("queue.wait").time("max_wait"),
        Stage("queue.wait").act("customer", "leave"),
        Stage("queue.wait").told("closed"),
        Stage("queue.wait").fails("Enqueue"),
    )

    assert [one.outcome for one in ways] == ["timeout", "abandoned", "closed", "closed"]
    assert all(one.asked.count("Dequeue") == 1 for one in ways)


def test_a_customer_who_goes_for_good_leaves_the_queue():
    stage = Stage("queue.wait").leaves("customer", deliberate=True)

    assert stage.outcome == "boundary:customer_drop"
    assert stage.asked.count("Dequeue") == 1


def test_only_the_customer_leaves():
    stage = Stage("queue.wait", present=("customer", "agent"))

    assert stage.refuses("agent", "leave") == "not_allowed"


def test_news_it_does_not_know_changes_nothing():
    stage = Stage("queue.wait").done("Enqueue", position=3)
    before = stage.data

    assert stage.told("weather").data == before


def test_it_waits_no_longer_than_it_is_set_to():
    stage = Stage("queue.wait", {"max_wait_s": 60}).time("max_wait")

    assert stage.at_ms == START_MS + 60_000
    assert stage.outputs["queue.wait_ms"] == 60_000
