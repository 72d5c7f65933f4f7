"""Pages hold to WCAG as far as a machine can tell, light and dark."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import LiveSite, OpenPage, sign_in
from tests.browser.drawing import begin_flow

THEMES = pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])


@THEMES
def test_designer_is_accessible(open_page: OpenPage, live_site: LiveSite, dark: bool) -> None:
    page = sign_in(open_page(dark=dark), live_site, "analyst")
    page.goto(f"{live_site.url}/designer/")
    expect(page.get_by_role("button", name="New flow").first).to_be_visible()
    assert_accessible(page)

    begin_flow(page, live_site, template="Account service call")
    expect(page.locator(".strip-calm svg")).to_be_visible()
    assert_accessible(page)
    page.locator(".card", has_text="ID card").first.click()
    assert_accessible(page)
    for tab in ("Outline", "Interruptions", "Variables"):
        page.get_by_role("tab", name=tab).click()
        assert_accessible(page)
    page.get_by_role("tab", name="Outcomes").click()
    assert_accessible(page)

    page.get_by_role("button", name="Publish").click()
    expect(page.get_by_role("dialog")).to_be_visible()
    assert_accessible(page)
    page.get_by_role("dialog").get_by_role("button", name="Publish").click()
    expect(page.get_by_role("textbox", name="Join link")).to_be_visible()
    assert_accessible(page)


@THEMES
@pytest.mark.parametrize(
    ("path", "person"), [("/", "analyst"), ("/runs/", "supervisor"), ("/desk/", "agent")]
)
def test_staff_page_is_accessible(
    open_page: OpenPage, live_site: LiveSite, dark: bool, path: str, person: str
) -> None:
    page = sign_in(open_page(dark=dark), live_site, person)
    page.goto(f"{live_site.url}{path}")
    settled(page)
    assert_accessible(page)


@THEMES
@pytest.mark.parametrize("path", ["/login", "/join#no-such-link"])
def test_open_page_is_accessible(
    open_page: OpenPage, live_site: LiveSite, dark: bool, path: str
) -> None:
    page = open_page(dark=dark)
    page.goto(f"{live_site.url}{path}")
    settled(page)
    assert_accessible(page)


def settled(page: Page) -> None:
    """The page is there, with nothing on its way."""
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)
