"""The usual way, as a process to measure: aiortc's MediaRelay and MediaRecorder, a call of two.

One JSON line in: {folder, offers: [sdp, sdp]}; with an empty folder nothing is recorded. One JSON
line out: {answers: [sdp, sdp]}. Ends when standard input does.
"""

from __future__ import annotations

import asyncio
import json
import sys
from pathlib import Path

from aiortc import RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.contrib.media import MediaRecorder, MediaRelay


async def main() -> None:
    given = json.loads(await asyncio.to_thread(sys.stdin.readline))
    relay = MediaRelay()
    peers = [RTCPeerConnection(RTCConfiguration(iceServers=[])) for _ in given["offers"]]
    for peer, offer in zip(peers, given["offers"], strict=True):
        await peer.setRemoteDescription(RTCSessionDescription(sdp=offer, type="offer"))
    for peer, other in zip(peers, reversed(peers), strict=True):
        for receiver in other.getReceivers():
            peer.addTrack(relay.subscribe(receiver.track))
    recorders = record(relay, peers, given["folder"]) if given["folder"] else []
    answers = []
    for peer in peers:
        await peer.setLocalDescription(await peer.createAnswer())
        answers.append(peer.localDescription.sdp)
    for recorder in recorders:
        await recorder.start()
    print(json.dumps({"answers": answers}), flush=True)
    await asyncio.to_thread(sys.stdin.read)
    for recorder in recorders:
        await recorder.stop()
    for peer in peers:
        await peer.close()


def record(relay: MediaRelay, peers: list[RTCPeerConnection], folder: str) -> list[MediaRecorder]:
    """A recorder for each peer's tracks, not started yet."""
    recorders = [MediaRecorder(str(Path(folder) / f"{n}.mp4")) for n in range(len(peers))]
    for peer, recorder in zip(peers, recorders, strict=True):
        for receiver in peer.getReceivers():
            recorder.addTrack(relay.subscribe(receiver.track))
    return recorders


if __name__ == "__main__":
    asyncio.run(main())
