"""A camera in two sizes in a real browser: each way gets what it carries, and more when it can."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import OpenPage, eventually
from tests.media.lossy import LossyPath
from tests.media.site import Site, WorkerProcess

ORIGIN = "http://localhost/sizes"  # a secure context, answered by the test itself
CALL_S = 30.0
CHANGE_S = 90.0
SMALL, LARGE = 120, 480
NARROW_BPS = 250_000.0
Answer = TypeVar("Answer")

SEND = """async () => {
  const camera = await navigator.mediaDevices.getUserMedia({video: {width: 640, height: 480}});
  window.peer = new RTCPeerConnection({iceServers: []});
  peer.addTransceiver(camera.getVideoTracks()[0], {direction: 'sendonly', sendEncodings: [
    {rid: 'l', scaleResolutionDownBy: 4, maxBitrate: 100000},
    {rid: 'h', scaleResolutionDownBy: 1, maxBitrate: 800000},
  ]});
  await peer.setLocalDescription(await peer.createOffer());
  return peer.localDescription.sdp;
}"""
WATCH = """async () => {
  window.peer = new RTCPeerConnection({iceServers: []});
  peer.addTransceiver('video', {direction: 'recvonly'});
  peer.ontrack = ({track}) => {
    const video = document.createElement('video');
    Object.assign(video, {muted: true, autoplay: true, srcObject: new MediaStream([track])});
    document.body.append(video);
  };
  await peer.setLocalDescription(await peer.createOffer());
  return peer.localDescription.sdp;
}"""
ANSWER = "sdp => peer.setRemoteDescription({type: 'answer', sdp})"
STATS = """async (type) => [...(await peer.getStats()).values()]
  .filter((one) => one.type === type && one.kind === 'video')"""


class Worker:
    """A media worker with the site's side of it, on a loop in a thread of its own."""

    def __init__(self, folder: Path) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.site = Site()
        self.process = WorkerProcess(self.site, folder)

    def do(self, work: Coroutine[Any, Any, Answer]) -> Answer:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_S)

    def start(self) -> LossyPath:
        """Open a room; gives the way to the one who watches."""
        self.do(self.site.start())
        self.do(self.process.start())
        self.do(self.site.ask("room.open"))
        path = LossyPath(self.process.port, 1)
        self.do(path.open())
        return path

    def join(self, page: Page, party: str, script: str, path: LossyPath | None = None) -> None:
        """Let a page into the room, over a way of its own or straight."""
        page.route("http://localhost/**", lambda route: route.fulfill(body="<p>camera</p>"))
        page.goto(ORIGIN)
        offer = page.evaluate(script)
        answer = self.do(self.site.ask("peer.offer", party=party, peer=party, sdp=offer))
        sdp = answer["sdp"] if path is None else path.rewrite(answer["sdp"])
        page.evaluate(ANSWER, sdp)

    def stop(self) -> None:
        self.do(self.process.kill())
        self.do(self.site.stop())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Worker]:
    one = Worker(tmp_path)
    yield one
    one.stop()


def sizes_sent(page: Page) -> dict[str, int]:
    """RID -> height of what the camera's page really sends."""
    stats = page.evaluate(STATS, "outbound-rtp")
    return {one["rid"]: one.get("frameHeight", 0) for one in stats if one["packetsSent"] > 0}


def height_seen(page: Page) -> int:
    stats = page.evaluate(STATS, "inbound-rtp")
    return max((int(one.get("frameHeight", 0)) for one in stats), default=0)


def pictures_seen(page: Page) -> int:
    return sum(int(one["framesDecoded"]) for one in page.evaluate(STATS, "inbound-rtp"))


def test_each_way_gets_the_size_it_carries(worker: Worker, open_page: OpenPage) -> None:
    path = worker.start()
    camera = open_page(fine=True, permissions=["camera"])
    watcher = open_page(fine=True)
    worker.join(camera, "agent", SEND)
    eventually(lambda: sizes_sent(camera) == {"l": SMALL, "h": LARGE}, "two sizes", CHANGE_S)
    worker.join(watcher, "customer", WATCH, path)
    eventually(lambda: height_seen(watcher) == LARGE, "the large picture", CHANGE_S)

    path.rate_bps = NARROW_BPS
    eventually(lambda: height_seen(watcher) == SMALL, "the small picture", CHANGE_S)
    shown = pictures_seen(watcher)
    eventually(lambda: pictures_seen(watcher) > shown + 5, "it moves", CHANGE_S)

    path.rate_bps = None
    eventually(lambda: height_seen(watcher) == LARGE, "the large picture again", CHANGE_S)
    assert "Traceback" not in worker.process.log_text()
