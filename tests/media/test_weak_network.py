"""A network that loses packets: the call stays, what can be got again is, the file plays."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from tests.media.lossy import LossyPath
from tests.media.peers import Caller
from tests.media.site import Site, WorkerProcess
from tests.media.test_recording import delivered, read_file, start

LOSS_S = 5
LOSS = 0.25  # of media, each way, for each party


@pytest.fixture
async def weak_pair(
    site: Site, worker: WorkerProcess
) -> AsyncIterator[list[tuple[Caller, LossyPath]]]:
    """Two parties, each behind a path of its own that loses nothing yet."""
    await site.ask("room.open")
    pair = []
    for seed, party in enumerate(("agent", "customer")):
        path = LossyPath(worker.port, seed)
        await path.open()
        caller = Caller(site, party)
        caller.through = path.rewrite
        pair.append((caller, path))
        await caller.call()
    yield pair
    for caller, path in pair:
        await caller.hang_up()
        path.close()


async def test_call_and_recording_survive_loss(
    weak_pair: list[tuple[Caller, LossyPath]], site: Site, worker: WorkerProcess
) -> None:
    for caller, _ in weak_pair:
        await caller.until_frames(2)
    await start(site)
    for _, path in weak_pair:
        path.loss = LOSS

    await asyncio.sleep(LOSS_S)
    for caller, _ in weak_pair:
        await caller.until_frames(3)
    stats = await site.ask("stats.read")
    await site.ask("record.stop", recording="rec1")

    assert all(path.lost > 50 for _, path in weak_pair)
    for told in stats["parties"]:
        recovered = {track["kind"]: track["recovered"] for track in told["tracks"]}
        assert told["state"] == "connected"
        assert told["resent"] > 0
        assert recovered["audio"] > 0
        assert recovered["video"] > 0
    for party in ("agent", "customer"):
        read = read_file(worker.media / (await delivered(site, party))["path"])
        assert read["times"]["audio"][-1] > LOSS_S - 1
        assert read["times"]["video"][-1] > LOSS_S - 1
        assert read["pictures"] == len(read["times"]["video"]) > 3 * LOSS_S
