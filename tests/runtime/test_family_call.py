"""A call with a sub-flow under way, through sockets, dispatcher and workers at the socket seam."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db

from runtime import driver, family
from runtime.models import AgentPresence, Evidence, Job, Recording, Room, Run
from tests.runtime import builders
from tests.runtime.builders import Client, edge, end, graph, node
from tests.runtime.fake_worker import FakeWorker
from tests.runtime.families import kinds_of
from tests.runtime.test_call import dispatching

pytestmark = pytest.mark.usefixtures("committed")

PICTURE = {"id": "picture", "label": {"en": "Picture"}}


def picture_graph() -> dict[str, Any]:
    """call → shot → taken | blurred: a service that takes a picture of the customer."""
    nodes = [
        node("call", "entry.call", given=["agent", "room"]),
        node("shot", "media.snapshot", target="customer", label="card", min_sharpness=0),
        end("taken"),
        end("blurred", "reject"),
    ]
    edges = [edge("call", "ok", "shot"), edge("shot", "ok", "taken")]
    return graph(nodes, [*edges, edge("shot", "blurred", "blurred")])


def counter_graph() -> dict[str, Any]:
    """link → queue → connect → record → menu ⇄ service; finish → stop → done."""
    nodes = [
        node("link", "entry.link"),
        node("queue", "queue.wait", queue="retail", max_wait_s=600),
        node("connect", "people.connect", ring_s=20, reassign_max=2),
        node("record", "rec.start"),
        node("menu", "logic.menu", items=[PICTURE]),
        node("service", "logic.subflow", flow="picture", version="latest"),
        node("stop", "rec.stop"),
        end(),
        end("away", "defer"),
    ]
    edges = [
        edge("link", "ok", "queue"),
        edge("link", "expired", "away"),
        edge("queue", "assigned", "connect"),
        *(edge("queue", one, "away") for one in ("timeout", "abandoned", "closed")),
        edge("connect", "ok", "record"),
        *(edge("connect", one, "away") for one in ("no_answer", "busy", "refused")),
        edge("record", "ok", "menu"),
        edge("record", "fail", "away"),
        edge("menu", "picture", "service"),
        edge("menu", "finish", "stop"),
        edge("service", "ok", "menu"),
        edge("service", "fail", "menu"),
        edge("stop", "ok", "done"),
    ]
    return graph(nodes, edges)


async def view_with(client: Client, activity: str) -> dict[str, Any]:
    """The next view in which an activity of this id, marked or not, is shown."""
    async with asyncio.timeout(8):
        while True:
            view = (await client.expect("view", timeout_s=8))["view"]
            ids = [one["id"] for one in view["activities"]]
            if any(one.rpartition("/")[2] == activity for one in ids):
                return dict(view)


async def act(client: Client, activity: str, action: str, **data: Any) -> None:
    """Act and wait until it is stored."""
    id_ = await client.act(activity, action, **data)
    await client.expect("ack", id=id_, timeout_s=8)


class Counter:
    """A customer and an agent connected and recorded, at the menu."""

    run: Run
    worker: FakeWorker
    customer: Client
    agent: Client

    async def connect(self) -> Counter:
        await in_db(builders.published)(picture_graph(), key="picture")
        self.run, cookie = await in_db(builders.joined)(counter_graph())
        person = await in_db(builders.staff)("wang")
        session = await in_db(builders.session_of)(person)
        await in_db(builders.worker)()
        await in_db(builders.worker)("local-2", "another-token")
        self.worker = await FakeWorker(Client.of_worker()).start()
        self.customer = Client.of_customer(self.run, cookie)
        await self.customer.hello()
        desk = Client.of_staff("/ws/desk/", session)
        await desk.hello()
        await desk.say("presence", id=str(self.run.pk), status="available")
        ring = await self._ring(desk)
        accept = {"run": ring["run"], "activity": ring["activity"], "action": "accept"}
        await desk.say("act", id=str(uuid.uuid4()), data={}, **accept)
        await view_with(self.customer, "menu.1")
        self.agent = Client.of_staff(f"/ws/run/{self.run.pk}/", session)
        await self.agent.hello()
        await view_with(self.agent, "menu.1")
        return self

    async def _ring(self, desk: Client) -> dict[str, Any]:
        async with asyncio.timeout(8):
            while True:
                shown = (await desk.expect("desk", timeout_s=8))["desk"]
                if shown["ring"]:
                    return dict(shown["ring"])

    async def serve(self) -> str:
        """The agent chooses the service; the id under which its step is shown."""
        await act(self.agent, "menu.1", "choose", item="picture")
        view = await view_with(self.agent, "shot.1")
        return str(view["activities"][-1]["id"])


async def test_a_service_within_a_call_uses_its_room_and_leaves_it_open():
    async with dispatching():
        counter = await Counter().connect()
        shot = await counter.serve()

        await act(counter.agent, shot, "shoot")
        await counter.worker.until_asked("frame.grab")
        view = await _until_shot(counter.agent, shot)
        await act(counter.agent, shot, "accept")
        await view_with(counter.customer, "menu.2")
        during = await in_db(AgentPresence.objects.get)(user__username="wang")
        room = await in_db(Room.objects.get)(run=counter.run)
        await act(counter.agent, "menu.2", "finish")
        closed = await counter.customer.expect_close(timeout_s=8)
        await counter.worker.until_asked("room.close")

    child = await in_db(Run.objects.get)(parent=counter.run)
    picture = await in_db(Evidence.objects.get)()
    customer = await in_db(builders.customer_of)(counter.run)
    recording = await in_db(Recording.objects.get)()
    assert view["activities"][-1]["data"]["shots"]
    assert (during.status, room.status) == ("in_call", "open")
    assert closed == 1000
    assert (picture.run_id, picture.party) == (child.pk, str(customer.pk))
    assert picture.path.startswith(f"{counter.run.pk}/")
    assert recording.run_id == counter.run.pk
    assert [one["legal_step"] for one in recording.chapters] == ["picture"]
    assert len(counter.worker.asked("record.stop")) == 1
    assert await in_db(_dead_jobs)() == []
    for run in (counter.run.pk, child.pk):
        assert await in_db(driver.is_snapshot_true)(run)


async def test_a_worker_lost_during_a_service_is_replaced_for_all():
    async with dispatching():
        counter = await Counter().connect()
        shot = await counter.serve()
        second = await FakeWorker(Client.of_worker("another-token"), name="local-2").start()

        await counter.worker.stop()
        async with asyncio.timeout(8):
            while True:
                view = (await counter.agent.expect("view", timeout_s=8))["view"]
                if view["room"] and view["room"]["generation"] == 2:
                    break
        await second.until_asked("record.start")
        await act(counter.agent, shot, "shoot")
        await second.until_asked("frame.grab")
        await _until_shot(counter.agent, shot)
        await act(counter.agent, shot, "accept")
        await view_with(counter.agent, "menu.2")

    child = await in_db(Run.objects.get)(parent=counter.run)
    kinds = await in_db(kinds_of)(child)
    assert kinds.index("MediaInterrupted") < kinds.index("MediaRestored")
    assert child.ending == "success"
    assert await in_db(Recording.objects.count)() == 1
    assert await in_db(driver.is_snapshot_true)(child.pk)


async def test_an_agent_who_ends_the_call_ends_the_service():
    async with dispatching():
        counter = await Counter().connect()
        await counter.serve()
        child = await in_db(Run.objects.get)(parent=counter.run)

        id_ = str(uuid.uuid4())
        await counter.agent.say("leave", id=id_)
        ack = await counter.agent.expect("ack", id=id_)
        await counter.customer.expect_close(timeout_s=8)
        async with asyncio.timeout(8):
            closed = Run.objects.filter(pk=child.pk, status="closed")
            while not await in_db(closed.exists)():  # noqa: ASYNC110 - a job of another task
                await asyncio.sleep(0.05)

    assert ack["seq"] <= await in_db(family.seq_of)(counter.run.pk)
    await in_db(counter.run.refresh_from_db)()
    assert (counter.run.status, counter.run.ending) == ("closed", "abort")
    assert await in_db(_dead_jobs)() == []


async def _until_shot(client: Client, shot: str) -> dict[str, Any]:
    """The view in which the picture has been taken."""
    async with asyncio.timeout(8):
        while True:
            view = (await client.expect("view", timeout_s=8))["view"]
            if any(one["id"] == shot and one["data"]["shots"] for one in view["activities"]):
                return dict(view)


def _dead_jobs() -> list[str]:
    return list(Job.objects.filter(status="dead").values_list("kind", flat=True))
