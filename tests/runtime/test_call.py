"""A whole call through sockets, dispatcher and a worker at the socket seam."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db

from runtime import driver, pool
from runtime.clock import now_ms
from runtime.effects import media
from runtime.models import AgentPresence, Job, Recording, Room, Run, RunEvent
from tests.runtime import builders
from tests.runtime.builders import Client
from tests.runtime.fake_worker import FakeWorker

pytestmark = pytest.mark.usefixtures("committed")


@contextlib.asynccontextmanager
async def dispatching() -> AsyncIterator[None]:
    """Jobs are performed beside the test, as the dispatcher process would."""

    async def work() -> None:
        while True:
            await in_db(builders.perform_all)()
            await asyncio.sleep(0.01)

    task = asyncio.create_task(work(), name="jobs")
    yield
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def kinds_of(run: Run) -> list[str]:
    return await in_db(
        lambda: list(
            RunEvent.objects.filter(run=run).order_by("seq").values_list("kind", flat=True)
        )
    )()


def _awaited_by(worker: FakeWorker) -> list[Any]:
    """Tracks that lines are made for before a page offers: with the room, or right after it."""
    added = [one["params"] for one in worker.asked("party.add")]
    return [one.get("sends") for one in [*worker.requests[0]["params"]["parties"], *added]]


async def test_a_call_from_the_queue_to_the_end():
    run, cookie = await in_db(builders.joined)(builders.call_graph())
    agent = await in_db(builders.staff)("wang")
    session = await in_db(builders.session_of)(agent)
    await in_db(builders.worker)()
    async with dispatching():
        worker = await FakeWorker(Client.of_worker()).start()
        customer = Client.of_customer(run, cookie)
        await customer.hello()
        desk, ring = await _taken_by(session, run)
        seated = await _desk_where(desk, "run", inner=False)
        agent_socket = Client.of_staff(f"/ws/run/{seated}/", session)
        await agent_socket.hello()
        view = await _view_with(customer, "ask.1")
        await customer.say(
            "media", id=str(run.pk), op="offer", sdp="v=0", generation=view["room"]["generation"]
        )
        answer = await customer.expect("media")
        await customer.act("ask.1", "agree")
        last = await _view_where_ended(customer)
        await worker.until_asked("room.close")
        await worker.stop()
        with contextlib.suppress(Exception):
            await desk.disconnect()

    assert ring["flow"].startswith("Flow")
    assert answer["op"] == "answer"
    assert answer["sdp"] == "v=0 the worker's answer"
    assert last["run"]["ending"]["kind"] == "success"
    asked = [one["kind"] for one in worker.requests]
    assert asked[0] == "room.open"
    assert "record.start" in asked
    assert ["audio", "video"] in _awaited_by(worker)
    assert worker.asked("record.stop")
    await in_db(run.refresh_from_db)()
    assert run.status == "closed"
    assert await in_db(driver.is_snapshot_true)(run.pk)
    presence = await in_db(AgentPresence.objects.get)(user=agent)
    assert presence.status == "wrap_up"
    assert not await in_db(Room.objects.filter(status__in=("open", "opening")).exists)()
    recording = await in_db(Recording.objects.get)(run=run)
    assert recording.ended_at_ms is not None
    dead = await in_db(
        lambda: list(Job.objects.filter(status="dead").values_list("kind", flat=True))
    )()
    assert dead == []


async def test_a_lost_worker_is_replaced_and_the_recording_goes_on():
    run, cookie = await in_db(builders.joined)(builders.call_graph())
    await in_db(builders.worker)()
    await in_db(builders.worker)("local-2", "another-token")
    async with dispatching():
        first = await FakeWorker(Client.of_worker()).start()
        customer = await _recorded_call(run, cookie)

        second = await FakeWorker(Client.of_worker("another-token"), name="local-2").start()
        await first.stop()
        told = await customer.expect("media", op="interrupted", timeout_s=8)
        view = await _view_of_generation(customer, 2)
        async with asyncio.timeout(5):
            while "RecordingNoted" not in (await kinds_of(run))[-2:]:  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await second.stop()

    assert told["generation"] == 1
    assert view["room"] == {"generation": 2, "interrupted": False}
    assert [one["kind"] for one in second.requests][:2] == ["room.open", "record.start"]
    kinds = await kinds_of(run)
    assert kinds.index("MediaInterrupted") < kinds.index("MediaRestored")
    assert await in_db(driver.is_snapshot_true)(run.pk)


async def test_a_worker_that_leaves_hands_its_call_over_without_an_interruption(monkeypatch):
    monkeypatch.setattr(media, "MOVE_LIMIT_MS", 0)
    run, cookie = await in_db(builders.joined)(builders.call_graph())
    row = await in_db(builders.worker)()
    await in_db(builders.worker)("local-2", "another-token")
    async with dispatching():
        first = await FakeWorker(Client.of_worker()).start()
        customer = await _recorded_call(run, cookie)
        second = await FakeWorker(Client.of_worker("another-token"), name="local-2").start()

        await in_db(pool.drain)(row, now_ms())
        view = await _view_of_generation(customer, 2)
        ended = await first.until_asked("room.close")
        async with asyncio.timeout(5):
            while "started" not in await in_db(noted)(run, after="MediaRestored"):  # noqa: ASYNC110
                await asyncio.sleep(0.05)
        await first.stop()
        await second.stop()

    assert view["room"] == {"generation": 2, "interrupted": False}
    assert [one["kind"] for one in second.requests][:2] == ["room.open", "record.start"]
    assert (ended["room"], ended["generation"]) == (str(run.pk), 1)
    assert "drain" in first.orders
    assert "MediaInterrupted" not in await kinds_of(run)
    assert "gap" not in await in_db(noted)(run, after="MediaRestored")
    assert await in_db(driver.is_snapshot_true)(run.pk)


def noted(run: Run, *, after: str) -> list[str]:
    """What was noted of recordings after the first event of a kind."""
    log = list(RunEvent.objects.filter(run=run).order_by("seq"))
    kinds = [event.kind for event in log]
    later = log[kinds.index(after) :] if after in kinds else []
    return [str(builders.said_by(one)["what"]) for one in later if one.kind == "RecordingNoted"]


async def _taken_by(session: str, run: Run) -> tuple[Client, Any]:
    """The desk of an agent who has come and accepted the call, and how it rang."""
    desk = Client.of_staff("/ws/desk/", session)
    await desk.hello()
    await desk.say("presence", id=str(run.pk), status="available")
    ring = await _desk_where(desk, "ring")
    accept = {"run": ring["run"], "activity": ring["activity"], "action": "accept"}
    await desk.say("act", id=str(run.pk), data={}, **accept)
    return desk, ring


async def _recorded_call(run: Run, cookie: str) -> Client:
    """The customer of a call with an agent, which is being recorded."""
    session = await in_db(lambda: builders.session_of(builders.staff("wang")))()
    customer = Client.of_customer(run, cookie)
    await customer.hello()
    desk, _ = await _taken_by(session, run)
    await _view_with(customer, "ask.1")
    await desk.disconnect()
    return customer


async def _view_of_generation(client: Client, generation: int) -> Any:
    return await _view_where(
        client, lambda one: one["room"] and one["room"]["generation"] == generation
    )


async def _desk_where(desk: Client, name: str, *, inner: bool = True) -> Any:
    async with asyncio.timeout(8):
        while True:
            message = await desk.expect("desk", timeout_s=8)
            if message["desk"][name]:
                return message["desk"][name]


async def _view_where(client: Client, fits) -> Any:
    async with asyncio.timeout(8):
        while True:
            view = (await client.expect("view", timeout_s=8))["view"]
            if fits(view):
                return view


async def _view_with(client: Client, activity: str) -> Any:
    return await _view_where(
        client, lambda view: any(one["id"] == activity for one in view["activities"])
    )


async def _view_where_ended(client: Client) -> Any:
    return await _view_where(client, lambda view: view["run"]["ending"] is not None)
