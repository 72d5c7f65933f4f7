"""What a supervisor decides about runs on the screen, and what the customer sees meanwhile."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import agree, begin
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import (
    Change,
    Flow,
    faulty_after,
    link_into,
    publish_flow,
    publish_version,
    renamed,
    unchecked,
)

AGREE = re.compile("I agree")


@dataclass(frozen=True, kw_only=True)
class People:
    office: Page
    supervisor: Page
    customer: Page


@pytest.fixture
def people(open_page: OpenPage, live_site: LiveSite, office: Page) -> People:
    return People(
        office=office,
        supervisor=sign_in(open_page(), live_site, "supervisor", "/runs/"),
        customer=open_page(phone=True),
    )


def walk_to_consent(people: People, *changes: Change) -> Flow:
    """The customer is asked whether we may record, in a flow of its own with `changes`."""
    flow = publish_flow(people.office, unchecked, *changes)
    begin(people.customer, link_into(people.office, flow))
    expect(people.customer.get_by_role("button", name=AGREE)).to_be_visible()
    return flow


def walk_to_the_fault(people: People) -> Flow:
    flow = walk_to_consent(people, faulty_after("consent"))
    agree(people.customer)
    expect(people.customer.get_by_role("heading", name="One moment, please")).to_be_visible()
    return flow


def open_run(people: People, flow: Flow, status: str | None = None) -> Page:
    """The run of `flow` on the supervisor's screen, found in the list as people find it."""
    page = people.supervisor
    page.get_by_role("searchbox").fill(flow.name)
    if status is not None:
        page.get_by_role("combobox", name="Status").select_option(label=status)
    page.get_by_role("row", name=flow.name).get_by_role("link").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text(flow.name)
    return page


def banner(page: Page, name: str) -> Locator:
    return page.get_by_role("region", name=name)


def choose(page: Page, entry: str) -> Locator:
    """The dialog behind an entry of the run's menu."""
    page.get_by_role("button", name="Decide about this run").click()
    page.get_by_role("menuitem", name=entry).click()
    return page.get_by_role("dialog")


def test_halted_run_is_tried_again_and_skipped_with_a_reason(people: People) -> None:
    flow = walk_to_the_fault(people)
    page = open_run(people, flow, status="Needs help")
    halted = banner(page, "Stopped at “Check the limit”")
    expect(halted).to_contain_text("A condition or a formula of this step could not be worked out")
    assert_accessible(page)
    take_picture(page, "runs-halted")

    halted.get_by_role("button", name="Try again").click()
    page.get_by_role("tab", name=re.compile("Events")).click()
    expect(page.get_by_text("The step is tried again")).to_be_visible()
    halted.get_by_role("button", name="Skip").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("button", name="Skip the step").click()
    expect(dialog.get_by_text("Choose how it goes on.")).to_be_visible()
    expect(dialog.get_by_text("Say why, for the record.")).to_be_visible()
    assert_accessible(page)
    dialog.get_by_role("radio", name=re.compile("within the limit")).check()
    dialog.get_by_role("textbox", name="Reason").fill("Seen by the supervisor")
    take_picture(page, "runs-skip")
    dialog.get_by_role("button", name="Skip the step").click()

    expect(halted).to_have_count(0)
    expect(page.get_by_text("The step was skipped: Seen by the supervisor")).to_be_visible()
    expect(people.customer.get_by_role("button", name="Leave the line")).to_be_visible()


def test_halted_run_is_ended_and_the_customer_reads_the_last_page(people: People) -> None:
    flow = walk_to_the_fault(people)
    page = open_run(people, flow)

    banner(page, "Stopped at “Check the limit”").get_by_role("button", name="End").click()
    dialog = page.get_by_role("dialog")
    dialog.get_by_role("textbox", name="Reason").fill("Cannot be helped today")
    dialog.get_by_role("button", name="End the run").click()

    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Decide about this run")).to_have_count(0)
    last = people.customer.get_by_role("heading", name="A technical problem ended this call.")
    expect(last).to_be_visible()


def test_run_is_suspended_goes_on_where_it_stood_and_is_cancelled(people: People) -> None:
    flow = walk_to_consent(people)
    question = people.customer.get_by_role("button", name=AGREE)
    page = open_run(people, flow)

    dialog = choose(page, "Suspend")
    dialog.get_by_role("textbox", name="Reason").fill("The core system is being restarted")
    assert_accessible(page)
    dialog.get_by_role("button", name="Suspend").click()
    still = banner(page, "This run stands still")
    expect(still).to_contain_text("The core system is being restarted")
    expect(
        people.customer.get_by_role("heading", name="We are taking a short break")
    ).to_be_visible()
    assert_accessible(page)
    assert_accessible(people.customer)
    take_picture(page, "runs-suspended")
    take_picture(people.customer, "join-suspended")

    still.get_by_role("button", name="Let it go on").click()
    expect(still).to_have_count(0)
    expect(question).to_be_visible()
    dialog = choose(page, "Cancel the run")
    dialog.get_by_role("textbox", name="Reason").fill("Asked for by the customer")
    dialog.get_by_role("button", name="Cancel the run").click()
    expect(page.get_by_text("Stopped", exact=True)).to_be_visible()
    expect(question).to_have_count(0)


def test_live_run_is_moved_to_a_newer_version_with_its_renamed_step(people: People) -> None:
    flow = walk_to_consent(people)
    asks_first = renamed("consent", "ask_first", "Ask first")
    publish_version(people.office, flow, "Asks first", asks_first)
    page = open_run(people, flow)
    expect(page.get_by_text("version 1")).to_be_visible()

    dialog = choose(page, "Move to another version")
    expect(dialog.get_by_role("radio", name=re.compile("Version 2"))).to_be_checked()
    place = dialog.get_by_role("combobox", name="Recording consent")
    expect(place).to_have_value("ask_first")
    assert_accessible(page)
    take_picture(page, "runs-move")
    place.select_option("")
    dialog.get_by_role("button", name="Move the run").click()
    expect(dialog.get_by_text("Why the run cannot go on there as it is")).to_be_visible()
    place.select_option("ask_first")
    dialog.get_by_role("button", name="Move the run").click()

    expect(dialog).to_have_count(0)
    expect(page.get_by_text("version 2")).to_be_visible()
    agree(people.customer)
    expect(people.customer.get_by_role("button", name="Leave the line")).to_be_visible()
    people.customer.get_by_role("button", name="Leave the line").click()
    people.customer.get_by_role("button", name="Yes, leave").click()
    expect(people.customer.get_by_text("You have left the queue.")).to_be_visible()
