"""A site and a worker process for each test, callers that are hung up at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import pytest
from aiortc import MediaStreamTrack
from hypothesis import settings

from tests.media.peers import Caller
from tests.media.site import Site, WorkerProcess

PATIENCE_S = 120  # real media on a machine that may be busy

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

Dial = Callable[..., Awaitable[Caller]]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            item.add_marker(pytest.mark.timeout(PATIENCE_S))


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    site = Site()
    await site.start()
    yield site
    await site.stop()


@pytest.fixture
async def worker(site: Site, tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    process = WorkerProcess(site, tmp_path)
    await process.start()
    yield process
    await process.kill()


@pytest.fixture
async def dial(site: Site, worker: WorkerProcess) -> AsyncIterator[Dial]:
    """Let a party call into a room; the room is opened with the first."""
    callers: list[Caller] = []

    async def call(
        party: str,
        *,
        room: str = "r1",
        generation: int = 1,
        peer: str = "",
        tracks: Sequence[MediaStreamTrack] = (),
    ) -> Caller:
        await site.ask("room.open", room, generation)
        caller = Caller(site, party, room=room, generation=generation)
        caller.peer = peer or caller.peer
        callers.append(caller)
        await caller.call(*tracks)
        return caller

    yield call
    for caller in callers:
        await caller.hang_up()
