"""The worker socket: enrolment, requests, answers, events, and what a lost worker means."""

from __future__ import annotations

import uuid

import pytest
from channels.db import database_sync_to_async as in_db

from runtime import pool, rooms
from runtime.clock import now_ms
from runtime.models import Job, PeerOffer, Room, Worker, WorkerRequest
from tests.runtime import builders
from tests.runtime.builders import Client
from tests.runtime.fake_worker import FakeWorker

pytestmark = pytest.mark.usefixtures("committed")
ENROL = {"protocol": 1, "worker": "local-1", "rooms": []}


def room_on(worker: Worker, status: str = "open") -> Room:
    return Room.objects.create(run=builders.entered(), worker=worker, generation=1, status=status)


async def test_a_wrong_token_gets_no_welcome():
    await in_db(builders.worker)()
    client = Client.of_worker("a-guess")
    await client.connect()

    assert await client.expect_close() == 4401


async def test_a_worker_cannot_enrol_under_anothers_name():
    await in_db(builders.worker)()
    client = Client.of_worker()
    await client.connect()

    await client.say("enrol", **{**ENROL, "worker": "local-2"})

    assert await client.expect_close() == 4403


async def test_nothing_is_heard_before_enrolment():
    await in_db(builders.worker)()
    client = Client.of_worker()
    await client.connect()

    await client.say("heartbeat", load=0.5)

    assert (await client.expect("refused"))["reason"] == "not_allowed"
    await client.disconnect()


async def test_a_request_waits_for_the_worker_and_is_answered_once():
    row = await in_db(builders.worker)()
    room = await in_db(room_on)(row)
    asked = await in_db(
        lambda: rooms.ask(room, "stats.read", {}, now_ms=now_ms(), limit_ms=5_000)
    )()
    client = Client.of_worker()
    await client.connect()
    await client.say("enrol", **{**ENROL, "rooms": [{"room": str(room.run_id), "generation": 1}]})

    request = await client.expect("request")
    for result in ({"parties": [1]}, {"parties": [2]}):
        await client.say("answer", id=request["id"], ok=True, result=result)
    await client.say("event", id=str(uuid.uuid4()), room=str(room.run_id), generation=1, kind="x")
    await client.expect("ack")
    await client.disconnect()

    assert request["id"] == str(asked.pk)
    answered = await in_db(WorkerRequest.objects.get)(pk=asked.pk)
    assert (answered.status, answered.answer) == ("answered", {"parties": [1]})


async def test_an_offer_event_is_stored_once_and_acknowledged_each_time():
    row = await in_db(builders.worker)()
    room = await in_db(room_on)(row)
    client = Client.of_worker()
    await client.connect()
    await client.say("enrol", **{**ENROL, "rooms": [{"room": str(room.run_id), "generation": 1}]})
    event = {
        "id": str(uuid.uuid4()),
        "room": str(room.run_id),
        "generation": 1,
        "kind": "offer",
        "data": {"party": "p", "peer": "t", "sdp": "v=0"},
    }

    for _ in range(2):
        await client.say("event", **event)
        assert (await client.expect("ack"))["id"] == event["id"]
    await client.disconnect()

    assert await in_db(PeerOffer.objects.count)() == 1


async def test_a_worker_back_in_time_keeps_its_rooms():
    row = await in_db(builders.worker)()
    room = await in_db(room_on)(row)
    held = [{"room": str(room.run_id), "generation": 1}]
    first = await FakeWorker(Client.of_worker()).start(held)
    await first.stop()
    second = await FakeWorker(Client.of_worker()).start(held)

    await in_db(builders.perform_all)(now_ms() + pool.GONE_AFTER_MS + 1)
    await second.stop()

    await in_db(room.refresh_from_db)()
    assert room.status == "open"


async def test_a_worker_restarted_without_its_rooms_has_lost_them():
    row = await in_db(builders.worker)()
    room = await in_db(room_on)(row)

    worker = await FakeWorker(Client.of_worker()).start([])
    await worker.stop()

    await in_db(room.refresh_from_db)()
    assert room.status == "lost"
    kinds = await in_db(
        lambda: set(Job.objects.filter(run=room.run_id).values_list("kind", flat=True))
    )()
    assert {"MediaLost", "PlaceRoom"} <= kinds


async def test_a_room_without_a_place_is_placed_as_soon_as_a_worker_comes():
    row = await in_db(builders.worker)()
    await in_db(Worker.objects.filter(pk=row.pk).update)(load=0.99)
    run = await in_db(builders.entered)()
    later = now_ms() + 60_000
    job = await in_db(Job.objects.create)(
        kind="PlaceRoom", key="place", run=run, due_at_ms=later, payload={"generation": 1}
    )

    worker = await FakeWorker(Client.of_worker()).start([])
    placed = await in_db(rooms.place)(run.pk, now_ms())
    await worker.stop()

    await in_db(job.refresh_from_db)()
    assert job.due_at_ms <= now_ms()
    assert placed.worker_id == row.pk


def test_rooms_go_to_the_least_loaded_live_worker():
    now = now_ms()
    for name, load, seen in (("a", 0.6, now), ("b", 0.2, now), ("c", 0.0, now - 60_000)):
        worker = builders.worker(name, name)
        Worker.objects.filter(pk=worker.pk).update(load=load, seen_at_ms=seen, status="live")

    room = rooms.place(builders.entered().pk, now)

    assert room.worker.name == "b"


def test_a_silent_worker_is_lost():
    worker = builders.worker()
    room = room_on(worker)
    Worker.objects.filter(pk=worker.pk).update(status="live", seen_at_ms=1)

    pool.lose_silent(now_ms())

    room.refresh_from_db()
    assert room.status == "lost"
