"""Networks that let no UDP through to the workers: media by TURN, and by nobody else's leave."""

from __future__ import annotations

import asyncio
import subprocess
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from aioice import TransportPolicy
from aioice.stun import TransactionFailed
from aioice.turn import TurnTransport, create_turn_endpoint
from aiortc import MediaStreamTrack, RTCConfiguration, RTCIceServer, RTCPeerConnection

from config import relay
from config.certificate import lan_addresses
from config.diagnosis import turn as diagnosis
from config.diagnosis.verdict import Level
from config.supervisor import Supervisor
from runtime import turn
from runtime.clock import now_ms
from tests.media.peers import Caller
from tests.media.site import Site, WorkerProcess

HERE = lan_addresses()[0]
"""Not loopback: no TURN server leads there."""


@dataclass(frozen=True, kw_only=True)
class Relays:
    udp: str
    tls: str


@pytest.fixture
async def relays(tmp_path: Path, settings, monkeypatch) -> AsyncIterator[Relays]:
    """Debian's coturn by our own configuration, and a site that knows it."""
    folder = tmp_path / "turn"
    folder.mkdir(mode=0o700)
    server = relay.coturn(folder, HERE, [HERE], is_believed=True)
    supervisor = Supervisor(server.children, folder, tell=lambda _: None)
    running = asyncio.create_task(supervisor.run(), name="coturn")
    await supervisor.started.wait()
    udp, tls = (one.partition("=")[2] for one in server.environment["COUNTERFLOW_TURN"].split(","))
    settings.TURN_URLS = {turn.ANY_ZONE: (udp, tls)}
    settings.TURN_SECRET = (folder / "turn-secret").read_text()
    monkeypatch.setenv("SSL_CERT_FILE", str(folder / "coturn" / "tls" / "certificate.pem"))
    yield Relays(udp=udp, tls=tls)
    supervisor.stop()
    await running


@pytest.fixture
async def outward(site: Site, tmp_path: Path) -> AsyncIterator[WorkerProcess]:
    """A worker that others than this machine reach."""
    process = WorkerProcess(site, tmp_path, advertise=(HERE,))
    await process.start()
    yield process
    await process.kill()


class Walled(Caller):
    """Somebody whose packets reach a TURN server and nothing else."""

    def use(self, url: str) -> None:
        (known,) = turn.relays_for(self.party, "edge", now_ms())
        server = RTCIceServer(urls=url, username=known["username"], credential=known["credential"])
        self.connection = RTCPeerConnection(RTCConfiguration(iceServers=[server]))
        self.connection.on("track", self._take_track)
        add_track = self.connection.addTrack

        def add_walled(track: MediaStreamTrack) -> None:
            ice = add_track(track).transport.transport.iceGatherer._connection
            ice._transport_policy = TransportPolicy.RELAY

        self.connection.addTrack = add_walled  # type: ignore[method-assign,assignment]

    def ways(self) -> set[str]:
        """Kinds of the addresses that media leaves from."""
        ices = [
            one.sender.transport.transport._connection for one in self.connection.getTransceivers()
        ]
        return {pair.local_candidate.type for ice in ices for pair in ice._nominated.values()}


@pytest.mark.parametrize("by", ["udp", "tls"])
@pytest.mark.usefixtures("outward")
async def test_media_flows_by_the_relay_when_no_other_way_is_open(
    by: str, relays: Relays, site: Site
) -> None:
    await site.ask("room.open", "r1", 1)
    walled, free = Walled(site, "walled"), Caller(site, "free")
    walled.use(getattr(relays, by))

    await free.call()
    await walled.call()
    await asyncio.gather(walled.until_frames(), free.until_frames())
    ways = walled.ways()
    await asyncio.gather(walled.hang_up(), free.hang_up())

    assert ways == {"relay"}


async def test_the_doctor_gets_a_relay_from_each(relays: Relays) -> None:
    verdicts = await asyncio.to_thread(lambda: list(diagnosis.relays()))

    assert [one.level for one in verdicts] == [Level.OK, Level.OK]
    assert all(HERE in one.detail for one in verdicts)


@pytest.mark.parametrize(
    ("username", "secret"),
    [("1000000000:late", None), ("4000000000:forged", "somebody else's secret")],
)
async def test_old_and_forged_leave_gets_no_relay(
    username: str, secret: str | None, relays: Relays, settings
) -> None:
    settings.TURN_SECRET = secret or settings.TURN_SECRET

    with pytest.raises(TransactionFailed, match="401"):
        await _allocate(relays, username, turn.credential_of(username))


@pytest.mark.parametrize("peer", ["127.0.0.1", "10.1.2.3", "169.254.169.254", "0.0.0.0"])
async def test_a_relay_leads_to_workers_only(peer: str, relays: Relays) -> None:
    done = await asyncio.to_thread(_use_relay, relays, peer)

    assert "403" in done
    assert "Forbidden IP" in done


async def test_one_person_gets_so_many_relays_and_no_more(relays: Relays) -> None:
    (known,) = turn.relays_for("greedy", "edge", now_ms())
    held = [await _allocate(relays, known["username"], known["credential"]) for _ in range(12)]

    with pytest.raises(TransactionFailed, match="486"):
        await _allocate(relays, known["username"], known["credential"])
    for transport in held:
        transport.close()


async def _allocate(relays: Relays, username: str, credential: str) -> TurnTransport:
    host, _, port = relays.udp.removeprefix("turn:").partition("?")[0].partition(":")
    transport, _ = await create_turn_endpoint(
        asyncio.DatagramProtocol, (host, int(port)), username, credential
    )
    return transport


def _use_relay(relays: Relays, peer: str) -> str:
    """What coturn's own client is told when it asks for a way to `peer`."""
    (known,) = turn.relays_for("curious", "edge", now_ms())
    host, _, port = relays.udp.removeprefix("turn:").partition("?")[0].partition(":")
    words = ["-u", known["username"], "-w", known["credential"], "-e", peer, "-n", "1", "-m", "1"]
    done = subprocess.run(
        ["turnutils_uclient", "-v", "-p", port, *words, "-X", host],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return done.stdout + done.stderr
