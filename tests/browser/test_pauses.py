"""A call whose run stands still: people stay together, and both sides know what to expect."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import (
    begin,
    expect_pictures,
    hang_up,
    open_desk,
    pass_check,
    read_script,
    take_call,
    walk_straight,
)
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import (
    ask_api,
    faulty_after,
    link_into,
    publish_flow,
    unchecked,
    waiting_after,
)
from tests.browser.witness import run_of

REASON = {"reason": "The core system is being restarted"}


def test_call_goes_on_while_its_steps_stand_still(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office, unchecked, faulty_after("greeting"))
    supervisor = sign_in(open_page(), live_site, "supervisor")
    desk = open_desk(open_page(), live_site)
    customer = open_page(phone=True)
    walk_straight(customer, link_into(office, flow))
    take_call(desk)
    run = run_of(supervisor, desk.get_by_text(re.compile(r"^RUN-")).first.inner_text())

    read_script(desk)

    stopped = desk.get_by_role("heading", name="Stopped at “Check the limit”")
    expect(stopped).to_be_focused()
    expect(customer.get_by_role("heading", name="One moment, please")).to_be_visible()
    expect_pictures(customer, ".join-tile > video")
    show(desk, customer, "halted")
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
    show(desk, customer, "suspended")
    decide(supervisor, run, "resume")

    expect(take).to_be_visible()
    expect(customer.get_by_role("heading", name="Hold your ID card in the frame")).to_be_visible()
    hang_up(desk)


def test_customer_waits_calmly_until_another_system_has_spoken(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office, waiting_after("device", "branch.answered"))
    supervisor = sign_in(open_page(), live_site, "supervisor")
    customer = open_page(phone=True)
    begin(customer, link_into(office, flow))
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


def show(desk: Page, customer: Page, name: str) -> None:
    """Both sides hold to WCAG; their pictures are kept."""
    for page, side in ((desk, "desk"), (customer, "join")):
        assert_accessible(page)
        take_picture(page, f"{side}-{name}")
