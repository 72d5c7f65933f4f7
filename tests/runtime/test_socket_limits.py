"""Time limits of every socket: a hello in time, a sign of life, and a right that still stands."""

from __future__ import annotations

import time
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db
from django.contrib.auth import logout
from django.http import HttpRequest

from accounts.models import User
from runtime.consumers import base, rounds
from runtime.consumers.run import RunSocket
from runtime.messages import Hello
from runtime.standing import Claim
from tests.runtime import builders
from tests.runtime.builders import Client

pytestmark = pytest.mark.usefixtures("committed")


async def test_a_socket_that_never_says_hello_ends_with_4400(monkeypatch):
    monkeypatch.setattr(base, "HELLO_LIMIT_S", 0.2)
    run, cookie = await in_db(builders.joined)()
    client = Client.of_customer(run, cookie)
    await client.connect(timeout=5)

    assert await client.expect_close() == 4400


async def test_a_hello_that_we_are_slow_to_answer_is_in_time(monkeypatch):
    monkeypatch.setattr(base, "HELLO_LIMIT_S", 0.2)
    monkeypatch.setattr(rounds, "TICK_S", 0.05)
    find_in_time = RunSocket._claim

    def find_late(socket: RunSocket, hello: Hello) -> Claim | int:
        time.sleep(1.0)
        return find_in_time(socket, hello)

    monkeypatch.setattr(RunSocket, "_claim", find_late)
    client = Client.of_customer(*await in_db(builders.joined)())

    assert (await client.hello())["type"] == "welcome"
    await client.disconnect()


async def test_a_socket_that_falls_silent_ends_with_4408(monkeypatch):
    monkeypatch.setattr(RunSocket, "silence_limit_s", 0.4)
    run, cookie = await in_db(builders.joined)()
    client = Client.of_customer(run, cookie)
    await client.hello()

    assert await client.expect_close() == 4408


async def test_a_ping_now_and_then_keeps_a_socket(monkeypatch):
    monkeypatch.setattr(RunSocket, "silence_limit_s", 2.0)
    run, cookie = await in_db(builders.joined)()
    client = Client.of_customer(run, cookie)
    await client.hello()

    for at in range(6):
        await client.receive_nothing(timeout=0.5)
        await client.say("ping", at=at)
        await client.expect("pong", at=at)

    await client.disconnect()


def sign_out(user: User, session: str) -> None:
    """As the sign-out of the site does: the session is flushed, and Django tells of it."""
    request: Any = HttpRequest()
    request.session = builders.session_store(session)
    request.user = user
    logout(request)


@pytest.mark.parametrize("where", ["desk", "run"])
async def test_signing_out_ends_open_sockets_without_waiting_for_a_poll(monkeypatch, where):
    monkeypatch.setattr(rounds, "ROUND_S", (3_600.0, 3_600.0))
    user = await in_db(builders.staff)("wang")
    session = await in_db(builders.session_of)(user)
    path = "/ws/desk/"
    if where == "run":
        run, _ = await in_db(builders.joined)()
        await in_db(builders.seat)(run, user)
        path = f"/ws/run/{run.pk}/"
    client = Client.of_staff(path, session)
    await client.hello()

    await in_db(sign_out)(user, session)

    assert await client.expect_close() == 4401
