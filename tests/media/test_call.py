"""Two stock aiortc peers through the real worker."""

from __future__ import annotations

from tests.media.peers import Caller
from tests.media.site import Site, WorkerProcess


async def test_two_peers_see_and_hear_each_other(site: Site, worker: WorkerProcess) -> None:
    await site.ask("room.open", profile="call")
    first, second = Caller(site, "agent"), Caller(site, "customer")

    await first.call()
    await second.call()

    try:
        await first.until_frames()
        await second.until_frames()
    finally:
        await first.hang_up()
        await second.hang_up()
        print(worker.log_text())
    assert "Traceback" not in worker.log_text()
