"""The run socket as docs/protocol.md has it, against the whole ASGI application."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db
from django.conf import settings

from accounts.models import Redemption
from runtime.clock import now_ms
from runtime.models import Participant, Run, RunEvent
from tests.runtime import builders
from tests.runtime.builders import Client

pytestmark = pytest.mark.usefixtures("committed")

SOME_ID = "0199c0de-0000-7000-8000-000000000001"
MALFORMED = [
    ("[]", "malformed"),
    ("null", "malformed"),
    ('{"type": "act", "id": NaN}', "malformed"),
    ("{" * 4000, "malformed"),
    ('{"type": 7}', "unknown_type"),
    ('{"type": "sing"}', "unknown_type"),
    ('{"type": "act"}', "malformed"),
    ('{"type": "act", "id": "x", "activity": "a", "action": "b"}', "malformed"),
    (json.dumps({"type": "act", "id": SOME_ID, "activity": 3, "action": "b"}), "malformed"),
    (
        json.dumps({"type": "act", "id": SOME_ID, "activity": "a", "action": "b", "data": []}),
        "malformed",
    ),
    (
        f'{{"type": "act", "id": "{SOME_ID}", "activity": "a", "action": "b", '
        '"data": {"x": "\\ud800"}}',
        "malformed",
    ),
    (
        f'{{"type": "act", "id": "{SOME_ID}", "activity": "a", "action": "b", '
        '"data": {"x": 1e999}}',
        "malformed",
    ),
    (json.dumps({"type": "media", "id": SOME_ID, "op": "shout"}), "malformed"),
    (json.dumps({"type": "media", "id": SOME_ID, "op": "offer", "sdp": 1}), "malformed"),
    (json.dumps({"type": "stats", "rtt_ms": -1}), "malformed"),
    (json.dumps({"type": "stats", "rtt_ms": 1, "level": 9}), "malformed"),
    (json.dumps({"type": "ping", "at": "now"}), "malformed"),
    (json.dumps({"type": "hello", "protocol": 2, "tab": SOME_ID}), "malformed"),
]


async def joined(document: Any = None) -> tuple[Run, str]:
    return await in_db(builders.joined)(document)


async def kinds_of(run: Run) -> list[str]:
    events = RunEvent.objects.filter(run=run).order_by("seq")
    return await in_db(lambda: list(events.values_list("kind", flat=True)))()


async def test_customer_joins_acts_and_sees_the_end():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)

    welcome = await client.hello()
    view = await client.expect("view")
    id_ = await client.act("consent.1", "agree")
    ack = await client.expect("ack")
    last = await client.expect("view")
    code = await client.expect_close()

    assert welcome["you"]["role"] == "customer"
    assert view["view"]["activities"][0]["panel"] == "consent"
    assert ack == {"type": "ack", "id": id_, "seq": view["seq"] + 1}
    assert last["view"]["run"]["ending"]["kind"] == "success"
    assert code == 1000
    assert (await kinds_of(run))[:3] == ["RunStarted", "ParticipantJoined", "Acted"]


@pytest.mark.parametrize(("frame", "reason"), MALFORMED)
async def test_a_malformed_message_is_refused_and_the_socket_lives(frame, reason):
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    await client.send_to(text_data=frame)
    refused = await client.expect("refused")
    await client.say("ping", at=5)
    pong = await client.expect("pong")
    await client.disconnect()

    assert refused["reason"] == reason
    assert pong["at"] == 5


async def test_the_twentieth_malformed_message_closes_the_socket():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    for _ in range(20):
        await client.send_to(text_data="nonsense")

    assert await client.expect_close() == 4400


async def test_a_binary_frame_is_refused():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    await client.send_to(bytes_data=b"\x00\x01")

    assert (await client.expect("refused"))["reason"] == "malformed"
    await client.disconnect()


async def test_a_message_too_large_closes_with_4413():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    await client.send_to(text_data=json.dumps({"type": "ping", "at": 1, "x": "x" * 70_000}))

    assert (await client.expect("refused"))["reason"] == "too_large"
    assert await client.expect_close() == 4413


async def test_too_many_messages_are_refused_then_closed():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    for _ in range(180):
        await client.say("stats", rtt_ms=1, loss=0, kbps=1, level=4, fps=1)

    assert (await client.expect("refused"))["reason"] == "too_fast"
    assert await client.expect_close() == 4429


@pytest.mark.parametrize(("before", "told"), [("", SOME_ID), ("x" * 300, None)])
async def test_what_comes_too_fast_is_named_if_it_says_early_who_it_is(before, told):
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    for _ in range(100):
        await client.send_json_to({"x": before, "id": SOME_ID, "type": "ping", "at": 1})
    refused = await client.expect("refused")
    await client.disconnect()

    assert (refused["reason"], refused["id"]) == ("too_fast", told)


async def test_the_same_act_twice_gets_the_same_ack():
    run, cookie = await joined(builders.call_graph())
    client = Client.of_customer(run, cookie)
    await client.hello()
    await client.expect("view")
    act = {"id": SOME_ID, "activity": "queue.1", "action": "leave", "data": {}}

    await client.say("act", **act)
    first = await client.expect("ack")
    await client.disconnect()
    again = Client.of_customer(run, cookie)
    await again.hello()
    await again.say("act", **act)
    second = await again.receive_json_from()

    assert second in (first, {**second, "type": "view"})
    assert (await kinds_of(run)).count("Acted") == 1


@pytest.mark.parametrize(
    ("activity", "action", "reason"),
    [
        ("nothing.1", "agree", "unknown_activity"),
        ("consent.1", "dance", "unknown_action"),
    ],
)
async def test_what_the_run_cannot_take_is_refused_with_its_reason(activity, action, reason):
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    id_ = await client.act(activity, action)
    refused = await client.expect("refused")
    await client.disconnect()

    assert (refused["id"], refused["reason"]) == (id_, reason)
    assert refused["message"]


async def test_a_resume_shows_the_view_only_when_something_happened():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    tab = str(uuid.uuid4())
    await client.hello(tab=tab)
    seen = (await client.expect("view"))["seq"]
    await client.disconnect()

    again = Client.of_customer(run, cookie)
    await again.hello(seq=seen, tab=tab)
    quiet = await again.receive_nothing(timeout=0.4)
    await again.disconnect()
    behind = Client.of_customer(run, cookie)
    await behind.hello(seq=seen - 1, tab=tab)
    view = await behind.expect("view")
    await behind.disconnect()

    assert quiet
    assert view["seq"] == seen


async def test_a_reload_within_the_grace_is_not_a_departure():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()
    await client.disconnect()
    again = Client.of_customer(run, cookie)
    await again.hello()

    await in_db(builders.perform_all)(now_ms() + 5_000)
    await again.disconnect()

    assert "ParticipantLeft" not in await kinds_of(run)


async def test_who_stays_away_has_left_and_is_there_again_after_coming_back():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()
    await client.disconnect()
    await in_db(builders.perform_all)(now_ms() + 5_000)

    again = Client.of_customer(run, cookie)
    await again.hello()
    view = await again.expect("view")
    await again.disconnect()

    kinds = await kinds_of(run)
    assert kinds[-2:] == ["ParticipantLeft", "ParticipantJoined"]
    assert view["view"]["people"][0]["present"] is True


async def test_another_tab_takes_over():
    run, cookie = await joined()
    first = Client.of_customer(run, cookie)
    await first.hello()
    second = Client.of_customer(run, cookie)
    await second.hello()

    assert await first.expect_close() == 4409
    await second.say("ping", at=1)
    assert await second.expect("pong")
    await second.disconnect()


async def test_leaving_ends_the_run_at_once():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()

    await client.say("leave", id=SOME_ID)
    ack = await client.expect("ack")
    view = await client.expect("view")
    while view["view"]["run"]["ending"] is None:
        view = await client.expect("view")

    assert ack["id"] == SOME_ID
    assert view["view"]["run"]["status"] == "closed"


async def test_without_a_credential_the_socket_ends_with_4401():
    run, _ = await joined()
    client = Client(f"/ws/run/{run.pk}/")
    await client.connect()

    assert await client.expect_close() == 4401


async def test_a_foreign_origin_never_gets_a_socket():
    run, cookie = await joined()
    client = Client(
        f"/ws/run/{run.pk}/",
        cookies={settings.JOIN_COOKIE_NAME: cookie},
        origin="https://elsewhere.example",
    )

    accepted, _ = await client.connect()

    assert not accepted


async def test_a_withdrawn_right_ends_the_socket_and_nothing_more_is_taken():
    run, cookie = await joined()
    client = Client.of_customer(run, cookie)
    await client.hello()
    await client.expect("view")
    await in_db(Redemption.objects.filter(run=run.pk).delete)()

    await client.act("consent.1", "agree")
    code = await client.expect_close()

    assert code == 4401
    assert "Acted" not in await kinds_of(run)


MESSAGES: dict[str, dict[str, Any]] = {
    "act": {"id": SOME_ID, "activity": "consent.1", "action": "agree", "data": {}},
    "leave": {"id": SOME_ID},
    "media": {"id": SOME_ID, "op": "offer", "sdp": "v=0", "generation": 1},
}
ALLOWED = {
    # (who, message) -> what comes back in a run that stands at the consent and has no room
    ("customer", "act"): "ack",
    ("customer", "leave"): "ack",
    ("customer", "media"): "no_room",
    ("agent", "act"): "not_allowed",
    ("agent", "leave"): "ack",
    ("agent", "media"): "no_room",
    ("supervisor", "act"): "not_allowed",
    ("supervisor", "leave"): "ack",
    ("supervisor", "media"): "no_room",
}
STRANGERS = ["foreign customer", "unseated agent", "analyst", "auditor", "agent elsewhere"]


def _client_of(who: str, run: Run) -> Client:
    path = f"/ws/run/{run.pk}/"
    if who == "foreign customer":
        _, cookie = builders.joined()
        return Client(path, cookies={settings.JOIN_COOKIE_NAME: cookie})
    if who == "agent elsewhere":
        user = builders.staff("lin", "agent", of=builders.workspace("Other bank"))
    else:
        role = who.removeprefix("unseated ")
        user = builders.staff(role[:6], role)
        if role == who and role in ("agent", "supervisor"):
            builders.seat(run, user, role)
    return Client.of_staff(path, builders.session_of(user))


@pytest.mark.parametrize(("who", "kind"), list(ALLOWED))
async def test_each_role_gets_its_answer_to_each_message(who, kind):
    run, cookie = await joined()
    there = Client.of_customer(run, cookie)
    await there.hello()
    client = there if who == "customer" else await in_db(_client_of)(who, run)
    if client is not there:
        await client.hello()

    await client.say(kind, **MESSAGES[kind])
    expected = ALLOWED[(who, kind)]
    answer = await client.expect("ack" if expected == "ack" else "refused")

    assert answer["id"] == SOME_ID
    assert expected == "ack" or answer["reason"] == expected


@pytest.mark.parametrize("who", STRANGERS)
async def test_strangers_are_told_that_there_is_no_such_run(who):
    run, _ = await joined()
    client = await in_db(_client_of)(who, run)
    await client.connect()
    await client.say("hello", protocol=1, seq=0, locale="en", tab=SOME_ID)

    assert await client.expect_close() == 4404
    assert await in_db(Participant.objects.filter(run=run, present=True).count)() == 0


async def test_stats_reach_the_others_and_not_oneself():
    run, cookie = await joined()
    customer = Client.of_customer(run, cookie)
    await customer.hello()
    agent = await in_db(_client_of)("agent", run)
    await agent.hello()

    measured = {"rtt_ms": 80, "loss": 0.02, "kbps": 900, "level": 3, "mos": 4.1, "height": 480}
    await customer.say("stats", fps=24, **measured)
    network = await agent.expect("network")
    me = str((await in_db(builders.customer_of)(run)).pk)

    assert network == {
        "type": "network",
        "participant": me,
        **measured,
    }
