"""A call whose run stands still: people stay together, and both sides know what to expect."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import (
    become_available,
    expect_pictures,
    hang_up,
    pass_check,
    read_script,
    take_call,
    walk_to_queue,
)
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import (
    ask_api,
    faulty_after,
    link_into,
    publish_flow,
    waiting_after,
)
from tests.browser.witness import run_of

REASON = {"reason": "The core system is being restarted"}


@pytest.mark.parametrize("look", ["light", "dark-zh"])
def test_call_goes_on_while_its_steps_stand_still(
    open_page: OpenPage, live_site: LiveSite, look: str
) -> None:
    dark, locale = look != "light", "zh-CN" if look == "dark-zh" else "en-GB"
    flow = publish_flow(sign_in(open_page(), live_site, "analyst"), faulty_after("greeting"))
    supervisor = sign_in(open_page(), live_site, "supervisor")
    desk = sign_in(open_page(dark=dark), live_site, "agent")
    desk.goto(f"{live_site.url}/desk/")
    become_available(desk)
    customer = open_page(phone=True, dark=dark)
    walk_to_queue(customer, link_into(supervisor, flow))
    take_call(desk)
    run = run_of(supervisor, desk.get_by_text(re.compile(r"^RUN-")).first.inner_text())

    read_script(desk)

    stopped = desk.get_by_role("heading", name="Stopped at “Check the limit”")
    expect(stopped).to_be_focused()
    expect(customer.get_by_role("heading", name="One moment, please")).to_be_visible()
    expect_pictures(customer, ".join-tile > video")
    show(desk, customer, f"halted-{look}", locale)
    desk.get_by_role("button", name="Try again").click()
    expect(desk.get_by_text("It was tried again, and stopped at the same place.")).to_be_visible()
    expect(stopped).to_be_visible()
    wish = {"decision": "skip", "outcome": "within", **REASON}
    decide(supervisor, run, "incident", **wish)
    take = desk.get_by_role("button", name="Take: Front")
    expect(take).to_be_visible()

    decide(supervisor, run, "suspend", **REASON)
    expect(desk.get_by_role("heading", name="This run stands still")).to_be_focused()
    expect(customer.get_by_role("heading", name="We are taking a short break")).to_be_visible()
    show(desk, customer, f"suspended-{look}", locale)
    decide(supervisor, run, "resume")

    expect(take).to_be_visible()
    expect(customer.get_by_role("heading", name="Hold your ID card in the frame")).to_be_visible()
    hang_up(desk)


def test_customer_waits_calmly_until_another_system_has_spoken(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    analyst = sign_in(open_page(), live_site, "analyst")
    flow = publish_flow(analyst, waiting_after("device", "branch.answered"))
    supervisor = sign_in(open_page(), live_site, "supervisor")
    customer = open_page(phone=True)
    customer.goto(link_into(supervisor, flow))
    pass_check(customer)

    expect(customer.get_by_role("heading", name="We are asking the branch.")).to_be_visible()
    expect(customer.get_by_role("progressbar")).to_be_visible()
    assert_accessible(customer)
    take_picture(customer, "join-wait")
    rows = ask_api(supervisor, "GET", f"runs?q={flow.name.split()[1]}")["results"]
    decide(supervisor, rows[0]["id"], "events", name="branch.answered")

    expect(customer.get_by_role("heading", name="May we record this conversation?")).to_be_visible()


def decide(staff: Page, run: str, what: str, **wish: str) -> None:
    body = {"id": str(uuid4()), **wish}
    ask_api(staff, "POST", f"runs/{run}/{what}", body)


def show(desk: Page, customer: Page, name: str, locale: str) -> None:
    """Both sides hold to WCAG; their pictures are kept, in Chinese where that is asked for."""
    assert_accessible(desk)
    assert_accessible(customer)
    if locale == "zh-CN":
        desk.get_by_role("button", name="中文").click()
        expect(desk.locator("html")).to_have_attribute("lang", "zh-Hans")
    take_picture(desk, f"desk-{name}")
    take_picture(customer, f"join-{name}")
    if locale == "zh-CN":
        desk.get_by_role("button", name="English").click()
        expect(desk.locator("html")).to_have_attribute("lang", "en")
