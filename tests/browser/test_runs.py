"""The auditor's pages where there is nothing to show; a whole call is read in test_call_pages."""

from __future__ import annotations

from playwright.sync_api import expect

from tests.browser.conftest import LiveSite, OpenPage, sign_in


def test_search_without_a_match_offers_the_way_back(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    auditor = sign_in(open_page(), live_site, "supervisor", "/runs/")

    auditor.get_by_role("searchbox").fill("no such run")
    auditor.get_by_role("button", name="Clear the search").click()

    expect(auditor.get_by_role("searchbox")).to_have_value("")


def test_unknown_run_is_said_plainly(open_page: OpenPage, live_site: LiveSite) -> None:
    auditor = sign_in(open_page(dark=True), live_site, "supervisor")

    auditor.goto(f"{live_site.url}/runs/00000000-0000-4000-8000-000000000000")

    expect(auditor.locator("html")).to_have_attribute("data-theme", "dark")
    expect(auditor.get_by_text("There is no such run for you")).to_be_visible()
