"""A call of three: the customer, the agent and an expert whom the agent asked in by a link."""

from __future__ import annotations

from functools import partial

from playwright.sync_api import Page, expect

from tests.browser.calls import begin, open_desk, take_call, walk_straight
from tests.browser.conftest import LiveSite, OpenPage, eventually
from tests.browser.flows import link_into, publish_flow, unchecked
from tests.browser.witness import keep_peers

DECODED = """async () => {
  const open = window.peers.filter((one) => one.connectionState === 'connected');
  const reports = await Promise.all(open.map((one) => one.getStats()));
  return reports.flatMap((one) => [...one.values()])
    .filter((one) => one.type === 'inbound-rtp' && one.kind === 'video')
    .map((one) => one.framesDecoded || 0).filter((frames) => frames > 0);
}"""


def sees(page: Page, others: int) -> bool:
    """Whether so many pictures of others have been decoded here."""
    return len(page.evaluate(DECODED)) >= others


def test_expert_joins_by_a_link_and_everybody_sees_everybody(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    desk = open_desk(keep_peers(open_page()), live_site)
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

    desk.get_by_role("button", name="Send Dr Chen away").click()

    expect(desk.get_by_role("list", name="Others in the call")).to_have_count(0)
