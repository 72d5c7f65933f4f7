"""A `webrtcbin` of GStreamer that sends a made-up picture and a tone, and counts what it decodes.

Debian's own Python runs this, for the bindings are its own; nothing of this project is imported.
Lines of JSON come in and go out: `{"do": "offer"}` is answered `{"offer": sdp}`, `{"do": "take",
"type": "answer" or "offer", "sdp": ...}` takes a description, an offer being answered
`{"answer": sdp}`; `{"got": {stream: frames}}` comes every 100 ms.
"""

from __future__ import annotations

import json
import sys
import threading
from typing import Any

import gi  # type: ignore[import-not-found]

gi.require_version("Gst", "1.0")
gi.require_version("GstSdp", "1.0")
gi.require_version("GstWebRTC", "1.0")
from gi.repository import GLib, Gst, GstSdp, GstWebRTC  # type: ignore[import-not-found] # noqa: E402

ENCODERS = {
    "vp8": "vp8enc deadline=1 keyframe-max-dist=30 ! rtpvp8pay picture-id-mode=2 pt=96 ! "
    "application/x-rtp,media=video,encoding-name=VP8,payload=96",
    "h264": "openh264enc gop-size=30 ! video/x-h264,profile=constrained-baseline ! "
    "rtph264pay config-interval=-1 aggregate-mode=zero-latency pt=96 ! "
    "application/x-rtp,media=video,encoding-name=H264,payload=96,"
    "packetization-mode=(string)1,profile-level-id=(string)42e01f",
}
PIPELINE = (
    "webrtcbin name=peer bundle-policy=max-bundle latency=50 "
    "videotestsrc is-live=true pattern=ball ! video/x-raw,width=320,height=240,framerate=15/1 ! "
    "videoconvert ! {encoder} ! peer. "
    "audiotestsrc is-live=true ! audioconvert ! audioresample ! opusenc ! rtpopuspay pt=111 ! "
    "application/x-rtp,media=audio,encoding-name=OPUS,payload=111 ! peer."
)
TELL_EVERY_MS = 100
READY_EVERY_MS = 20


def say(message: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(message) + "\n")
    sys.stdout.flush()


class Peer:
    def __init__(self, codec: str) -> None:
        self.got: dict[str, int] = {}
        self.pipeline = Gst.parse_launch(PIPELINE.format(encoder=ENCODERS[codec]))
        self.peer = self.pipeline.get_by_name("peer")
        self.peer.connect("pad-added", self.take_stream)
        self.pipeline.set_state(Gst.State.PLAYING)

    def tell(self) -> bool:
        say({"got": dict(self.got)})
        return True

    def do(self, told: dict[str, str]) -> None:
        if told["do"] == "offer":
            GLib.timeout_add(READY_EVERY_MS, self.offer_when_ready)
        else:
            kinds = {
                "answer": GstWebRTC.WebRTCSDPType.ANSWER,
                "offer": GstWebRTC.WebRTCSDPType.OFFER,
            }
            _, message = GstSdp.SDPMessage.new_from_text(told["sdp"])
            described = GstWebRTC.WebRTCSessionDescription.new(kinds[told["type"]], message)
            taken = Gst.Promise.new_with_change_func(self.taken, told["type"])
            self.peer.emit("set-remote-description", described, taken)

    def offer_when_ready(self) -> bool:
        """An offer that is made before the encoders have begun says less than they will send."""
        if not all(pad.get_current_caps() for pad in self.peer.sinkpads):
            return True
        self.describe("create-offer", "offer")
        return False

    def taken(self, promise: Any, kind: str) -> None:
        if promise.wait() == Gst.PromiseResult.REPLIED and kind == "offer":
            self.describe("create-answer", "answer")

    def describe(self, signal: str, name: str) -> None:
        made = Gst.Promise.new_with_change_func(self.described, name)
        self.peer.emit(signal, None, made)

    def described(self, promise: Any, name: str) -> None:
        promise.wait()
        reply = promise.get_reply()  # which owns what it gives
        description = reply.get_value(name)
        self.peer.emit("set-local-description", description, Gst.Promise.new())
        say({name: description.sdp.as_text()})

    def take_stream(self, _: Any, pad: Any) -> None:
        if pad.direction != Gst.PadDirection.SRC:
            return
        decoder = Gst.ElementFactory.make("decodebin")
        decoder.connect("pad-added", self.count, pad.get_name())
        self.add(decoder)
        pad.link(decoder.get_static_pad("sink"))

    def count(self, _: Any, pad: Any, name: str) -> None:
        kind = pad.get_current_caps().get_structure(0).get_name().split("/")[0]
        known = f"{kind} {name}"
        self.got[known] = 0
        sink = Gst.ElementFactory.make("fakesink")
        sink.set_property("sync", False)
        sink.set_property("signal-handoffs", True)
        sink.connect("handoff", self.note, known)
        self.add(sink)
        pad.link(sink.get_static_pad("sink"))

    def note(self, _sink: Any, _buffer: Any, _pad: Any, known: str) -> None:
        self.got[known] += 1

    def add(self, element: Any) -> None:
        self.pipeline.add(element)
        element.sync_state_with_parent()


def main() -> None:
    Gst.init(None)
    loop = GLib.MainLoop()
    peer = Peer(sys.argv[1])
    GLib.timeout_add(TELL_EVERY_MS, peer.tell)

    def listen() -> None:
        for line in sys.stdin:
            GLib.idle_add(peer.do, json.loads(line))
        GLib.idle_add(loop.quit)

    threading.Thread(target=listen, daemon=True).start()
    loop.run()
    peer.pipeline.set_state(Gst.State.NULL)


main()
