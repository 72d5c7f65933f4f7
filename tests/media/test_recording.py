"""Recordings: whole, chained, delivered; pictures out of the stream."""

from __future__ import annotations

import asyncio
import hashlib
import time
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image
from typing_extensions import override

from runtime.media import chain
from tests.media.conftest import Dial
from tests.media.peers import Caller, MovingPicture, Tone
from tests.media.site import Message, RefusedError, Site, WorkerProcess, grant

PARTIES = [{"party": "agent", "role": "agent"}, {"party": "customer", "role": "customer"}]


class Muted(MovingPicture):
    """A camera that sends nothing."""

    @override
    async def recv(self) -> av.VideoFrame:
        await asyncio.sleep(60)
        return await super().recv()


def read_file(path: Path) -> dict[str, Any]:
    """Duration and per-kind packet times of a recording, by PyAV."""
    with av.open(str(path)) as file:
        times: dict[str, list[float]] = {stream.type: [] for stream in file.streams}
        duration = (file.duration or 0) / 1e6
        for packet in file.demux():
            if packet.pts is not None:
                times[packet.stream.type].append(float(packet.pts * packet.time_base))
    with av.open(str(path)) as file:
        pictures = sum(1 for _ in file.decode(video=0))
    return {"duration": duration, "times": times, "pictures": pictures}


def links_of(site: Site, file: str) -> list[chain.Link]:
    told = [s for event in site.find("recording", file=file) for s in event["data"]["segments"]]
    return [chain.Link(**segment) for segment in told]


async def start(site: Site) -> Message:
    return await site.ask("record.start", recording="rec1", parties=PARTIES, grant=grant("r1", 1))


async def delivered(site: Site, party: str) -> Message:
    await site.until(lambda: site.find("delivered", party=party))
    data: Message = site.find("delivered", party=party)[0]["data"]
    return data


async def test_recorded_files_hold_both_tracks_for_the_whole_time(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    first, second = await dial("agent"), await dial("customer")
    await first.until_frames(2)
    await second.until_frames(2)

    await start(site)
    started = time.monotonic()
    await asyncio.sleep(4)
    least_s = time.monotonic() - started - 0.5
    stopped = await site.ask("record.stop", recording="rec1")
    most_s = time.monotonic() - started + 0.5

    for told in stopped["files"]:
        event = await delivered(site, told["party"])
        path = worker.media / event["path"]
        content = path.read_bytes()
        read = read_file(path)
        assert event["path"] == f"run1/1/{told['file']}"
        assert hashlib.sha256(content).hexdigest() == told["sha256"] == event["sha256"]
        assert least_s < read["duration"] < most_s
        assert least_s < told["duration_ms"] / 1000 < most_s
        for kind in ("audio", "video"):
            assert least_s - 0.2 < read["times"][kind][-1] - read["times"][kind][0] < most_s
        assert read["pictures"] > 20


async def test_chain_covers_every_byte_and_every_second(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    caller = await dial("agent")
    await caller.ask("party.add", role="agent")
    await start(site)
    await asyncio.sleep(3)
    stopped = await site.ask("record.stop", recording="rec1")
    file = next(told for told in stopped["files"] if told["party"] == "agent")
    event = await delivered(site, "agent")

    links = links_of(site, file["file"])

    content = (worker.media / event["path"]).read_bytes()
    assert chain.find_break(links, content) is None
    assert links[-1].final
    assert links[-1].head == file["head"] == event["head"]
    assert sum(link.bytes for link in links) == len(content)
    assert all(link.t1_ms - link.t0_ms <= 1000 for link in links[:-1])
    damaged = bytearray(content)
    damaged[links[1].offset + 5] ^= 1
    assert chain.find_break(links, bytes(damaged)) == 1


async def test_recording_goes_on_with_a_marked_gap_after_a_new_peer(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await agent.until_frames(2)
    await start(site)
    await asyncio.sleep(1.5)

    left = time.monotonic()
    customer.vanish()
    await asyncio.sleep(1.5)
    again = await dial("customer")
    await again.until_frames(2)
    await agent.until_frames(2)
    away_ms = (time.monotonic() - left) * 1000
    await asyncio.sleep(1)
    await site.ask("record.stop", recording="rec1")

    event = await delivered(site, "customer")
    gaps = [g for e in site.find("recording", party="customer") for g in e["data"]["gaps"]]
    read = read_file(worker.media / event["path"])
    assert any(1200 < gap["to_ms"] - gap["from_ms"] < away_ms + 1000 for gap in gaps)
    assert read["times"]["audio"][-1] > gaps[-1]["to_ms"] / 1000 - event["t0_ms"] / 1000
    assert len(agent.offers) == 1  # the second peer of the same party needed none


async def test_recording_told_to_start_twice_adds_nothing(dial: Dial, site: Site) -> None:
    await dial("agent")

    first, second = await start(site), await start(site)

    assert first == second


async def test_picture_of_the_stream_is_delivered(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    caller = await dial("customer")
    await site.until(lambda: site.find("peer_state", peer=caller.peer, state="connected"))

    told = await site.ask("frame.grab", party="customer", evidence="ev1", grant=grant("r1", 1))

    path = worker.media / told["path"]
    assert told["sha256"] == hashlib.sha256(path.read_bytes()).hexdigest()
    with Image.open(path) as picture:
        assert picture.size == (told["width"], told["height"]) == (320, 240)
        assert max(picture.convert("L").tobytes()) > 150
    assert told["sharpness"] > 0


async def test_picture_of_a_party_without_video_is_refused(
    site: Site, worker: WorkerProcess
) -> None:
    await site.ask("room.open")
    await site.ask("party.add", party="customer", role="customer")

    with pytest.raises(RefusedError) as refused:
        await site.ask("frame.grab", party="customer", evidence="ev1", grant=grant("r1", 1))

    assert refused.value.code == "no_video"


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "e30.c2ln",
        grant("r2", 1),
        grant("r1", 2),
        grant("r1", 1, live_s=-1),
        grant("r1", 1, prefix="../../etc/"),
        grant("r1", 1, prefix="/etc/"),
    ],
)
async def test_grant_for_elsewhere_is_refused(site: Site, worker: WorkerProcess, bad: str) -> None:
    await site.ask("room.open")

    with pytest.raises(RefusedError) as refused:
        await site.ask("record.start", recording="rec1", parties=PARTIES, grant=bad)

    assert refused.value.code == "bad_grant"


async def test_picture_of_who_has_just_come_or_is_muted_ends_in_time(
    site: Site, worker: WorkerProcess
) -> None:
    caller = Caller(site, "customer")
    await site.ask("room.open")
    await caller.call(Tone(), Muted())
    loop = asyncio.get_running_loop()

    asked_at = loop.time()
    with pytest.raises(RefusedError) as refused:
        await site.ask("frame.grab", party="customer", evidence="ev1", grant=grant("r1", 1))
    took_s = loop.time() - asked_at
    await caller.hang_up()

    assert refused.value.code == "no_video"
    assert took_s < 4.5
