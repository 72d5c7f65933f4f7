"""A call of three: the customer, the agent and an expert whom the agent asked in by a link.

What one of them switches off, on or shows beside their picture, the others are told.
"""

from __future__ import annotations

from functools import partial

from playwright.sync_api import Page, expect

from tests.browser.calls import begin, open_desk, take_call, walk_straight
from tests.browser.conftest import LiveSite, OpenPage, eventually, take_picture
from tests.browser.flows import link_into, publish_flow, unchecked
from tests.browser.witness import keep_peers

DECODED = """async () => {
  const open = window.peers.filter((one) => one.connectionState === 'connected');
  const reports = await Promise.all(open.map((one) => one.getStats()));
  return reports.flatMap((one) => [...one.values()])
    .filter((one) => one.type === 'inbound-rtp' && one.kind === 'video')
    .map((one) => one.framesDecoded || 0).filter((frames) => frames > 0);
}"""

SCREEN = """(() => {
  if (!window.MediaDevices) return;  // about:blank
  MediaDevices.prototype.getDisplayMedia = async () => {
    const canvas = Object.assign(document.createElement('canvas'), { width: 320, height: 180 });
    const drawing = canvas.getContext('2d');
    let shade = 0;
    setInterval(() => {
      drawing.fillStyle = `hsl(${shade++ % 360} 60% 50%)`;
      drawing.fillRect(0, 0, 320, 180);
    }, 200);
    return canvas.captureStream(5);
  };
})()"""
"""Without a screen the browser has nothing to choose from: what is drawn here is shown."""


def sees(page: Page, others: int) -> bool:
    """Whether so many pictures of others have been decoded here."""
    return len(page.evaluate(DECODED)) >= others


def test_expert_joins_by_a_link_and_everybody_sees_everybody(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    desk = keep_peers(open_page())
    desk.add_init_script(SCREEN)
    desk = open_desk(desk, live_site)
    customer = keep_peers(open_page(phone=True))
    walk_straight(customer, link_into(office, publish_flow(office, unchecked)))
    take_call(desk)

    desk.get_by_role("button", name="Invite").click()
    dialog = desk.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Name").fill("Dr Chen")
    dialog.get_by_role("button", name="Make a link").click()
    way_in = dialog.get_by_role("textbox", name="Link for one device").input_value()
    desk.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expert = keep_peers(open_page(phone=True))
    begin(expert, way_in)

    for page, who in ((desk, "agent"), (customer, "customer"), (expert, "expert")):
        eventually(partial(sees, page, 2), f"the {who} sees both others")
    expect(customer.get_by_role("list", name="Others in the call")).to_contain_text("Dr Chen")

    mute_and_unmute(customer, desk)
    switch_camera_off_and_on(customer, desk)
    mute_and_unmute(desk, customer)
    show_screen(desk, customer)

    desk.get_by_role("button", name="Send Dr Chen away").click()

    expect(desk.get_by_role("list", name="Others in the call")).to_have_count(0)


def mute_and_unmute(one: Page, other: Page) -> None:
    """The sign stands on the large picture of `one` at the other's."""
    told = other.locator(".call-customer, .join-tile").get_by_role("img", name="Muted")
    one.get_by_role("button", name="Mute", exact=True).click()
    expect(told).to_be_visible()
    take_picture(other, f"told-muted-{'desk' if '/desk/' in other.url else 'phone'}")
    one.get_by_role("button", name="Unmute").click()
    expect(told).to_have_count(0)


def switch_camera_off_and_on(customer: Page, desk: Page) -> None:
    told = desk.get_by_text("The customer has switched it off.")
    customer.get_by_role("button", name="Camera", exact=True).click()
    expect(told).to_be_visible()
    take_picture(desk, "told-camera-off")
    customer.get_by_role("button", name="Camera off").click()
    expect(told).to_have_count(0)
    eventually(partial(sees, desk, 2), "the agent sees the customer again")


def show_screen(desk: Page, customer: Page) -> None:
    screen = customer.get_by_role("list", name="Others in the call").get_by_text(": screen")
    desk.get_by_role("button", name="Share screen").click()
    expect(screen).to_be_visible()
    eventually(partial(sees, customer, 3), "the customer sees the agent, the screen and the expert")
    take_picture(customer, "told-screen")
    desk.get_by_role("button", name="Stop sharing").click()
    expect(screen).to_have_count(0)
