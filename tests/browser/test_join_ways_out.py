"""The customer's other ways: no to the consent, out of the line, a line that fails for a while."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.browser.calls import agree, begin, make_link, pass_check
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture


def walk_to_consent(open_page: OpenPage, site: LiveSite) -> Page:
    """A customer before the question whether we may record; nobody is at a desk."""
    staff = sign_in(open_page(), site, "supervisor")
    customer = open_page(phone=True)
    begin(customer, make_link(staff))
    pass_check(customer)
    expect(customer.get_by_role("button", name=re.compile("I agree"))).to_be_visible()
    return customer


def test_who_refuses_the_recording_is_shown_another_way(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    customer = walk_to_consent(open_page, live_site)

    customer.get_by_role("button", name=re.compile("I refuse")).click()

    expect(customer.get_by_text("nothing was recorded")).to_be_visible()
    expect(customer.get_by_text("Please visit a branch")).to_be_visible()
    expect(customer.locator("video")).to_have_count(0)
    take_picture(customer, "join-refused")


def test_a_failing_line_resumes_the_step_and_the_customer_may_leave_the_queue(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    customer = walk_to_consent(open_page, live_site)
    customer.context.set_offline(True)
    expect(customer.get_by_role("heading", name="Reconnecting")).to_be_visible()
    customer.context.set_offline(False)

    agree(customer)

    leave = customer.get_by_role("button", name="Leave the line")
    expect(leave).to_be_visible()
    leave.click()
    customer.get_by_role("button", name="Stay").click()
    leave.click()
    customer.get_by_role("button", name="Yes, leave").click()
    expect(customer.get_by_text("You have left the queue.")).to_be_visible()
    take_picture(customer, "join-left-queue")
