"""The media of a call as its flow says them reach the worker and everybody's screen."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db

from runtime.models import Run
from tests.runtime import builders
from tests.runtime.builders import Client
from tests.runtime.fake_worker import FakeWorker, until
from tests.runtime.test_call import dispatching

pytestmark = pytest.mark.usefixtures("committed")


def call_where_media_change() -> dict[str, Any]:
    """link → connect, where nobody is free → consent with less picture → done."""
    nodes = [
        builders.node("link", "entry.link"),
        builders.node("connect", "people.connect", ring_s=20, reassign_max=2),
        {**builders.consent("ask"), "media": {"max_height": 360, "audio_only": False}},
        builders.end(),
        builders.end("away", "defer"),
    ]
    edges = [
        builders.edge("link", "ok", "connect"),
        builders.edge("link", "expired", "away"),
        *(builders.edge("connect", one, "ask") for one in ("ok", "busy", "no_answer", "refused")),
        *(builders.edge("ask", one, "done") for one in ("ok", "declined", "timeout")),
    ]
    media = {"codec": "h264", "max_kbps": 900, "echo_cancellation": False}
    return {**builders.graph(nodes, edges), "settings": {"media": media}}


async def test_room_has_the_media_of_its_flow_and_then_those_of_a_step() -> None:
    run, cookie = await in_db(builders.joined)(call_where_media_change())
    await in_db(builders.worker)()
    async with dispatching():
        worker = await FakeWorker(Client.of_worker()).start()
        customer = Client.of_customer(run, cookie)
        await customer.hello()
        opened = await worker.until_asked("room.open")
        changed = await worker.until_asked("profile.set")
        await until(lambda: len(worker.asked("profile.set")) == 1)
        view = await _view_in(customer)
        await worker.stop()

    asked = opened["params"]["profile"]
    assert (asked["codec"], asked["max_kbps"], asked["max_height"]) == ("h264", 900, 720)
    wanted = changed["params"]["profile"]
    assert (wanted["max_height"], wanted["max_kbps"], wanted["audio_only"]) == (360, 900, False)
    assert "codec" not in wanted
    assert changed["params"]["turn"] > 0
    assert view["media"]["max_height"] == 360
    assert view["media"]["echo_cancellation"] is False
    assert await in_db(_is_open)(run)


async def _view_in(customer: Client) -> Any:
    while True:
        view = (await customer.expect("view", timeout_s=8))["view"]
        if view["media"]["max_height"] != 720:
            return view


def _is_open(run: Run) -> bool:
    return Run.objects.get(pk=run.pk).status == Run.Status.OPEN
