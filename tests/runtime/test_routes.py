"""Where a call's media may be: by flow, by queue, by what browsers measure, by staff."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db

from config.diagnosis import media as diagnosis
from config.diagnosis.verdict import Level
from runtime import edges, rooms, routes
from runtime.clock import now_ms
from runtime.errors import EffectFailedError
from runtime.models import Job, Participant, Queue, QueueEntry, Room, Run, Worker
from tests.runtime import builders
from tests.runtime.builders import Client


@pytest.fixture(autouse=True)
def forgotten() -> None:
    edges._known.cache_clear()


def worker(name: str, zone: str, region: str, **facts: Any) -> Worker:
    row = builders.worker(name, name)
    known = {"status": Worker.Status.LIVE, "seen_at_ms": now_ms(), "zone": zone, "region": region}
    known |= {"addresses": [f"{name}.example"], "udp_port": 40_000}
    Worker.objects.filter(pk=row.pk).update(**{**known, **facts})
    return Worker.objects.get(pk=row.pk)


def run_in(*zones: str) -> Run:
    document = builders.consent_graph()
    return builders.entered(
        {**document, "settings": {"media_zones": [*zones]}} if zones else document
    )


def wait_in(run: Run, key: str, **facts: Any) -> None:
    queue = Queue.objects.create(workspace=run.workspace, key=key, **facts)
    QueueEntry.objects.create(run=run, queue=queue, activity="queue.1", since_ms=1)


def open_room(run: Run) -> Room:
    room = rooms.place(run.pk, now_ms())
    Room.objects.filter(pk=room.pk).update(status=Room.Status.OPEN)
    return Room.objects.get(pk=room.pk)


def placed(run: Run) -> str:
    return rooms.place(run.pk, now_ms()).worker.name


@pytest.mark.django_db
def test_a_queue_narrows_what_its_flow_allows():
    for name, zone in (("a", "edge"), ("b", "dc"), ("c", "lab")):
        worker(name, zone, "eu")
    run = run_in("edge", "dc")
    wait_in(run, "private", media_zones=["dc", "lab"])

    assert placed(run) == "b"


@pytest.mark.django_db
def test_a_flow_and_a_queue_with_nothing_in_common_are_refused_by_name():
    worker("a", "edge", "eu")
    run = run_in("edge")
    wait_in(run, "private", media_zones=["dc"])

    with pytest.raises(EffectFailedError) as refused:
        rooms.place(run.pk, now_ms())

    assert refused.value.code == "zone_not_allowed"
    assert "private" in refused.value.message


@pytest.mark.django_db
def test_the_region_nearest_to_whoever_is_furthest_is_chosen():
    for name, region in (("a", "eu"), ("b", "asia"), ("c", "africa")):
        worker(name, "edge", region)
    run = builders.entered()
    builders.be_present(run)
    measured = ({"eu": 30, "asia": 210, "africa": 100}, {"eu": 300, "asia": 40, "africa": 120})
    Participant.objects.filter(run=run).update(near=measured[0])
    Participant.objects.create(run=run, role="agent", present=True, near=measured[1])
    Participant.objects.create(run=run, role="expert", present=False, near={"africa": 900})

    assert placed(run) == "c"


@pytest.mark.django_db
def test_hardly_nearer_is_not_nearer():
    worker("a", "edge", "eu", load=0.5)
    worker("b", "edge", "asia")
    run = builders.entered({**builders.consent_graph(), "settings": {"media_regions": ["eu"]}})
    builders.be_present(run)
    Participant.objects.filter(run=run).update(near={"eu": 38, "asia": 25})

    assert placed(run) == "a"


@pytest.mark.django_db
def test_a_room_is_told_where_to_be_and_goes_there_once():
    here, there = worker("a", "edge", "eu"), worker("b", "dc", "eu")
    Worker.objects.filter(pk=there.pk).update(load=0.6)
    run = run_in("edge", "dc")
    room = open_room(run)

    first = routes.set_route(run, ["dc"], [], now_ms())
    routes.set_route(run, ["dc"], [], now_ms())
    moves = Job.objects.filter(kind="MoveRoom", run=run)
    moved = rooms.begin_move(run.pk, room.generation, now_ms())

    assert room.worker_id == here.pk
    assert first
    assert moves.count() == 1
    assert moved is not None
    assert (moved.worker_id, moved.route) == (there.pk, {"zones": ["dc"], "regions": []})


@pytest.mark.django_db
def test_a_room_stays_where_it_is_told_to_be_and_already_is():
    worker("a", "edge", "eu")
    run = builders.entered()
    open_room(run)

    assert not routes.set_route(run, ["edge"], ["eu"], now_ms())
    assert not Job.objects.filter(kind="MoveRoom").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zones", "code"), [(["lab"], "zone_not_allowed"), (["dc"], "zone_not_served")]
)
def test_a_room_is_not_sent_where_it_may_not_or_cannot_be(zones: list[str], code: str):
    worker("a", "edge", "eu")
    run = run_in("edge", "dc")
    room = open_room(run)

    with pytest.raises(EffectFailedError) as refused:
        routes.set_route(run, zones, [], now_ms())

    assert refused.value.code == code
    assert Room.objects.get(pk=room.pk).route == {}


@pytest.mark.django_db
def test_a_room_goes_to_another_worker_when_there_is_one():
    worker("a", "edge", "eu")
    run = builders.entered()
    open_room(run)
    with pytest.raises(EffectFailedError):
        routes.migrate(run, now_ms())
    worker("b", "edge", "eu")

    assert routes.migrate(run, now_ms()) == 1
    assert Job.objects.filter(kind="MoveRoom", run=run).count() == 1


@pytest.mark.django_db
def test_the_doctor_names_zones_that_nobody_serves():
    run = run_in("edge")
    Queue.objects.create(workspace=run.workspace, key="private", media_zones=["dc"])
    worker("a", "edge", "eu")

    verdict = diagnosis.zones()
    worker("b", "dc", "eu")

    assert verdict.level is Level.FAIL
    assert "queue private: dc" in verdict.detail
    assert diagnosis.zones().level is Level.OK


@pytest.mark.usefixtures("committed")
async def test_a_browser_is_asked_to_measure_where_there_is_a_choice():
    await in_db(worker)("a", "edge", "eu")
    await in_db(worker)("b", "edge", "asia", addresses=["2001:db8::1"])
    run, cookie = await in_db(builders.joined)()
    customer = Client.of_customer(run, cookie)

    await customer.hello()
    asked = await customer.expect("media")
    found = [{"region": one["region"], "rtt_ms": 12.5} for one in asked["edges"]]
    await customer.say("media", id=str(run.pk), op="near", edges=found)
    await customer.say("ping", at=1)
    await customer.expect("pong")

    assert asked["op"] == "edges"
    assert [one["url"] for one in asked["edges"]] == [
        "stun:[2001:db8::1]:40000",
        "stun:a.example:40000",
    ]
    near = await in_db(lambda: builders.customer_of(run).near)()
    assert near == {"eu": 12.5, "asia": 12.5}


@pytest.mark.usefixtures("committed")
async def test_a_browser_without_a_choice_is_asked_nothing():
    await in_db(worker)("a", "edge", "eu")
    run, cookie = await in_db(builders.joined)()
    customer = Client.of_customer(run, cookie)

    await customer.hello()
    await customer.say("ping", at=1)

    assert "media" not in await _until_pong(customer)


async def _until_pong(client: Client) -> list[str]:
    """The types of what comes before it."""
    told: list[str] = []
    while "pong" not in told:
        told.append((await client.receive_json_from(timeout=8))["type"])
    return told
