"""The agent's desk with a real customer: ring, call, reload, drop, end."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.calls import expect_pictures, open_desk, take_call, walk_straight
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import link_into, publish_flow, unchecked


def test_ring_call_reload_drop_and_end_lead_to_the_next(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office, unchecked)
    desk = open_desk(open_page(), live_site)
    customer = open_page(phone=True)
    walk_straight(customer, link_into(office, flow))
    ring = desk.get_by_role("alertdialog")
    expect(ring).to_contain_text(flow.name)
    expect(ring.get_by_role("button", name="Accept")).to_be_focused()
    take_picture(desk, "desk-ring")
    desk.keyboard.press("Escape")
    expect(ring.get_by_role("button", name="Not my subject")).to_be_visible()
    ring.get_by_role("button", name="Back").click()
    take_call(desk)
    expect(desk.locator(".call-rec")).to_contain_text("REC")
    take_picture(desk, "desk-call")

    desk.reload()

    expect(desk.get_by_role("heading", name="Agent greeting")).to_be_visible()
    expect_pictures(desk, ".call-customer video")
    customer.close()
    expect(desk.get_by_text("Waiting for Customer")).to_be_visible()
    desk.get_by_role("button", name="End", exact=True).click()
    desk.get_by_role("button", name="End the call").click()
    expect(desk.get_by_role("heading", name="The call is over")).to_be_visible()
    take_picture(desk, "desk-wrap")
    desk.get_by_role("button", name="Ready for the next").click()
    expect(desk.get_by_role("button", name="Your status: Available")).to_be_visible()


def test_second_tab_is_the_desk_and_the_first_can_take_it_back(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    first = sign_in(open_page(), live_site, "supervisor", "/desk/")
    expect(first.get_by_role("button", name="Go available")).to_be_visible()
    second = first.context.new_page()
    second.goto(f"{live_site.url}/desk/")
    expect(second.get_by_role("heading", name="Desk")).to_be_visible()

    first.get_by_role("button", name="Use this tab").click()

    expect(first.get_by_role("heading", name="Desk")).to_be_visible()
    expect(second.get_by_text("Your desk is open in another tab")).to_be_visible()


def test_desk_speaks_chinese_in_the_dark(open_page: OpenPage, live_site: LiveSite) -> None:
    desk = sign_in(open_page(dark=True), live_site, "agent2", "/desk/")
    expect(desk.locator("html")).to_have_attribute("data-theme", "dark")

    desk.get_by_role("button", name="中文").click()

    expect(desk.get_by_role("heading", name="坐席台")).to_be_visible()
    take_picture(desk, "desk-idle-zh-dark")
    desk.get_by_role("button", name="English").click()
    expect(desk.get_by_role("heading", name="Desk")).to_be_visible()
