"""A line that gets weak: the picture goes down rung by rung, and both sides are told."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import agree, begin, expect_pictures, open_desk, take_call
from tests.browser.conftest import LiveSite, OpenPage, eventually, take_picture
from tests.browser.flows import link_into, publish_flow, unchecked

DOWN_S = 60.0
WEAK = """(() => {
  window.lost = 0;
  window.peers = [];
  const Native = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Native {
    constructor(...given) { super(...given); window.peers.push(this); }
    async getStats(...given) {
      const told = new Map(await super.getStats(...given));
      if (window.lost > 0) {
        told.set('made up', { type: 'remote-inbound-rtp', fractionLost: window.lost });
      }
      return told;
    }
  };
})()"""
"""What the far end reports as lost is what the test says."""
ENCODED = """() => {
  const live = window.peers.filter((peer) => peer.connectionState === 'connected').at(-1);
  const sender = live?.getSenders().find((one) => one.track && one.track.kind === 'video');
  const [encoding] = sender ? sender.getParameters().encodings : [];
  return encoding ? { most: encoding.maxBitrate, fps: encoding.maxFramerate } : {};
}"""


def encoded(page: Page) -> dict[str, Any]:
    told: dict[str, Any] = page.evaluate(ENCODED)
    return told


def test_a_weak_line_keeps_the_sound_and_gives_up_the_picture_by_steps(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office, unchecked)
    customer = open_page(phone=True)
    customer.add_init_script(WEAK)
    begin(customer, link_into(office, flow))
    agree(customer)
    desk = open_desk(open_page(), live_site, "agent")
    take_call(desk)
    expect_pictures(customer, ".join-tile > video")
    eventually(lambda: encoded(customer).get("most") == 1_800_000, "the whole picture")

    customer.evaluate("() => { window.lost = 0.5; }")
    expect(customer.get_by_text("Your line is weak")).to_be_visible()
    expect(desk.get_by_text("has a weak line: their picture is kept to")).to_be_visible()
    eventually(lambda: encoded(customer).get("fps") == 1, "pictures every few seconds", DOWN_S)
    expect(customer.get_by_text("send a picture of you every few seconds")).to_be_visible()
    expect(desk.get_by_text("sound, and a picture every few seconds")).to_be_visible()
    take_picture(customer, "weak-stills")
    take_picture(desk, "weak-stills-desk")
    assert_accessible(customer)
    assert_accessible(desk)

    customer.evaluate("() => { window.lost = 0; }")
    eventually(lambda: encoded(customer).get("most") == 200_000, "pictures again", DOWN_S)
    eventually(lambda: (encoded(customer).get("fps") or 0) > 1, "moving ones", DOWN_S)
