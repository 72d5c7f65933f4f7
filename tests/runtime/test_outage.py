"""A database that goes away in the middle costs another try, never a socket or a process."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db
from django.db import OperationalError

import components.api
from runtime import attendance, driver
from runtime.consumers import run as run_socket
from runtime.models import RunEvent
from tests.accounts.people import person, signed_in
from tests.runtime import builders
from tests.runtime.builders import Client

pytestmark = pytest.mark.usefixtures("committed")


def away(*_: Any, **__: Any) -> Any:
    raise OperationalError("server closed the connection unexpectedly")


async def test_an_act_that_met_no_database_is_answered_again_and_counts_once(monkeypatch):
    run, cookie = await in_db(builders.joined)()
    socket = Client.of_customer(run, cookie)
    await socket.hello()
    view = await socket.expect("view")
    activity = view["view"]["activities"][0]["id"]
    with monkeypatch.context() as outage:
        outage.setattr(driver, "advance_run", away)
        id_ = await socket.act(activity, "agree")
        refused = await socket.expect("refused", id=id_)

    await socket.say("act", id=id_, activity=activity, action="agree", data={})
    await socket.expect("ack", id=id_)

    assert refused["reason"] == "again"
    acted = RunEvent.objects.filter(run=run, kind="Acted")
    assert await in_db(acted.count)() == 1
    await socket.disconnect()


async def test_who_comes_while_the_database_is_away_is_told_to_come_back(monkeypatch):
    run, cookie = await in_db(builders.joined)()
    monkeypatch.setattr(run_socket.RunSocket, "_sit_down", away)
    socket = Client.of_customer(run, cookie)
    await socket.connect(timeout=5)

    await socket.say("hello", protocol=1, seq=0, locale="en", tab=str(uuid.uuid4()))

    assert await socket.expect_close() == 1012


async def test_who_leaves_while_the_database_is_away_leaves_no_broken_socket(monkeypatch):
    run, cookie = await in_db(builders.joined)()
    socket = Client.of_customer(run, cookie)
    await socket.hello()
    monkeypatch.setattr(attendance, "depart", away)

    await socket.send_input({"type": "websocket.disconnect", "code": 1001})
    await socket.wait()  # raises what the socket's task ended with, if anything

    assert socket.future.done()


def test_the_interface_says_to_come_again(monkeypatch):
    browser = signed_in(person("analyst"))
    monkeypatch.setattr(components.api, "palette", away)

    answer = browser.get("/api/v1/palette")

    assert (answer.status_code, answer.json()["code"]) == (503, "again")
    assert answer["Retry-After"] == "2"
