"""Workers that go away, hang, come back too late, or leave: who keeps which rooms."""

from __future__ import annotations

import asyncio
import hashlib
import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db
from django.core.management import CommandError, call_command

from accounts.models import AuditEvent
from runtime import dispatch, intake, pool, rooms
from runtime.clock import now_ms
from runtime.messages import WorkerEvent
from runtime.models import Job, PeerOffer, Room, Worker, WorkerRequest
from tests.accounts.people import person, signed_in
from tests.runtime import builders
from tests.runtime.builders import Client
from tests.runtime.fake_worker import FakeWorker, until

pytestmark = pytest.mark.usefixtures("committed")


def two_workers() -> tuple[Worker, Worker]:
    made = builders.worker(), builders.worker("local-2", "another-token")
    heard = now_ms() + 60_000  # however slow the machine of the tests is
    Worker.objects.update(status=Worker.Status.LIVE, seen_at_ms=heard)
    return made


def room_on(worker: Worker, generation: int = 1, **facts: Any) -> Room:
    made = Room.objects.create(
        run=builders.entered(), worker=worker, generation=generation, status="open"
    )
    Room.objects.filter(pk=made.pk).update(**facts)
    return made


def status_of(row: Room | Worker) -> str:
    row.refresh_from_db()
    return row.status


def place_of(room: Room) -> tuple[str, int]:
    """Where the room's run meets now."""
    live = rooms.find_live(room.run_id)
    assert live is not None
    return live.worker.name, live.generation


def due_check() -> int:
    """Milliseconds until the worker that went away is given up."""
    return int(Job.objects.get(kind="CheckWorker").due_at_ms - now_ms())


async def test_a_closed_socket_is_soon_a_lost_worker_when_another_can_take_its_rooms():
    first, _ = await in_db(two_workers)()
    room = await in_db(room_on)(first)
    worker = await FakeWorker(Client.of_worker()).start(
        [{"room": str(room.run_id), "generation": 1}]
    )

    await worker.stop()

    assert await in_db(status_of)(first) == "away"
    assert await in_db(due_check)() <= pool.CLOSED_AFTER_MS
    await in_db(builders.perform_all)(now_ms() + pool.CLOSED_AFTER_MS + 1)
    assert await in_db(status_of)(room) == "lost"
    assert await in_db(place_of)(room) == ("local-2", 2)


async def test_a_closed_socket_is_waited_for_when_nobody_else_can_take_its_rooms():
    await in_db(builders.worker)()
    worker = await FakeWorker(Client.of_worker()).start()

    await worker.stop()

    assert await in_db(due_check)() > pool.CLOSED_AFTER_MS


async def test_a_worker_that_says_goodbye_is_not_waited_for():
    await in_db(two_workers)()
    worker = await FakeWorker(Client.of_worker()).start()

    await worker.leave()

    assert await in_db(due_check)() <= 0


def test_nothing_a_worker_says_counts_once_it_was_given_up():
    """It hung, its room was given to another, and then it goes on where it stood."""
    first, second = two_workers()
    room = room_on(first)
    asked = rooms.ask(room, "stats.read", {}, now_ms=now_ms(), limit_ms=60_000)
    pool.lose_worker(first.pk, first.epoch, now_ms())
    new = rooms.place(room.run_id, now_ms())
    said = WorkerEvent(
        id=uuid.uuid4(),
        room=str(room.run_id),
        generation=new.generation,
        kind="offer",
        data={"party": "p", "peer": "t", "sdp": "v=0"},
    )

    dispatch.settle(asked.pk, worker_id=first.pk, ok=True, answer={"parties": []}, now_ms=now_ms())
    intake.take(first.pk, said, now_ms())
    pool.beat(first, {"load": 0.5}, 7)

    asked.refresh_from_db()
    assert asked.answer["code"] == "worker_lost"
    assert not PeerOffer.objects.exists()
    assert (status_of(first), status_of(room), first.load) == ("lost", "lost", 0)
    assert (new.worker_id, new.generation) == (second.pk, 2)
    assert rooms.find_live(room.run_id) == new


async def test_a_worker_that_wakes_too_late_is_told_to_close_what_it_lost():
    first, _ = await in_db(two_workers)()
    room = await in_db(room_on)(first)
    await in_db(pool.lose_worker)(first.pk, first.epoch, now_ms())
    new = await in_db(rooms.place)(room.run_id, now_ms())

    back = await FakeWorker(Client.of_worker()).start([{"room": str(room.run_id), "generation": 1}])
    closing = await back.until_asked("room.close")
    await back.stop()

    assert (closing["room"], closing["generation"]) == (str(room.run_id), 1)
    assert await in_db(status_of)(room) == "lost"
    assert await in_db(rooms.find_live)(room.run_id) == new


async def test_a_worker_that_is_told_to_stop_waits_while_its_rooms_move():
    first, _ = await in_db(two_workers)()
    room = await in_db(room_on)(first)
    worker = FakeWorker(Client.of_worker())
    worker.is_draining = True

    await worker.start([{"room": str(room.run_id), "generation": 1}])
    await until_true(lambda: Job.objects.filter(kind="MoveRoom", run=room.run_id).exists())
    await in_db(builders.perform_all)()
    await worker.stop()

    assert worker.orders in ([], ["drain"])
    assert await in_db(status_of)(room) == "moving"
    assert await in_db(place_of)(room) == ("local-2", 2)


async def test_a_worker_whose_rooms_nobody_can_take_need_not_wait():
    row = await in_db(builders.worker)()
    room = await in_db(room_on)(row)
    worker = FakeWorker(Client.of_worker())
    worker.is_draining = True

    await worker.start([{"room": str(room.run_id), "generation": 1}])
    await until(lambda: "leave" in worker.orders)
    await worker.stop()

    assert await in_db(status_of)(room) == "open"


async def test_a_drained_worker_that_comes_back_with_its_rooms_is_still_drained():
    first, _ = await in_db(two_workers)()
    room = await in_db(room_on)(first)
    await in_db(pool.drain)(first, now_ms())

    worker = await FakeWorker(Client.of_worker()).start(
        [{"room": str(room.run_id), "generation": 1}]
    )
    await until(lambda: "drain" in worker.orders)
    drained = await in_db(status_of)(first)
    await worker.stop()
    fresh = await FakeWorker(Client.of_worker()).start()
    taken = await in_db(status_of)(first)
    await fresh.stop()

    assert (drained, taken) == ("draining", "live")


def test_a_room_that_finds_no_better_place_stays_where_it_is():
    first, second = two_workers()
    room = room_on(first)
    pool.drain(first, now_ms())
    Worker.objects.filter(pk=second.pk).update(status=Worker.Status.LOST)

    builders.perform_all()

    assert status_of(room) == "open"
    assert Job.objects.get(kind="MoveRoom").status == Job.Status.READY


def test_a_new_place_that_comes_to_nothing_leaves_the_old_one():
    first, second = two_workers()
    room = room_on(first)
    pool.drain(first, now_ms())
    builders.perform_all()
    asked = WorkerRequest.objects.get(kind="room.open")

    refusal = {"code": "overloaded", "message": ""}
    dispatch.settle(asked.pk, worker_id=second.pk, ok=False, answer=refusal, now_ms=now_ms())

    assert status_of(room) == "open"
    assert Room.objects.get(generation=2).status == "lost"


def test_a_worker_lost_while_its_rooms_move_loses_only_what_has_no_other_place():
    first, _ = two_workers()
    moving, staying = room_on(first), room_on(first)
    rooms.begin_move(moving.run_id, 1, now_ms())

    pool.lose_worker(first.pk, first.epoch, now_ms())

    assert {status_of(moving), status_of(staying)} == {"lost"}
    assert set(Job.objects.filter(kind="PlaceRoom").values_list("run", flat=True)) == {
        staying.run_id
    }


async def until_true(probe) -> None:
    """What the database says at last."""
    async with asyncio.timeout(5):
        while not await in_db(probe)():  # noqa: ASYNC110
            await asyncio.sleep(0.02)


def test_an_admin_sees_the_workers_and_sends_one_away():
    first, _ = two_workers()
    room_on(first)
    admin = signed_in(person("admin"))

    listed = admin.get("/api/v1/workers").json()
    drained = admin.post(f"/api/v1/workers/{first.pk}/drain").json()

    assert [(one["name"], one["held"]) for one in listed] == [("local-1", 1), ("local-2", 0)]
    assert drained == {"moving": 1}
    assert status_of(first) == "draining"
    noted = AuditEvent.objects.get(action="worker.drain")
    assert (noted.target, noted.data) == ("worker:local-1", {"moving": 1})


def test_the_command_names_the_workers_there_are():
    two_workers()

    call_command("drain_worker", "local-1")

    assert Worker.objects.get(name="local-1").status == "draining"
    with pytest.raises(CommandError, match="local-1, local-2"):
        call_command("drain_worker", "nobody")


def test_a_host_gets_a_name_and_a_line_of_the_token_file_for_each_process(tmp_path):
    file = tmp_path / "edge.tokens"

    call_command("enrol_worker", "edge", token_file=file, processes=2)
    before = file.read_text().split()
    call_command("enrol_worker", "edge", token_file=file, processes=3)

    tokens = file.read_text().split()
    assert tokens[:2] == before
    assert (len(tokens), file.stat().st_mode & 0o777) == (3, 0o600)
    hashes = [hashlib.sha256(one.encode()).hexdigest() for one in tokens]
    assert list(Worker.objects.order_by("name").values_list("name", "token_hash")) == [
        (f"edge.{number}", one) for number, one in enumerate(hashes, 1)
    ]
