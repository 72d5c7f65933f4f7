"""The run socket as docs/protocol.md has it, against the whole ASGI application."""

from __future__ import annotations

import pytest
from channels.db import database_sync_to_async

from runtime.models import RunEvent
from tests.runtime import builders
from tests.runtime.builders import Client

pytestmark = pytest.mark.usefixtures("committed")


async def test_customer_joins_acts_and_sees_the_end():
    run, cookie = await database_sync_to_async(builders.joined)()
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
    kinds = await database_sync_to_async(
        lambda: list(RunEvent.objects.filter(run=run).values_list("kind", flat=True))
    )()
    assert kinds[:3] == ["RunStarted", "ParticipantJoined", "Acted"]
