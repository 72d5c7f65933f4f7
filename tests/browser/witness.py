"""What a call really does: packets decoded in the browser, events in the log, files on the disk."""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from typing import Any, Protocol

import av
from playwright.sync_api import Page

from tests.browser.conftest import eventually

KEEP_PEERS = """(() => {
  const Native = window.RTCPeerConnection;
  window.peers = [];
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); window.peers.push(this); }
  };
})()"""
RECEIVED = """async () => {
  const open = window.peers.filter((one) => one.connectionState === 'connected');
  const reports = await Promise.all(open.map((one) => one.getStats()));
  const all = reports.flatMap((one) => [...one.values()])
    .filter((one) => one.type === 'inbound-rtp');
  const sum = (kind, field) => all.filter((one) => one.kind === kind)
    .reduce((total, one) => total + (one[field] || 0), 0);
  return {peers: open.length, frames: sum('video', 'framesDecoded'),
          audio: sum('audio', 'totalSamplesReceived')};
}"""


class Witness(Protocol):
    """A page of whatever browser that can be asked."""

    def evaluate(self, function: str, /) -> Any: ...


STREAMS = """async () => {
  const open = window.peers.filter((one) => one.connectionState === 'connected');
  const reports = await Promise.all(open.map((one) => one.getStats()));
  return reports.flatMap((one) => [...one.values()])
    .filter((one) => one.type === 'inbound-rtp')
    .map((one) => [`${one.kind} ${one.ssrc}`, one.framesDecoded || one.totalSamplesReceived || 0]);
}"""


def expect_streams(page: Witness, who: str, *, videos: int, audios: int) -> None:
    """Just so many pictures of others are decoded anew, and so many sounds arrive."""
    before: dict[str, int] = {}

    def moving(kind: str, now: dict[str, int]) -> int:
        return sum(name.startswith(kind) and now[name] > before.get(name, 0) for name in now)

    def is_so() -> bool:
        nonlocal before
        now = dict(page.evaluate(STREAMS))
        counts = moving("video", now), moving("audio", now)
        before = now
        return counts == (videos, audios)

    eventually(is_so, f"{who} gets {videos} pictures and {audios} sounds")


def keep_peers(page: Page) -> Page:
    """Let the page's connections be asked for statistics; call it before the first `goto`."""
    page.add_init_script(KEEP_PEERS)
    return page


def received(page: Witness) -> dict[str, int]:
    """Connected peers, `framesDecoded` and audio samples received so far."""
    answer: dict[str, int] = page.evaluate(RECEIVED)
    return answer


def expect_media(page: Witness, who: str) -> None:
    """New pictures are decoded and new sound arrives on a connection that is up."""
    before = received(page)

    def arrives() -> bool:
        now = received(page)
        fresh = now["peers"] > 0 and now["frames"] > 0 and now["audio"] > 0
        return fresh and now["frames"] != before["frames"] and now["audio"] != before["audio"]

    eventually(arrives, f"{who} decodes pictures and sound beyond {before}")


def call_api(page: Page, path: str) -> Any:
    """GET from the API as the person signed in on `page`."""
    site = "/".join(page.url.split("/", 3)[:3])
    answer = page.request.get(f"{site}/api/v1/{path}")
    assert answer.ok, f"{path}: {answer.status} {answer.text()[:300]}"
    return json.loads(answer.text())


def run_of(page: Page, number: str) -> str:
    """The id of the run that people call `number`."""
    found = call_api(page, "runs")["results"]
    return next(str(one["id"]) for one in found if one["number"] == number)


@dataclass(frozen=True, kw_only=True)
class File:
    """A recording file as PyAV reads it: seconds of each kind of track."""

    audio_s: float
    video_s: float
    pictures: int


def read_files(page: Page, run: str) -> list[tuple[dict[str, Any], File]]:
    """Each file the run's page lists, fetched as the player does and decoded whole."""

    def delivered() -> list[dict[str, Any]]:
        recordings = call_api(page, f"runs/{run}")["recordings"]
        held = [one for entry in recordings for one in entry["files"]]
        return held if held and all(one["state"] == "delivered" for one in held) else []

    listed = eventually(delivered, "every recording is delivered")
    return [(one, read_file(fetch_file(page, one["url"]))) for one in listed]


def fetch_file(page: Page, url: str) -> bytes:
    """The recording behind `url`, under a grant of its own."""
    site = "/".join(page.url.split("/", 3)[:3])
    token = page.evaluate("() => JSON.parse(document.getElementById('page').textContent).csrf")
    headers = {"X-CSRFToken": token, "Referer": page.url}
    grant = page.request.post(f"{site}{url}", headers=headers, data={})
    assert grant.ok, f"{url}: {grant.status} {grant.text()[:300]}"
    answer = page.request.get(f"{site}{json.loads(grant.text())['url']}")
    assert answer.ok, f"{answer.url}: {answer.status}"
    return answer.body()


def read_file(data: bytes) -> File:
    """Decode the whole file: a picture that cannot be decoded raises."""
    with av.open(io.BytesIO(data), "r") as container:
        frames = [frame for packet in container.demux() for frame in packet.decode()]
    sound = [frame.time or 0.0 for frame in frames if isinstance(frame, av.AudioFrame)]
    pictures = [frame.time or 0.0 for frame in frames if isinstance(frame, av.VideoFrame)]
    return File(audio_s=max(sound), video_s=max(pictures), pictures=len(pictures))
