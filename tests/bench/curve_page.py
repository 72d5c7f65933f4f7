"""A party of a measured call: a page of stock Chromium with one connection, read by getStats."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playwright.async_api import Page, async_playwright

from tests.browser.conftest import CHROMIUM_FLAGS
from tests.rig.network import Network

FAKE = "use-fake-device-for-media-stream"
PICTURES_PER_S = 20
CAMERA = f"--{FAKE}=fps={PICTURES_PER_S}"
ORIGIN = "https://party.test/"
"""Answered by the page's own router: a secure origin, which cameras need, without a server."""
SCRIPT = """
window.party = {
  async begin(hasAudioNack) {
    const asked = {audio: true, video: {width: 640, height: 360}};
    this.own = this.own ?? await navigator.mediaDevices.getUserMedia(asked);
    this.pc = new RTCPeerConnection({bundlePolicy: 'max-bundle'});
    this.pc.ontrack = ({track}) => {
      const screen = document.createElement('video');
      Object.assign(screen, {autoplay: true, playsInline: true});
      screen.srcObject = new MediaStream([track]);
      document.body.append(screen);
    };
    for (const track of this.own.getTracks()) this.pc.addTrack(track, this.own);
    this.hasAudioNack = hasAudioNack;
  },
  async offer() {
    const {sdp} = await this.pc.createOffer();
    const asked = this.hasAudioNack
      ? sdp.replace(/^(a=rtpmap:(\\d+) opus.48000.2\\r\\n)/m, '$1a=rtcp-fb:$2 nack\\r\\n') : sdp;
    await this.pc.setLocalDescription({type: 'offer', sdp: asked});
    return this.described();
  },
  async described() {
    while (this.pc.iceGatheringState !== 'complete') await new Promise((go) => setTimeout(go, 10));
    return this.pc.localDescription.sdp;
  },
  async takeAnswer(sdp) { await this.pc.setRemoteDescription({type: 'answer', sdp}); },
  async takeOffer(sdp) {
    await this.pc.setRemoteDescription({type: 'offer', sdp});
    await this.pc.setLocalDescription(await this.pc.createAnswer());
    return this.described();
  },
  end() {
    this.pc.close();
    for (const screen of document.querySelectorAll('video')) screen.remove();
  },
  async read() {
    const found = {state: this.pc.connectionState, at_ms: performance.now()};
    for (const one of (await this.pc.getStats()).values()) {
      if (one.type === 'inbound-rtp' && one.kind === 'audio') {
        found.samples = one.totalSamplesReceived ?? 0;
        found.concealed = one.concealedSamples ?? 0;
      }
      if (one.type === 'inbound-rtp' && one.kind === 'video') {
        found.pictures = one.framesDecoded ?? 0;
        found.frozen_ms = (one.totalFreezesDuration ?? 0) * 1000;
        found.freezes = one.freezeCount ?? 0;
      }
      if (one.type === 'media-source' && one.kind === 'video') found.taken = one.frames ?? 0;
      if (one.type === 'outbound-rtp') {
        found.sent_bytes = (found.sent_bytes ?? 0) + one.bytesSent + one.headerBytesSent;
      }
    }
    return found;
  },
  async watch(ms) {
    const first = await this.read();
    let moved = first;
    let last = first;
    while (last.at_ms - first.at_ms < ms) {
      await new Promise((go) => setTimeout(go, 200));
      last = await this.read();
      if (last.pictures !== moved.pictures) moved = last;
    }
    return {first, last, still_ms: last.at_ms - moved.at_ms};
  },
};
"""
STILL_MS = 500  # without a picture is a freeze, also when it has not ended yet


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one party got of the other within a measured time."""

    lasted_s: float
    samples: float  # of sound that were played, made-up ones included
    concealed: float
    pictures: float
    taken: float  # pictures that its own camera took
    frozen_s: float
    freezes: float
    sent_kbps: float
    is_connected: bool


class Party:
    """One page in the rig."""

    def __init__(self, page: Page) -> None:
        self._page = page

    async def begin(self, *, has_audio_nack: bool = False) -> None:
        await self._page.evaluate("(nack) => party.begin(nack)", has_audio_nack)

    async def offer(self) -> str:
        return str(await self._page.evaluate("() => party.offer()"))

    async def take_answer(self, sdp: str) -> None:
        await self._page.evaluate("(sdp) => party.takeAnswer(sdp)", sdp)

    async def take_offer(self, sdp: str) -> str:
        return str(await self._page.evaluate("(sdp) => party.takeOffer(sdp)", sdp))

    async def end(self) -> None:
        await self._page.evaluate("() => party.end()")

    async def read(self) -> dict[str, Any]:
        """Counters of now; those of tracks that have not come are missing."""
        found: dict[str, Any] = await self._page.evaluate("() => party.read()")
        return found

    async def watch(self, seconds: float) -> Seen:
        told = await self._page.evaluate("(ms) => party.watch(ms)", seconds * 1000)
        first, last = told["first"], told["last"]

        def grown(name: str) -> float:
            return float(last.get(name, 0) - first.get(name, 0))

        lasted_s = grown("at_ms") / 1000
        still_s = told["still_ms"] / 1000
        tail = still_s if told["still_ms"] > STILL_MS else 0.0
        return Seen(
            lasted_s=lasted_s,
            samples=grown("samples"),
            concealed=grown("concealed"),
            pictures=grown("pictures"),
            taken=grown("taken"),
            frozen_s=min(lasted_s, grown("frozen_ms") / 1000 + tail),
            freezes=grown("freezes"),
            sent_kbps=grown("sent_bytes") * 8 / 1000 / lasted_s,
            is_connected=last["state"] == "connected",
        )


@asynccontextmanager
async def parties(net: Network, names: tuple[str, ...], folder: Path) -> AsyncIterator[list[Party]]:
    """A browser where each of `names` is."""
    program = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    flags = [*(one for one in CHROMIUM_FLAGS if FAKE not in one), CAMERA, "--headless=new"]
    async with async_playwright() as playwright:
        found = []
        for name in names:
            browser = await playwright.chromium.launch(
                executable_path=net.script(name, program, folder), args=flags
            )
            page = await browser.new_page()
            await page.route(ORIGIN, lambda route: route.fulfill(body="", content_type="text/html"))
            await page.goto(ORIGIN)
            await page.evaluate(SCRIPT)
            found.append(Party(page))
        yield found
