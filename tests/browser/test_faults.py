"""What a call survives: every process killed in the middle of it, people gone a while."""

from __future__ import annotations

import re
from dataclasses import dataclass

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import (
    become_available,
    fill_form,
    make_link,
    read_script,
    take_call,
    take_pictures,
    walk_to_queue,
)
from tests.browser.conftest import LiveSite, OpenPage, eventually, sign_in
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
def call(open_page: OpenPage, live_site: LiveSite) -> Call:
    """A recorded call in which both decode the other's pictures and sound."""
    desk = sign_in(keep_peers(open_page()), live_site, "agent")
    desk.goto(live_site.url)
    link = make_link(desk)
    desk.goto(f"{live_site.url}/desk/")
    become_available(desk)
    customer = keep_peers(open_page(phone=True))
    walk_to_queue(customer, link)
    take_call(desk)
    expect_media(customer, "the customer")
    expect_media(desk, "the agent")
    number = desk.get_by_text(re.compile(r"^RUN-")).first.inner_text()
    return Call(desk=desk, customer=customer, link=link, number=number)


def finish(call: Call) -> None:
    """Go on from the script to the end of the flow."""
    read_script(call.desk)
    take_pictures(call.desk)
    fill_form(call.desk, call.customer)
    expect(call.desk.get_by_text("Completed")).to_be_visible()


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


@pytest.mark.parametrize("name", ["web", "dispatcher", "worker"])
def test_a_killed_process_ends_no_call(
    name: str, call: Call, open_page: OpenPage, live_site: LiveSite
) -> None:
    live_site.kill(name)

    expect_media(call.customer, "the customer")
    expect_media(call.desk, "the agent")
    finish(call)
    auditor = sign_in(open_page(), live_site, "supervisor")
    assert_nothing_lost(auditor, call.number)


def test_customer_who_closes_the_tab_is_back_in_the_call_and_the_gap_is_marked(
    call: Call, open_page: OpenPage, live_site: LiveSite
) -> None:
    context = call.customer.context
    call.customer.close()
    expect(call.desk.get_by_text("Waiting for Customer")).to_be_visible()

    again = context.new_page()
    again.goto(call.link)

    expect(again.get_by_role("heading", name="Our colleague is greeting you")).to_be_visible()
    eventually(lambda: received_again(call.desk), "the agent decodes the customer again")
    finish(Call(desk=call.desk, customer=again, link=call.link, number=call.number))
    auditor = sign_in(open_page(), live_site, "supervisor")
    run = assert_nothing_lost(auditor, call.number)
    recordings = call_api(auditor, f"runs/{run}")["recordings"]
    gaps = [gap for one in recordings for file in one["files"] for gap in file["gaps"]]
    assert gaps
    assert all(gap["to_ms"] > gap["from_ms"] for gap in gaps)


def received_again(desk: Page) -> bool:
    """Whether pictures go on arriving within a poll."""
    before = received(desk)["frames"]
    desk.wait_for_timeout(300)
    return received(desk)["frames"] > before


def test_agent_who_reloads_is_back_in_the_call(call: Call) -> None:
    call.desk.reload()

    expect(call.desk.get_by_role("heading", name="Agent greeting")).to_be_visible()
    expect_media(call.desk, "the agent")
    expect_media(call.customer, "the customer")
    become_available(call.desk)
