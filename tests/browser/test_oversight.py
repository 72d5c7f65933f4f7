"""A supervisor in a call: unheard and unseen, then heard by the agent alone, then one of them."""

from __future__ import annotations

import re

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import hang_up, open_desk, take_call, walk_straight
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import link_into, publish_flow, unchecked
from tests.browser.witness import call_api, expect_streams, keep_peers, run_of


def others(page: Page) -> Locator:
    return page.get_by_role("list", name="Others in the call")


def test_supervisor_listens_unseen_whispers_to_the_agent_and_steps_in(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    desk = open_desk(keep_peers(open_page()), live_site)
    customer = keep_peers(open_page(phone=True))
    walk_straight(customer, link_into(office, publish_flow(office, unchecked)))
    take_call(desk)
    number = desk.get_by_text(re.compile(r"^RUN-")).first.inner_text()
    supervisor = sign_in(keep_peers(open_page()), live_site, "supervisor")
    run = run_of(supervisor, number)
    supervisor.goto(f"{live_site.url}/runs/{run}")

    supervisor.get_by_role("button", name="Listen in").click()

    expect_streams(supervisor, "the supervisor", videos=2, audios=2)
    expect(others(supervisor).get_by_role("listitem")).to_have_count(2)
    assert_accessible(supervisor)
    take_picture(supervisor, "oversee-listening")
    for page, who in ((desk, "the agent"), (customer, "the customer")):
        expect_streams(page, who, videos=1, audios=1)
        expect(others(page)).to_have_count(0)

    supervisor.get_by_role("button", name="Whisper to the agent").click()

    expect(others(desk)).to_contain_text("Only you hear this")
    expect_streams(desk, "the agent", videos=1, audios=2)
    take_picture(desk, "oversee-whispered-to")
    expect_streams(customer, "the customer", videos=1, audios=1)
    expect(others(customer)).to_have_count(0)

    supervisor.get_by_role("button", name="Step in").click()

    expect(others(customer)).to_contain_text("Supervisor")
    expect_streams(customer, "the customer", videos=2, audios=2)
    expect_streams(desk, "the agent", videos=2, audios=2)
    take_picture(customer, "oversee-stepped-in-customer")
    take_picture(desk, "oversee-stepped-in-desk")
    take_picture(supervisor, "oversee-stepped-in")

    supervisor.get_by_role("button", name="Leave", exact=True).click()

    expect(others(customer)).to_have_count(0)
    expect_streams(customer, "the customer", videos=1, audios=1)
    kinds = [one["kind"] for one in call_api(supervisor, f"runs/{run}/events")]
    assert kinds.count("ParticipantPlaced") >= 2
    hang_up(desk)
