"""A call between two makes of browser: the customer has stock Firefox, the agent Chromium."""

from __future__ import annotations

import re
from functools import partial

from playwright.sync_api import Page, expect

from tests.browser.calls import hang_up, open_desk, take_call
from tests.browser.conftest import LiveSite, OpenPage, eventually, sign_in
from tests.browser.firefox import Tab, firefox
from tests.browser.flows import link_into, publish_flow, unchecked
from tests.browser.witness import (
    KEEP_PEERS,
    call_api,
    expect_media,
    keep_peers,
    read_files,
    run_of,
)

TWO_CAMERAS = """
  const devices = navigator.mediaDevices;
  if (!devices) return;  // about:blank
  const list = devices.enumerateDevices.bind(devices), open = devices.getUserMedia.bind(devices);
  const second = { deviceId: 'second', groupId: '', kind: 'videoinput', label: 'Second camera' };
  const isSecond = (asked) => asked.video?.deviceId?.exact === second.deviceId;
  devices.enumerateDevices = async () => [...await list(), second];
  devices.getUserMedia = (asked) => open(isSecond(asked) ? { ...asked, video: true } : asked);
"""
"""Firefox makes up one camera; another is switched to by name."""
CAMERA = """() => window.peers.at(-1).getSenders()
  .find((one) => one.track?.kind === 'video').track.id"""
WAY = "() => /a=ice-ufrag:(\\S+)/.exec(window.peers.at(-1).localDescription.sdp)[1]"
NETWORK_IS_BACK = "() => { window.dispatchEvent(new Event('online')); }"


def press(tab: Tab, name: str) -> None:
    eventually(partial(tab.press, name), f"Firefox presses {name}")


def enter(customer: Tab, link: str) -> None:
    customer.goto(link)
    press(customer, "Start video counter")
    press(customer, "I agree")


def expect_both(customer: Tab, desk: Page) -> None:
    expect_media(customer, "Firefox")
    expect_media(desk, "the agent")


def test_firefox_and_chromium_see_hear_and_find_each_other_again(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    link = link_into(office, publish_flow(office, unchecked))
    desk = open_desk(keep_peers(open_page()), live_site)
    with firefox() as customer:
        customer.prepare(KEEP_PEERS)
        customer.prepare(TWO_CAMERAS)
        enter(customer, link)
        take_call(desk)
        expect_both(customer, desk)
        number = desk.get_by_text(re.compile(r"^RUN-")).first.inner_text()

        mute_and_speak_again(customer, desk)
        switch_camera(customer, desk)
        restart(customer, desk)
        leave_and_come_back(customer, desk, link)

        hang_up(desk)

    auditor = sign_in(open_page(), live_site, "supervisor")
    files = {entry["role"]: file for entry, file in read_files(auditor, run_of(auditor, number))}
    assert {"customer", "agent"} <= set(files)
    assert all(file.pictures > 20 and file.audio_s > 1 for file in files.values())
    assert call_api(auditor, f"runs/{run_of(auditor, number)}/verify")["ok"]


def mute_and_speak_again(customer: Tab, desk: Page) -> None:
    told = desk.locator(".call-customer").get_by_role("img", name="Muted")
    press(customer, "Mute")
    expect(told).to_be_visible()
    press(customer, "Unmute")
    expect(told).to_have_count(0)
    expect_both(customer, desk)


def switch_camera(customer: Tab, desk: Page) -> None:
    former = customer.evaluate(CAMERA)
    press(customer, "Switch")
    eventually(lambda: customer.evaluate(CAMERA) != former, "another camera is sent")
    expect_both(customer, desk)


def restart(customer: Tab, desk: Page) -> None:
    """What the page does when its network is back: new ways on the same connection."""
    former, peers = customer.evaluate(WAY), customer.evaluate("() => window.peers.length")
    customer.evaluate(NETWORK_IS_BACK)
    eventually(lambda: customer.evaluate(WAY) != former, "an ICE restart")
    expect_both(customer, desk)
    assert customer.evaluate("() => window.peers.length") == peers


def leave_and_come_back(customer: Tab, desk: Page, link: str) -> None:
    customer.goto("about:blank")
    expect(desk.get_by_text("Waiting for Customer")).to_be_visible()
    customer.goto(link)
    expect_both(customer, desk)
