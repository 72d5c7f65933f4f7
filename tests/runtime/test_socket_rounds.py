"""What sockets do when hints are lost, come in swarms, or are not read."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db
from django.db import connection
from django.test.utils import CaptureQueriesContext
from typing_extensions import override

from accounts.models import Membership
from flow.events import Acted, ActivityId, ParticipantId
from runtime import driver
from runtime.clock import now_ms
from runtime.consumers import outstanding, rounds
from runtime.consumers.base import Socket
from runtime.consumers.outstanding import FRAME_BYTES, Outstanding
from runtime.consumers.run import RunSocket
from runtime.errors import MalformedMessageError
from runtime.layers import LocalLayer
from runtime.models import Participant, Run
from runtime.standing import Claim, Credentials, find_claim
from tests.runtime import builders
from tests.runtime.builders import Client

pytestmark = pytest.mark.timeout(60)  # the first socket of a process loads the catalogue
LATER_MS = 5_000


@pytest.fixture
def no_hints(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody hears of anything; the rounds come soon."""
    monkeypatch.setattr(LocalLayer, "spread", lambda *_: None)
    monkeypatch.setattr(rounds, "ROUND_S", (0.2, 0.4))
    monkeypatch.setattr(rounds, "TICK_S", 0.05)


def agree(run: Run) -> None:
    """As if in another process: nobody here is told."""
    customer = builders.customer_of(run)
    agreed = Acted(
        at_ms=now_ms(),
        activity=ActivityId("consent.1"),
        action="agree",
        participant=ParticipantId(str(customer.pk)),
        role="customer",
    )
    driver.advance_run(run.pk, agreed, key="agreed", actor="test")


@pytest.mark.usefixtures("committed", "no_hints")
async def test_without_any_hint_everybody_is_shown_what_happened_in_the_next_round():
    people = [await in_db(builders.joined)() for _ in range(3)]
    clients = [Client.of_customer(run, cookie) for run, cookie in people]
    for one in clients:
        await one.hello()
        await one.expect("view")

    for run, _ in people:
        await in_db(agree)(run)

    shown = [(await one.expect("view"))["view"]["run"]["ending"]["kind"] for one in clients]
    assert shown == ["success"] * 3


@pytest.mark.usefixtures("committed", "no_hints")
async def test_a_round_writes_down_who_was_heard():
    run, cookie = await in_db(builders.joined)()
    client = Client.of_customer(run, cookie)
    await client.hello()
    customer = Participant.objects.filter(run=run)
    await in_db(customer.update)(seen_at_ms=0)

    await client.say("ping", at=1)
    await client.expect("pong")

    async with asyncio.timeout(10):
        while not await in_db(customer.filter(seen_at_ms__gt=0).exists)():
            await client.receive_nothing(timeout=0.1)
    await client.disconnect()


@pytest.mark.django_db
def test_a_round_of_many_sockets_asks_as_much_as_one_of_few():
    asked = []
    for count in (2, 12):
        sockets = [_socket_of(*builders.joined()) for _ in range(count)]
        for one in sockets:
            one.was_heard, one.look_again_at_ms = True, now_ms() + LATER_MS
        with CaptureQueriesContext(connection) as seen:
            due = RunSocket.look_after(sockets)
        asked.append(len(seen))
        assert [one.run_id for one in due] == [one.run_id for one in sockets]  # all saw nothing yet

    assert asked[0] == asked[1] <= 4


def _socket_of(run: Any, cookie: str) -> RunSocket:
    socket = RunSocket()
    socket.run_id, socket.claim = run.pk, _claim(run, cookie=cookie)
    return socket


def _claim(run: Any, *, cookie: str | None = None, session: str | None = None) -> Claim:
    held = Credentials(session_key=session, join_cookie=cookie)
    claim = find_claim(held, run.pk, now_ms())
    assert claim is not None
    return claim


class Slow(Socket):
    """Refreshes only when told to go on."""

    kind = "browser"

    def __init__(self) -> None:
        super().__init__()
        self.refreshes = 0
        self.may_end = asyncio.Event()

    @override
    async def refresh(self) -> None:
        self.refreshes += 1
        await self.may_end.wait()


async def test_any_number_of_hints_during_a_refresh_make_one_more():
    socket = Slow()
    socket.note_due()
    await asyncio.sleep(0)

    for _ in range(100):
        socket.note_due()
    await asyncio.sleep(0)
    socket.may_end.set()
    for _ in range(10):
        await asyncio.sleep(0)

    assert socket.refreshes == 2


@pytest.mark.django_db
def test_a_right_that_rests_on_the_same_rows_is_not_looked_for_again():
    run, _ = builders.joined()
    user = builders.staff("wang")
    builders.seat(run, user)
    claim = _claim(run, session=builders.session_of(user))

    with CaptureQueriesContext(connection) as seen:
        assert claim.find_place("run.act", now_ms()) is not None
    assert len(seen) == 2


@pytest.mark.django_db
@pytest.mark.parametrize("lost", ["role", "session", "account", "seat"])
def test_a_right_is_gone_with_anything_it_rests_on(lost: str):
    run, _ = builders.joined()
    user = builders.staff("wang")
    builders.seat(run, user)
    session = builders.session_of(user)
    claim = _claim(run, session=session)

    match lost:
        case "role":
            Membership.objects.filter(user=user).update(role="analyst")
        case "session":
            builders.session_store(session).delete()
        case "account":
            type(user).objects.filter(pk=user.pk).update(is_active=False)
        case "seat":
            Participant.objects.filter(user=user).update(user=None)

    assert claim.find_place("run.attend", now_ms()) is None
    assert driver.read_run(run.pk).seq  # the run itself goes on


def test_what_was_not_read_is_never_more_than_the_limit():
    held = Outstanding()
    sent = 0
    while held.add(10_000):
        sent += 10_000 + FRAME_BYTES

    assert sent <= outstanding.LIMIT_BYTES < sent + 10_000 + FRAME_BYTES
    held.settle(1)
    assert held.add(10_000)
    assert not held.add(10_000)


def test_a_frame_above_the_limit_may_be_sent_alone():
    held = Outstanding()

    assert held.add(2 * outstanding.LIMIT_BYTES)
    assert not held.add(1)


def test_nobody_has_read_more_than_was_sent():
    held = Outstanding()
    held.add(1)
    held.settle(1)
    held.settle(0)

    with pytest.raises(MalformedMessageError):
        held.settle(2)


@pytest.fixture
async def pinging(monkeypatch: pytest.MonkeyPatch, committed: None) -> AsyncIterator[Client]:
    """A customer whose socket may be owed 6,000 bytes."""
    monkeypatch.setattr(outstanding, "LIMIT_BYTES", 6_000)
    client = Client.of_customer(*await in_db(builders.joined)())
    await client.hello()
    await client.expect("view")
    yield client
    await client.disconnect()


async def test_who_does_not_say_what_it_read_is_closed(pinging: Client):
    for n in range(50):
        await pinging.say("ping", at=n)

    assert await pinging.expect_close() == 4414


async def test_who_says_what_it_read_stays(pinging: Client):
    for n in range(1, 28):
        await pinging.say("ping", at=n)
        await pinging.expect("pong", at=n)
        await pinging.say("seen", frames=2 + n)  # welcome and view came before

    assert await pinging.receive_nothing()


async def test_to_have_read_what_was_never_sent_is_malformed(pinging: Client):
    await pinging.say("seen", frames=1_000)

    assert (await pinging.expect("refused"))["reason"] == "malformed"
