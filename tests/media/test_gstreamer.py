"""GStreamer's `webrtcbin` in a call: neither a browser nor aiortc, with an RSA certificate.

Version 1.22 takes further lines, but none that turns another way; so what it is to get of those who
are there stands in the first answer, and nobody leaves.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from config.certificate import lan_addresses
from tests.media.conftest import Dial
from tests.media.gstreamer import GStreamer, setups
from tests.media.site import Site, WorkerProcess
from tests.media.test_rooms import until_gets


@pytest.fixture
async def worker(site: Site, tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    """One that tells this machine's own address: libnice has no use for loopback."""
    process = WorkerProcess(site, tmp_path, advertise=(lan_addresses()[0],))
    await process.start()
    yield process
    await process.kill()


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_gstreamer_sends_receives_and_takes_more_in(
    codec: str, dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    await site.ask("room.open", profile={"codec": codec})
    agent = await dial("agent")
    peer = GStreamer(site, "customer", codec=codec)
    await peer.call()
    try:
        # our certificate's ciphers are not for its RSA key: it has to be the client
        assert setups(peer.agreed) == {"passive"}
        await until_gets(agent, "customer-audio", "customer-video")
        await peer.until_decodes(videos=1, audios=1)

        expert = await dial("expert")

        await until_gets(expert, "customer-audio", "customer-video", "agent-video")
        await peer.until_decodes(videos=2, audios=2)
        assert peer.answered > 0
    finally:
        await peer.hang_up()
    assert "Traceback" not in worker.log_text()
