"""The auditor's pages: a whole call, then its replay, its evidence and its chain."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.calls import (
    expect_pictures,
    fill_form,
    open_desk,
    read_script,
    take_call,
    take_pictures,
    walk_to_queue,
)
from tests.browser.conftest import LiveSite, OpenPage, eventually, sign_in, take_picture

MOST_APART_S = 0.35
"""Two pictures further apart than this are not in step."""


def apart_s(page: Page) -> float:
    """How far the pictures are apart, read at one moment."""
    at: list[float] = page.evaluate(
        "[...document.querySelectorAll('.replay-tile video')].map((one) => one.currentTime)"
    )
    return max(at) - min(at)


def test_finished_call_replays_in_step_and_verifies(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    desk, link = open_desk(open_page, live_site)
    customer = open_page(phone=True)
    walk_to_queue(customer, link)
    take_call(desk)
    read_script(desk)
    take_pictures(desk)
    fill_form(desk, customer)
    expect(desk.get_by_text("Completed")).to_be_visible()
    number = desk.locator(".desk-wrap-facts .mono").inner_text()

    auditor = sign_in(open_page(), live_site, "supervisor")
    auditor.goto(f"{live_site.url}/runs/")
    auditor.get_by_role("searchbox").fill(number)
    auditor.get_by_role("link", name=number).click()

    expect(auditor.get_by_text("Event chain is unbroken")).to_be_visible()
    expect(auditor.get_by_text("Verified:")).to_be_visible()
    expect(auditor.get_by_role("button", name="Show ID card · Front large")).to_be_visible()
    auditor.get_by_role("button", name="Play", exact=True).click()
    expect_pictures(auditor, ".replay-tile video", from_s=2)
    eventually(lambda: apart_s(auditor) < MOST_APART_S, "the recordings play in step")
    take_picture(auditor, "runs-replay")
    auditor.get_by_role("tab", name="Answers").click()
    expect(auditor.get_by_text("•••• 5678").first).to_be_visible()
    expect(auditor.get_by_text("Hanna Vogel")).to_have_count(0)


def test_search_without_a_match_offers_the_way_back(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    auditor = sign_in(open_page(), live_site, "supervisor")
    auditor.goto(f"{live_site.url}/runs/")

    auditor.get_by_role("searchbox").fill("no such run")
    auditor.get_by_role("button", name="Clear the search").click()

    expect(auditor.get_by_role("searchbox")).to_have_value("")


def test_unknown_run_is_said_plainly(open_page: OpenPage, live_site: LiveSite) -> None:
    auditor = sign_in(open_page(dark=True), live_site, "supervisor")

    auditor.goto(f"{live_site.url}/runs/00000000-0000-4000-8000-000000000000")

    expect(auditor.get_by_text("There is no such run for you")).to_be_visible()
