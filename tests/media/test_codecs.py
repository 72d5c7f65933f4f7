"""The codec of a room, and how large a picture its browsers ask for."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from tests.media.peers import Caller
from tests.media.site import RefusedError, Site, WorkerProcess


@pytest.fixture
async def pair(site: Site, worker: WorkerProcess) -> AsyncIterator[list[Caller]]:
    """Two stock peers in a room of H.264."""
    await site.ask("room.open", profile={"codec": "h264"})
    callers = [Caller(site, party) for party in ("agent", "customer")]
    for caller in callers:
        await caller.call()
    yield callers
    for caller in callers:
        await caller.hang_up()


async def test_room_of_h264_carries_its_pictures_both_ways(
    pair: list[Caller], worker: WorkerProcess
) -> None:
    for caller in pair:
        await caller.until_frames()

    for caller in pair:
        answered = caller.connection.remoteDescription.sdp
        assert "H264/90000" in answered
        assert "VP8" not in answered
    assert "Traceback" not in worker.log_text()


async def test_codec_nobody_has_is_refused(site: Site, worker: WorkerProcess) -> None:
    with pytest.raises(RefusedError) as refused:
        await site.ask("room.open", profile={"codec": "theora"})

    assert refused.value.code == "malformed"


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"max_height": "tall"}, "malformed"),
        ({"max_height": -1}, "malformed"),
        ({}, "malformed"),
        ({"max_height": 360, "peer": "stranger"}, "unknown_party"),
    ],
)
async def test_size_that_cannot_be_is_refused(
    site: Site, worker: WorkerProcess, fields: dict[str, object], code: str
) -> None:
    await site.ask("room.open")
    caller = Caller(site, "agent")
    await caller.call()

    with pytest.raises(RefusedError) as refused:
        await caller.ask("peer.size", **fields)
    await caller.ask("peer.size", max_height=360)
    await caller.hang_up()

    assert refused.value.code == code
