"""The customer's page in a real browser: the way in, and what stands in the way."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.calls import expect_pictures
from tests.browser.conftest import LiveSite, OpenPage, take_picture
from tests.browser.fits import NARROW, assert_fits
from tests.browser.flows import Flow, link_into, publish_flow

REFUSE_CAMERA = """navigator.mediaDevices.getUserMedia = () =>
    Promise.reject(new DOMException("", "NotAllowedError"));"""
NO_CAMERA = """const given = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
navigator.mediaDevices.getUserMedia = (asked) => asked.video
    ? Promise.reject(new DOMException("", "NotFoundError")) : given(asked);"""
SMALLEST_TARGET_PX = 44
SMALL_TARGETS = """(least) => [...document.querySelectorAll("button, select, input")]
    .filter((one) => one.offsetParent && one.type !== "checkbox")
    .filter((one) => Math.min(one.offsetHeight, one.offsetWidth) < least)
    .map((one) => one.textContent || one.ariaLabel)"""


@pytest.fixture(scope="module")
def flow(office: Page) -> Flow:
    return publish_flow(office)


@pytest.fixture
def link(office: Page, flow: Flow) -> str:
    return link_into(office, flow)


def start(page: Page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name=re.compile("Start video counter|进入视频柜台")).click()


def heading(page: Page, name: str) -> None:
    expect(page.get_by_role("heading", name=name)).to_be_visible()


def test_token_leaves_the_address_and_survives_a_reload_until_it_is_used(
    open_page: OpenPage, link: str
) -> None:
    customer = open_page(phone=True)
    customer.goto(link)
    heading(customer, "Speak to us face to face, from where you are")
    take_picture(customer, "join-landing")

    customer.reload()
    customer.get_by_role("button", name="Start video counter").click()

    heading(customer, "Let’s check your device")
    assert "#" not in customer.url


@pytest.mark.parametrize(("locale", "dark"), [("en-GB", False), ("zh-CN", True)])
def test_landing_and_check_fit_any_phone_with_targets_large_enough(
    open_page: OpenPage, link: str, locale: str, dark: bool
) -> None:
    customer = open_page(phone=True, dark=dark, locale=locale)
    customer.goto(link)
    expect(customer.locator(".join-hero")).to_be_visible()
    expect(customer.locator("html")).to_have_attribute("data-theme", "dark" if dark else "light")
    assert customer.evaluate(SMALL_TARGETS, SMALLEST_TARGET_PX) == []
    take_picture(customer, f"join-landing-{locale}")
    customer.locator(".join-seg-size button").last.click()
    assert_fits(customer, f"large-landing-{locale}", NARROW)

    start(customer, link)
    expect_pictures(customer, "video")

    assert customer.evaluate(SMALL_TARGETS, SMALLEST_TARGET_PX) == []
    assert_fits(customer, f"large-check-{locale}", NARROW)
    customer.set_viewport_size(NARROW)
    go_on = customer.locator(".p-btn[data-kind=main]")
    go_on.scroll_into_view_if_needed()
    expect(go_on).to_be_in_viewport()


@pytest.mark.parametrize("token", ["forged", ""])
def test_a_link_that_cannot_be_used_says_so_plainly(
    open_page: OpenPage, live_site: LiveSite, token: str
) -> None:
    customer = open_page(phone=True)
    customer.goto(f"{live_site.url}/join#{token}")

    begin = customer.get_by_role("button", name="Start video counter")
    unusable = customer.get_by_role("heading", name="This link cannot be used")
    expect(begin.or_(unusable)).to_be_visible()
    if begin.is_visible():
        begin.click()

    expect(unusable).to_be_visible()
    take_picture(customer, "join-unusable")


def test_a_used_link_is_the_same_page_on_another_device(open_page: OpenPage, link: str) -> None:
    start(open_page(phone=True), link)
    other = open_page(phone=True)

    start(other, link)

    heading(other, "This link cannot be used")


def test_a_refused_camera_is_met_with_steps_and_another_way(open_page: OpenPage, link: str) -> None:
    customer = open_page(phone=True)
    customer.add_init_script(REFUSE_CAMERA)

    start(customer, link)

    heading(customer, "We cannot see or hear you")
    expect(customer.get_by_role("button", name="Check again")).to_be_visible()
    expect(customer.get_by_role("button", name="Show me another way")).to_be_visible()
    take_picture(customer, "join-denied")


def test_without_a_camera_the_page_says_that_none_was_found(open_page: OpenPage, link: str) -> None:
    customer = open_page(phone=True)
    customer.add_init_script(NO_CAMERA)

    start(customer, link)

    heading(customer, "We found no camera")
    take_picture(customer, "join-no-camera")


def test_an_unsupported_browser_is_told_before_the_link_is_used(
    open_page: OpenPage, link: str
) -> None:
    customer = open_page(phone=True)
    customer.add_init_script("delete window.RTCPeerConnection")

    customer.goto(link)

    heading(customer, "This browser cannot make calls")
    take_picture(customer, "join-unsupported")


def test_a_second_tab_takes_the_run_and_the_first_can_take_it_back(
    open_page: OpenPage, link: str
) -> None:
    first = open_page(phone=True)
    start(first, link)
    heading(first, "Let’s check your device")
    second = first.context.new_page()
    second.goto(link)
    heading(second, "Let’s check your device")
    heading(first, "Open in another tab")

    first.get_by_role("button", name="Use it here").click()

    heading(first, "Let’s check your device")
    heading(second, "Open in another tab")
