"""What is recorded beside sound and one picture of VP8: H.264, and a second picture."""

from __future__ import annotations

import asyncio
from pathlib import Path

import av
import pytest
from PIL import Image

from tests.media.conftest import Dial
from tests.media.peers import Caller, MovingPicture
from tests.media.site import Message, Site, WorkerProcess, grant
from tests.media.test_recording import delivered, links_of, read_file, start


async def h264_pair(site: Site) -> list[Caller]:
    await site.ask("room.open", profile={"codec": "h264"})
    callers = [Caller(site, party) for party in ("agent", "customer")]
    for caller in callers:
        await caller.call()
    for caller in callers:
        await caller.until_frames(2)
    return callers


def size_of(path: Path) -> tuple[str, int, int]:
    with av.open(str(path)) as file:
        shown = file.streams.video[0]
        return shown.codec_context.name, shown.width, shown.height


async def test_room_of_h264_is_recorded_and_its_pictures_are_taken(
    site: Site, worker: WorkerProcess
) -> None:
    callers = await h264_pair(site)
    await start(site)
    await asyncio.sleep(2.5)
    taken = await site.ask("frame.grab", party="customer", evidence="ev1", grant=grant("r1", 1))
    await site.ask("record.stop", recording="rec1")

    for party in ("agent", "customer"):
        event = await delivered(site, party)
        path = worker.media / event["path"]
        read = read_file(path)
        assert event["file"].endswith(f"{party}.mkv")
        assert size_of(path) == ("h264", 320, 240)
        assert read["pictures"] > 10
        assert read["times"]["audio"][-1] - read["times"]["audio"][0] > 1.5
    with Image.open(worker.media / taken["path"]) as picture:
        assert picture.size == (320, 240)
        assert max(picture.convert("L").tobytes()) > 150
    for caller in callers:
        await caller.hang_up()
    assert "Traceback" not in worker.log_text()


async def test_killed_worker_leaves_a_file_of_h264_that_plays(
    site: Site, worker: WorkerProcess
) -> None:
    callers = await h264_pair(site)
    await start(site)
    await asyncio.sleep(2.5)

    await worker.kill()
    left = worker.spool / "rec1.customer.mkv"
    playable = read_file(left)
    size = size_of(left)
    await worker.start()
    event = await delivered(site, "customer")

    assert playable["pictures"] > 8
    assert size == ("h264", 320, 240) == size_of(worker.media / event["path"])
    for caller in callers:
        await caller.hang_up()


@pytest.fixture
async def sharing(dial: Dial) -> tuple[Caller, Caller]:
    """An agent who begins to share a second picture, and the customer."""
    agent, customer = await dial("agent"), await dial("customer")
    await agent.until_frames(2)
    await customer.until_frames(2)
    return agent, customer


async def test_second_picture_has_a_file_of_its_own(
    sharing: tuple[Caller, Caller], site: Site, worker: WorkerProcess
) -> None:
    agent, _ = sharing
    await start(site)
    await asyncio.sleep(0.5)
    await agent.offer_track(MovingPicture(size=(480, 272), per_s=5))
    second = "rec1.agent.video-2.webm"
    await site.until(lambda: bool(links_of(site, second)))
    stopped = await site.ask("record.stop", recording="rec1")
    await site.until(lambda: bool(site.find("delivered", file=second)))

    told: Message = site.find("delivered", file=second)[0]["data"]
    path = worker.media / told["path"]
    assert (told["party"], told["role"], told["label"]) == ("agent", "agent", "video-2")
    assert size_of(path) == ("vp8", 480, 272)
    assert size_of(worker.media / (await delivered(site, "agent"))["path"]) == ("vp8", 320, 240)
    assert sorted(one["label"] for one in stopped["files"]) == ["", "", "video-2"]
    with av.open(str(path)) as file:
        assert not file.streams.audio
        assert sum(1 for _ in file.decode(video=0)) > 2
    assert not [gap for one in site.find("recording", file=second) for gap in one["data"]["gaps"]]


async def test_second_picture_of_who_is_not_recorded_is_not(
    sharing: tuple[Caller, Caller], site: Site, worker: WorkerProcess
) -> None:
    agent, customer = sharing
    parties = [{"party": "customer", "role": "customer"}]
    await site.ask("record.start", recording="rec1", parties=parties, grant=grant("r1", 1))
    await agent.offer_track(MovingPicture(size=(480, 272), per_s=5))
    await site.until(lambda: customer.decoded.get("agent-video-2", 0) > 0)

    stopped = await site.ask("record.stop", recording="rec1")

    assert [(one["party"], one["label"]) for one in stopped["files"]] == [("customer", "")]
