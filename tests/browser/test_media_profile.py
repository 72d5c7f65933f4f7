"""What an analyst has set about the media of a call, read back from the browsers in it."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.calls import agree, begin, expect_pictures, open_desk, read_script, take_call
from tests.browser.conftest import LiveSite, OpenPage, eventually, take_picture
from tests.browser.flows import Graph, link_into, publish_flow, unchecked

SIZES_S = 90.0
WATCHED = """(() => {
  window.peers = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); window.peers.push(this); }
  };
})()"""
"""So that a test can ask each connection of a page for its statistics."""
SENT = """async () => {
  const live = window.peers.filter((peer) => peer.connectionState === 'connected').at(-1);
  if (!live) return null;
  const stats = [...(await live.getStats()).values()];
  const video = stats.find((one) => one.type === 'outbound-rtp' && one.kind === 'video');
  const sender = live.getSenders().find((one) => one.track && one.track.kind === 'video');
  const sound = live.getSenders().find((one) => one.track && one.track.kind === 'audio');
  const codec = video && stats.find((one) => one.id === video.codecId);
  return video && sound && codec ? {
    height: Math.min(video.frameWidth || 9999, video.frameHeight || 9999),
    codec: codec.mimeType,
    most: sender.getParameters().encodings.map((one) => one.maxBitrate),
    sound: sound.track.getSettings(),
  } : null;
}"""


def modest(graph: Graph) -> None:
    """Small pictures in H.264, raw sound; from the pictures of the card on smaller still."""
    graph["settings"]["media"] = {
        "max_height": 360,
        "max_kbps": 500,
        "codec": "h264",
        "noise_suppression": False,
        "auto_gain": False,
    }
    for node in graph["nodes"]:
        if node["component"] == "id.capture":
            node["media"] = {"max_height": 240, "max_kbps": 300}


SIZES = """async () => {
  const live = window.peers.filter((peer) => peer.connectionState === 'connected').at(-1);
  const stats = live ? [...(await live.getStats()).values()] : [];
  const video = stats.filter((one) => one.type === 'outbound-rtp' && one.kind === 'video');
  return video.filter((one) => one.frameHeight > 0)
    .map((one) => [one.rid, Math.min(one.frameWidth || 0, one.frameHeight || 0)]).sort();
}"""


def in_sizes(graph: Graph) -> None:
    """Pictures of 480 lines, and of half and a quarter of that."""
    graph["settings"]["media"] = {"simulcast": True, "max_height": 480}


def sent_by(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate(SENT) or {}
    return told


def is_within(page: Page, lines: int, bps: int) -> bool:
    """Whether a picture is sent, no larger and no richer; a busy browser sends less by itself."""
    told = sent_by(page)
    return bool(told) and told["height"] <= lines and max(told["most"], default=bps + 1) <= bps


def test_browsers_send_what_the_flow_says_and_what_a_step_changes(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office, modest)
    customer = open_page(phone=True, fine=True)
    customer.add_init_script(WATCHED)
    begin(customer, link_into(office, flow))
    expect(customer.get_by_text("Sound filter")).to_be_visible()
    expect(customer.get_by_text("On for echo")).to_be_visible()
    take_picture(customer, "check-sound")
    customer.get_by_role("button", name="Continue").click()
    agree(customer)
    desk = open_page()
    desk.add_init_script(WATCHED)
    open_desk(desk, live_site, "agent2")
    take_call(desk)
    expect_pictures(customer, ".join-tile > video")

    eventually(lambda: is_within(customer, 360, 500_000), "a picture of 360 lines at most")
    told = sent_by(customer)

    assert told["codec"] == "video/H264"
    sound = told["sound"]
    switches = ("echoCancellation", "noiseSuppression", "autoGainControl")
    assert [sound[one] for one in switches] == [True, False, False]
    assert sent_by(desk)["codec"] == "video/H264"
    customer.get_by_role("button", name="Network").click()
    expect(customer.get_by_text("of 4.5")).to_be_visible()
    take_picture(customer, "meter")
    take_picture(desk, "desk-lines")
    read_script(desk)
    eventually(lambda: is_within(customer, 240, 300_000), "a picture of 240 lines at most")


def test_pictures_go_out_in_several_sizes_where_the_flow_says_so(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office, unchecked, in_sizes)
    customer = open_page(phone=True, fine=True)
    customer.add_init_script(WATCHED)
    begin(customer, link_into(office, flow))
    agree(customer)
    desk = open_desk(open_page(), live_site, "agent2")
    take_call(desk)

    def sizes() -> dict[str, int]:
        told: dict[str, int] = dict(customer.evaluate(SIZES))
        return told

    # the largest comes when the browser has found out that the way carries it, and has the time
    eventually(lambda: {"l", "m"} <= sizes().keys(), "more than one size", SIZES_S)
    expect_pictures(desk, ".call-customer video")
    told = sizes()

    assert (told["l"], told["m"]) == (120, 240)
    assert told.get("h", 480) == 480
