"""What goes wrong: killed workers, a site that is away, datagrams of strangers."""

from __future__ import annotations

import asyncio
import random
import socket
import struct
import time
from pathlib import Path

import pytest

from runtime.media import chain
from tests.media.conftest import Dial
from tests.media.site import Message, Site, WorkerProcess, grant
from tests.media.test_recording import PARTIES, delivered, links_of, read_file, start

CRASHES_AIOICE = struct.pack("!HHI", 1, 4, 0x2112A442) + bytes(range(12)) + b"\x00\x24\x00\x00"


def malformed(count: int) -> list[bytes]:
    """Random datagrams, half of them dressed as STUN, DTLS or RTP."""
    chance = random.Random(7)
    made = []
    for n in range(count):
        data = bytearray(chance.randbytes(chance.randrange(0, 200)))
        if n % 2 and len(data) > 8:
            data[0] = chance.choice([0, 1, 20, 22, 63, 128, 144, 191])
            data[4:8] = b"\x21\x12\xa4\x42"
        made.append(bytes(data))
    return made


async def test_killed_worker_loses_at_most_a_second_and_the_next_delivers(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    first, second = await dial("agent"), await dial("customer")
    await first.until_frames(2)
    await second.until_frames(2)
    begun = await start(site)
    started = time.monotonic()
    await asyncio.sleep(3.5)

    lasted_s = time.monotonic() - started
    await worker.kill()
    left = worker.spool / "rec1.customer.webm"
    playable = read_file(left)
    await worker.start()
    event = await delivered(site, "customer")

    assert playable["pictures"] > 15
    assert playable["times"]["audio"][-1] > lasted_s - 1
    path = worker.media / event["path"]
    links = links_of(site, "rec1.customer.webm")
    unique = list({link.n: link for link in links}.values())
    assert chain.find_break(unique, path.read_bytes()) is None
    assert unique[-1].final
    assert unique[-1].head == event["head"]
    assert event["t0_ms"] - begun["started_at_ms"] < 100
    assert read_file(path)["duration"] > lasted_s - 1
    await site.until(lambda: not list(worker.spool.iterdir()))


async def test_delivery_is_told_again_when_it_was_not_acknowledged(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    await dial("agent")
    await start(site)
    await asyncio.sleep(1.5)
    site.acknowledges = False
    await site.ask("record.stop", recording="rec1")
    first = await delivered(site, "agent")
    await worker.kill()
    site.events.clear()
    site.acknowledges = True

    await worker.start()

    again = await delivered(site, "agent")
    assert (again["sha256"], again["head"]) == (first["sha256"], first["head"])


async def test_malformed_datagrams_leave_the_call_up(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    first, second = await dial("agent"), await dial("customer")
    await first.until_frames(2)
    sender = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    for number, data in enumerate([CRASHES_AIOICE] * 500 + malformed(2000)):
        sender.sendto(data, ("127.0.0.1", worker.port))
        if number % 50 == 0:
            await asyncio.sleep(0.005)
    sender.close()

    await first.until_frames()
    await second.until_frames()
    assert "Traceback" not in worker.log_text()
    assert "error" not in worker.log_text()


async def test_rooms_outlive_a_site_that_restarts(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    first, second = await dial("agent"), await dial("customer")
    await first.until_frames(2)

    await site.stop()
    await second.until_frames()
    await site.start()
    await site.until(lambda: len(site.enrolled) == 2)

    assert site.enrolled[1]["rooms"] == [{"room": "r1", "generation": 1}]
    await first.until_frames()


async def test_events_wait_for_an_acknowledgement(dial: Dial, site: Site) -> None:
    site.acknowledges = False
    caller = await dial("agent")
    await site.until(lambda: site.find("peer_state", peer=caller.peer, state="connected"))
    site.events.clear()

    await site.stop()
    site.acknowledges = True
    await site.start()

    await site.until(lambda: site.find("peer_state", peer=caller.peer, state="connected"))


async def test_same_request_gets_the_same_answer(site: Site, worker: WorkerProcess) -> None:
    await site.ask("room.open")
    ask: Message = {"recording": "rec1", "parties": PARTIES, "grant": grant("r1", 1)}

    first = await site.ask("record.start", request_id="q1", **ask)
    await asyncio.sleep(0.1)
    second = await site.ask("record.start", request_id="q1", **ask)

    assert first == second


async def test_leaving_worker_finishes_its_recordings(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    caller = await dial("agent")
    await caller.until_frames(0)
    await start(site)
    started = time.monotonic()
    await asyncio.sleep(2)

    lasted_s = time.monotonic() - started
    code = await worker.stop()

    event = await delivered(site, "agent")
    assert code == 0
    assert read_file(worker.media / event["path"])["duration"] > lasted_s - 0.6
    assert list(worker.spool.iterdir()) == []


async def test_draining_worker_takes_no_room(site: Site, worker: WorkerProcess) -> None:
    await site.ask("room.open", "r1", 1)
    await site.send({"type": "drain"})
    await site.until(lambda: site.heartbeats[-1]["draining"])

    with pytest.raises(Exception, match="overloaded"):
        await site.ask("room.open", "r2", 1)


async def test_heartbeats_come_twice_a_second(site: Site, worker: WorkerProcess) -> None:
    begun = time.monotonic()
    await site.until(lambda: len(site.heartbeats) >= 4)

    assert time.monotonic() - begun > 0.9
    assert 0 <= site.heartbeats[-1]["load"] <= 1


async def test_wrong_token_is_not_enrolled(site: Site, tmp_path: Path) -> None:
    process = WorkerProcess(site, tmp_path)
    (tmp_path / "token").write_text("wrong")

    starting = asyncio.create_task(process.start())
    await site.until(lambda: site.refused >= 2)  # it tries again, to no avail

    starting.cancel()
    await process.kill()
    assert site.enrolled == []
