"""Pages hold with long names and with type twice as large: nothing is cut, nothing lies outside."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.axe import stand_still
from tests.browser.calls import become_available, hang_up, take_call, walk_to_queue
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import ask_api, link_into, publish_flow, ringing_long

LONG = "Change of the registered mobile number for business customers with several accounts"
TWICE = ViewportSize(width=720, height=450)
"""A desk of 1440 by 900, each thing twice as large."""
NARROW = ViewportSize(width=320, height=640)
"""What WCAG 2.2 (1.4.10) asks text to flow into."""
OUTSIDE = """() => {
  const isSeen = (one) => one.checkVisibility({ opacityProperty: true, visibilityProperty: true });
  const isCut = (one) => {
    for (let box = one.parentElement; box; box = box.parentElement) {
      if (getComputedStyle(box).overflowX !== 'visible') return true;
    }
    return false;
  };
  const all = [...document.querySelectorAll('h1,h2,h3,p,b,small,button,a,input,select,dd,dt,td')];
  return all.filter((one) => isSeen(one) && !isCut(one))
    .filter((one) => one.getBoundingClientRect().right > innerWidth + 1)
    .map((one) => one.outerHTML.slice(0, 120));
}"""
WIDER = "() => document.documentElement.scrollWidth - innerWidth"


def assert_fits(page: Page, name: str) -> None:
    stand_still(page)
    take_picture(page, f"fits-{name}")
    assert page.evaluate(WIDER) <= 0
    assert page.evaluate(OUTSIDE) == []


@pytest.mark.parametrize(
    ("path", "person"),
    [("/", "analyst"), ("/runs/", "supervisor"), ("/desk/", "agent2"), ("/designer/", "analyst")],
)
def test_staff_page_fits_at_twice_the_size(
    open_page: OpenPage, live_site: LiveSite, path: str, person: str
) -> None:
    page = sign_in(open_page(), live_site, person)
    page.set_viewport_size(TWICE)
    page.goto(f"{live_site.url}{path}")
    expect(page.get_by_role("heading").first).to_be_visible()
    expect(page.locator("[aria-busy=true]")).to_have_count(0)

    assert_fits(page, f"twice-{path.strip('/') or 'home'}")


def test_call_with_long_names_fits_the_list_the_ring_and_the_desk_at_twice_the_size(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    analyst = sign_in(open_page(), live_site, "analyst")
    flow = publish_flow(analyst, ringing_long)
    name = f"{flow.name} {LONG}"
    ask_api(analyst, "PATCH", f"flows/{flow.id}", {"name": name, "summary": LONG})
    supervisor = sign_in(open_page(), live_site, "supervisor")
    desk = sign_in(open_page(), live_site, "agent2")
    desk.goto(f"{live_site.url}/desk/")
    customer = open_page(phone=True)
    customer.set_viewport_size(NARROW)
    walk_to_queue(customer, link_into(supervisor, flow))
    supervisor.goto(f"{live_site.url}/runs/")
    expect(supervisor.get_by_role("row", name=name).first).to_be_visible()
    assert_fits(supervisor, "long-runs")
    become_available(desk)
    expect(desk.get_by_role("alertdialog")).to_contain_text(name)
    assert_fits(desk, "long-ring")

    take_call(desk)

    assert_fits(desk, "long-call")
    assert_fits(customer, "narrow-call")
    desk.set_viewport_size(TWICE)
    assert_fits(desk, "twice-call")
    desk.get_by_role("button", name="Mute").scroll_into_view_if_needed()
    hang_up(desk)


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN"])
def test_join_page_fits_a_narrow_phone_with_large_text(
    open_page: OpenPage, live_site: LiveSite, locale: str
) -> None:
    flow = publish_flow(sign_in(open_page(), live_site, "analyst"))
    supervisor = sign_in(open_page(), live_site, "supervisor")
    customer = open_page(phone=True, locale=locale)
    customer.set_viewport_size(NARROW)
    customer.goto(link_into(supervisor, flow))
    customer.locator(".join-seg-size button").last.click()
    expect(customer.locator(".join-hero")).to_be_visible()

    assert_fits(customer, f"large-landing-{locale}")
    start = customer.locator(".p-btn[data-kind=main]")
    start.click()
    expect(customer.locator(".p-row").first).to_be_visible()
    assert_fits(customer, f"large-check-{locale}")
    start.scroll_into_view_if_needed()
    expect(start).to_be_in_viewport()
