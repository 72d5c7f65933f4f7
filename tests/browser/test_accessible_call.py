"""Every page of a call holds to WCAG as far as a machine can tell: join, desk, queue, replay."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import (
    agree,
    become_available,
    expect_pictures,
    read_script,
    take_call,
    take_pictures,
)
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import link_into, publish_flow, ringing_long


def looked_at(page: Page, name: str) -> None:
    assert_accessible(page)
    take_picture(page, f"look-{name}")


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_pages_of_a_call_are_accessible(
    open_page: OpenPage, live_site: LiveSite, dark: bool
) -> None:
    flow = publish_flow(sign_in(open_page(), live_site, "analyst"), ringing_long)
    auditor = sign_in(open_page(dark=dark), live_site, "supervisor")
    desk = sign_in(open_page(dark=dark), live_site, "agent")
    desk.goto(f"{live_site.url}/desk/")
    customer = open_page(phone=True, dark=dark)
    look = "dark" if dark else "light"

    walk_in(customer, link_into(auditor, flow), look)
    become_available(desk)
    ring = desk.get_by_role("alertdialog")
    expect(ring).to_contain_text(flow.name)
    looked_at(desk, f"ring-{look}")
    take_call(desk)
    expect_pictures(customer, ".join-tile > video")
    looked_at(desk, f"script-{look}")
    looked_at(customer, f"talking-{look}")
    read_script(desk)
    expect(customer.get_by_role("heading", name="Hold your ID card in the frame")).to_be_visible()
    looked_at(customer, f"capture-{look}")
    take_pictures(desk)
    fill_in(desk, customer, look)
    expect(desk.get_by_text("Completed")).to_be_visible()
    looked_at(desk, f"wrap-{look}")
    expect(customer.get_by_text("Receipt no.")).to_be_visible()
    looked_at(customer, f"receipt-{look}")

    replay(auditor, live_site, desk.locator(".desk-wrap-facts .mono").inner_text(), look)
    become_available(desk)


def walk_in(customer: Page, link: str, look: str) -> None:
    """From the link to the waiting room, looking at each page."""
    customer.goto(link)
    start = customer.get_by_role("button", name="Start video counter")
    expect(start).to_be_visible()
    looked_at(customer, f"landing-{look}")
    start.click()
    expect_pictures(customer, "video")
    looked_at(customer, f"check-{look}")
    customer.get_by_role("button", name="Play").click()
    customer.get_by_role("button", name="Yes").click()
    customer.get_by_role("button", name="Continue").click()
    expect(customer.get_by_role("heading", name="May we record this conversation?")).to_be_visible()
    looked_at(customer, f"consent-{look}")
    agree(customer)
    expect(customer.get_by_role("button", name="Leave the line")).to_be_visible()
    looked_at(customer, f"waiting-{look}")


def fill_in(desk: Page, customer: Page, look: str) -> None:
    """The agent's form with a mistake in it, then as it should be."""
    form = desk.locator(".call-step")
    form.get_by_label("Full name").fill("Hanna Vogel")
    form.get_by_label("Mobile number").fill("12")
    form.get_by_label("What shall we do?").select_option(label="Change the mobile number")
    expect(customer.get_by_label("Full name")).to_have_value("Hanna Vogel")
    looked_at(desk, f"form-desk-{look}")
    looked_at(customer, f"form-{look}")
    form.get_by_label("Mobile number").fill("+4915112345678")
    customer.get_by_label("I have checked these details").check()
    desk.get_by_role("button", name="Confirm and continue").click()


def replay(auditor: Page, site: LiveSite, number: str, look: str) -> None:
    auditor.goto(f"{site.url}/runs/")
    auditor.get_by_role("searchbox").fill(number)
    auditor.get_by_role("link", name=number).click()
    expect(auditor.get_by_text("Verified:")).to_be_visible()
    looked_at(auditor, f"replay-{look}")
    auditor.get_by_role("tab", name="Events").click()
    looked_at(auditor, f"replay-events-{look}")
    auditor.get_by_role("tab", name="Answers").click()
    looked_at(auditor, f"replay-answers-{look}")
    auditor.get_by_role("button", name="中文").click()
    expect(auditor.get_by_role("tab", name="填写内容")).to_be_visible()
    looked_at(auditor, f"replay-zh-{look}")
    auditor.get_by_role("button", name="English").click()
    expect(auditor.get_by_role("tab", name="Answers")).to_be_visible()
