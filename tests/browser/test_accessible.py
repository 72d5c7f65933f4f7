"""Pages hold to WCAG as far as a machine can tell: both themes, and type twice as large."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import LiveSite, OpenPage, sign_in
from tests.browser.drawing import begin_flow
from tests.browser.fits import TWICE, assert_fits

INSPECTOR, STRIP, DIALOG = "[data-testid=inspector]", ".strip", "[role=dialog]"


def test_designer_is_accessible(open_page: OpenPage, live_site: LiveSite) -> None:
    page = sign_in(open_page(), live_site, "analyst")
    begin_flow(page, live_site, template="account-service-call")
    expect(page.locator(".strip-calm svg")).to_be_visible()
    assert_accessible(page)
    page.locator(".card", has_text="ID card").first.click()
    expect(page.get_by_test_id("inspector")).to_contain_text("id.capture")
    assert_accessible(page, INSPECTOR)
    for tab in ("Outline", "Interruptions", "Variables"):
        page.get_by_role("tab", name=tab).click()
        assert_accessible(page, STRIP)
    page.get_by_role("tab", name="Outcomes").click()
    assert_accessible(page, INSPECTOR)

    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page, DIALOG)
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_role("textbox", name="Join link")).to_be_visible()
    assert_accessible(page, DIALOG)


@pytest.mark.parametrize(
    ("path", "person"),
    [("/", "analyst"), ("/runs/", "supervisor"), ("/desk/", "agent2"), ("/designer/", "analyst")],
)
def test_staff_page_is_accessible_and_fits_at_twice_the_size(
    open_page: OpenPage, live_site: LiveSite, path: str, person: str
) -> None:
    page = sign_in(open_page(), live_site, person, path)
    settled(page)
    assert_accessible(page)
    assert_fits(page, path.strip("/") or "home", TWICE)


@pytest.mark.parametrize("path", ["/login", "/join#no-such-link"])
def test_open_page_is_accessible(open_page: OpenPage, live_site: LiveSite, path: str) -> None:
    page = open_page()
    page.goto(f"{live_site.url}{path}")
    settled(page)
    assert_accessible(page)


def settled(page: Page) -> None:
    """The page is there, with nothing on its way."""
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
