"""The desk's socket: presence, refusals, the one speaking tab."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async as in_db

from runtime.clock import now_ms
from tests.runtime import builders
from tests.runtime.builders import Client

MINUTE = 60_000


@pytest.mark.usefixtures("committed")
class TestSocket:
    async def test_presence_is_acknowledged_and_shown(self):
        user = await in_db(builders.staff)("wang")
        desk = Client.of_staff("/ws/desk/", await in_db(builders.session_of)(user))
        welcome = await desk.hello()
        first = await desk.expect("desk")

        await desk.say("presence", id="0199c0de-0000-7000-8000-000000000001", status="available")
        ack = await desk.expect("ack")
        shown = await desk.expect("desk")
        await desk.disconnect()

        assert welcome["you"]["name"] == "Wang"
        assert first["desk"]["presence"] == "away"
        assert ack["id"] == "0199c0de-0000-7000-8000-000000000001"
        assert shown["desk"]["presence"] == "available"

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            ({"type": "presence", "id": "x", "status": "available"}, "malformed"),
            (
                {
                    "type": "presence",
                    "id": "0199c0de-0000-7000-8000-000000000001",
                    "status": "asleep",
                },
                "malformed",
            ),
            ({"type": "leave"}, "unknown_type"),
            (
                {
                    "type": "act",
                    "id": "0199c0de-0000-7000-8000-000000000001",
                    "run": "0199c0de-0000-7000-8000-000000000002",
                    "activity": "connect.1",
                    "action": "accept",
                },
                "not_allowed",
            ),
        ],
    )
    async def test_what_cannot_be_is_refused(self, content, reason):
        user = await in_db(builders.staff)("wang")
        desk = Client.of_staff("/ws/desk/", await in_db(builders.session_of)(user))
        await desk.hello()

        await desk.send_json_to(content)
        refused = await desk.expect("refused")
        await desk.disconnect()

        assert refused["reason"] == reason

    async def test_a_second_tab_is_the_desk_and_the_first_is_told(self):
        user = await in_db(builders.staff)("wang")
        session = await in_db(builders.session_of)(user)
        first, second = (Client.of_staff("/ws/desk/", session) for _ in range(2))
        await first.hello()

        welcome = await second.hello()

        assert await first.expect_close() == 4409
        assert abs(welcome["now_ms"] - now_ms()) < MINUTE
        await second.expect("desk")
        await second.disconnect()

    async def test_a_ring_for_someone_else_cannot_be_accepted(self):
        run = await in_db(builders.entered)()
        user = await in_db(builders.staff)("wang")
        desk = Client.of_staff("/ws/desk/", await in_db(builders.session_of)(user))
        await desk.hello()

        await desk.say(
            "act",
            id="0199c0de-0000-7000-8000-000000000001",
            run=str(run.pk),
            activity="consent.1",
            action="accept",
            data={},
        )
        refused = await desk.expect("refused")
        await desk.disconnect()

        assert refused["reason"] == "unknown_activity"

    @pytest.mark.parametrize("role", ["analyst", "auditor", "admin"])
    async def test_the_desk_is_for_agents_and_supervisors(self, role):
        user = await in_db(builders.staff)("someone", role)
        desk = Client.of_staff("/ws/desk/", await in_db(builders.session_of)(user))
        await desk.connect()

        assert await desk.expect_close() == 4401
