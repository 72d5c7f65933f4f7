"""What a call survives: every process killed in the middle of it, people gone a while."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import (
    expect_pictures,
    fill_form,
    open_desk,
    read_script,
    take_call,
    take_pictures,
    walk_straight,
)
from tests.browser.conftest import LiveSite, OpenPage, eventually, sign_in
from tests.browser.flows import link_into, publish_flow, unchecked
from tests.browser.witness import (
    call_api,
    expect_media,
    keep_peers,
    read_files,
    received,
    run_of,
)


@dataclass(frozen=True, kw_only=True)
class Call:
    desk: Page
    customer: Page
    link: str
    number: str


@pytest.fixture
def call(open_page: OpenPage, live_site: LiveSite, office: Page) -> Call:
    """A recorded call in which both decode the other's pictures and sound."""
    link = link_into(office, publish_flow(office, unchecked))
    desk = open_desk(keep_peers(open_page()), live_site)
    customer = keep_peers(open_page(phone=True))
    walk_straight(customer, link)
    take_call(desk)
    expect_media(customer, "the customer")
    expect_media(desk, "the agent")
    number = desk.get_by_text(re.compile(r"^RUN-")).first.inner_text()
    return Call(desk=desk, customer=customer, link=link, number=number)


def assert_nothing_lost(auditor: Page, number: str) -> str:
    """The log has no gap, the chain and every file verify; the run's id."""
    run = run_of(auditor, number)
    sequence = [one["seq"] for one in call_api(auditor, f"runs/{run}/events")]
    assert sequence == list(range(1, len(sequence) + 1))
    files = read_files(auditor, run)
    assert {entry["role"] for entry, _ in files} == {"customer", "agent"}
    assert all(file.pictures for _, file in files)
    verified = call_api(auditor, f"runs/{run}/verify")
    assert verified["ok"], verified
    return run


def test_killed_processes_end_no_call(call: Call, open_page: OpenPage, live_site: LiveSite) -> None:
    for name in ("web", "dispatcher", "worker"):
        live_site.kill(name)
        expect_media(call.customer, f"the customer, after {name} was killed,")
        expect_media(call.desk, f"the agent, after {name} was killed,")

    read_script(call.desk)
    take_pictures(call.desk)
    fill_form(call.desk, call.customer)

    expect(call.desk.get_by_text("Completed")).to_be_visible()
    auditor = sign_in(open_page(), live_site, "supervisor")
    assert_nothing_lost(auditor, call.number)


def test_who_leaves_and_comes_back_is_in_the_same_step_and_the_gap_is_marked(
    call: Call, open_page: OpenPage, live_site: LiveSite
) -> None:
    call.desk.reload()
    expect(call.desk.get_by_role("heading", name="Agent greeting")).to_be_visible()
    expect_media(call.desk, "the agent")
    expect_media(call.customer, "the customer")
    read_script(call.desk)
    step = "Hold your ID card in the frame"
    expect(call.customer.get_by_role("heading", name=step)).to_be_visible()
    again = call.customer.context.new_page()
    call.customer.close()
    expect(call.desk.get_by_text("Waiting for Customer")).to_be_visible()

    again.goto(call.link)

    expect(again.get_by_role("heading", name=step)).to_be_visible()
    expect_pictures(again, ".join-tile > video")
    eventually(lambda: received_again(call.desk), "the agent decodes the customer again")
    take_pictures(call.desk)
    fill_as_customer(again, call.desk)
    expect(again.get_by_text("Receipt no.")).to_be_visible()
    expect(again.locator("video")).to_have_count(0)
    auditor = sign_in(open_page(), live_site, "supervisor")
    run = assert_nothing_lost(auditor, call.number)
    recordings = call_api(auditor, f"runs/{run}")["recordings"]
    gaps = [gap for one in recordings for file in one["files"] for gap in file["gaps"]]
    assert gaps
    assert all(gap["to_ms"] > gap["from_ms"] for gap in gaps)


def fill_as_customer(customer: Page, desk: Page) -> None:
    """The customer types, the agent sees it, the customer sends."""
    expect(customer.get_by_role("heading", name="Your request")).to_be_visible()
    customer.get_by_label("Full name").fill("Hanna Vogel")
    customer.get_by_label("Mobile number").fill("+4915112345678")
    customer.get_by_label("What shall we do?").select_option(label="Change the mobile number")
    customer.get_by_label("I have checked these details").check()
    expect(desk.get_by_role("textbox", name="Full name")).to_have_value("Hanna Vogel")
    confirm = customer.get_by_role("button", name="Confirm")
    expect(confirm).not_to_have_attribute("aria-disabled", "true")
    confirm.click()


def received_again(desk: Page) -> bool:
    """Whether pictures go on arriving within a poll."""
    before = received(desk)["frames"]
    desk.wait_for_timeout(300)
    return received(desk)["frames"] > before
