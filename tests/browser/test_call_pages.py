"""Every page of one call, from the link to the replay: accessible, whole at every size, in step."""

from __future__ import annotations

from playwright.sync_api import Page, ViewportSize, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import (
    agree,
    begin,
    expect_pictures,
    open_desk,
    pass_check,
    read_script,
    take_call,
    take_pictures,
)
from tests.browser.conftest import LiveSite, OpenPage, eventually, sign_in, take_picture
from tests.browser.fits import LONG, NARROW, TWICE, assert_fits
from tests.browser.flows import ask_api, link_into, publish_flow

MOST_APART_S = 0.35
"""Two pictures further apart than this are not in step."""


def look_at(page: Page, name: str, *sizes: ViewportSize) -> None:
    """For every rule; at its own size and at `sizes`, where there are any."""
    take_picture(page, f"look-{name}")
    assert_accessible(page)
    if sizes:
        assert_fits(page, name, *sizes)


def test_pages_of_a_call_are_accessible_fit_and_lead_to_its_replay(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office)
    name = f"{flow.name} {LONG}"
    ask_api(office, "PATCH", f"flows/{flow.id}", {"name": name, "summary": LONG})
    customer = open_page(phone=True)

    walk_in(customer, link_into(office, flow))
    auditor = sign_in(open_page(), live_site, "supervisor", "/runs/")
    expect(auditor.get_by_role("row", name=name).first).to_be_visible()
    assert_fits(auditor, "runs", TWICE)
    desk = open_desk(open_page(), live_site, "agent2")
    expect(desk.get_by_role("alertdialog")).to_contain_text(name)
    look_at(desk, "ring", TWICE)
    take_call(desk)
    expect_pictures(customer, ".join-tile > video")
    look_at(desk, "script", TWICE)
    desk.get_by_role("button", name="Mute").scroll_into_view_if_needed()
    look_at(customer, "talking", NARROW)
    read_script(desk)
    expect(customer.get_by_role("heading", name="Hold your ID card in the frame")).to_be_visible()
    look_at(customer, "capture")
    take_pictures(desk)
    fill_in(desk, customer)
    expect(desk.get_by_text("Completed")).to_be_visible()
    look_at(desk, "wrap")
    expect(customer.get_by_text("Receipt no.")).to_be_visible()
    look_at(customer, "receipt")

    find_run(auditor, desk.locator(".desk-wrap-facts .mono").inner_text())
    replay(auditor)
    read_in_both_languages(auditor)


def walk_in(customer: Page, link: str) -> None:
    """From the link to the waiting room, looking at each page."""
    customer.goto(link)
    expect(customer.get_by_role("button", name="Start video counter")).to_be_visible()
    look_at(customer, "landing")
    begin(customer, link)
    expect_pictures(customer, "video")
    look_at(customer, "check")
    pass_check(customer)
    expect(customer.get_by_role("heading", name="May we record this conversation?")).to_be_visible()
    look_at(customer, "consent", NARROW)
    agree(customer)
    expect(customer.get_by_role("button", name="Leave the line")).to_be_visible()
    look_at(customer, "waiting")


def fill_in(desk: Page, customer: Page) -> None:
    """The agent's form with a mistake in it, then as it should be."""
    form = desk.locator(".call-step")
    form.get_by_label("Full name").fill("Hanna Vogel")
    form.get_by_label("Mobile number").fill("12")
    form.get_by_label("What shall we do?").select_option(label="Change the mobile number")
    expect(customer.get_by_label("Full name")).to_have_value("Hanna Vogel")
    look_at(desk, "form-desk")
    look_at(customer, "form", NARROW)
    form.get_by_label("Mobile number").fill("+4915112345678")
    customer.get_by_label("I have checked these details").check()
    desk.get_by_role("button", name="Confirm and continue").click()


def find_run(auditor: Page, number: str) -> None:
    auditor.get_by_role("searchbox").fill(number)
    auditor.get_by_role("link", name=number).click()
    expect(auditor.get_by_text("Event chain is unbroken")).to_be_visible()
    expect(auditor.get_by_text("Verified:")).to_be_visible()


def replay(auditor: Page) -> None:
    """Both recordings play beyond two seconds, side by side at the same moment."""
    expect(auditor.get_by_role("button", name="Show ID card · Front large")).to_be_visible()
    assert_accessible(auditor)
    auditor.get_by_role("button", name="Play", exact=True).click()
    expect_pictures(auditor, ".replay-tile video", from_s=2)
    eventually(lambda: apart_s(auditor) < MOST_APART_S, "the recordings play in step")
    take_picture(auditor, "runs-replay")


def apart_s(page: Page) -> float:
    """How far the pictures are apart, read at one moment."""
    at: list[float] = page.evaluate(
        "[...document.querySelectorAll('.replay-tile video')].map((one) => one.currentTime)"
    )
    return max(at) - min(at)


def read_in_both_languages(auditor: Page) -> None:
    """What happened, and what was answered: of that no more than an auditor may see."""
    auditor.get_by_role("tab", name="Events").click()
    assert_accessible(auditor)
    auditor.get_by_role("tab", name="Answers").click()
    assert_accessible(auditor)
    expect(auditor.get_by_text("•••• 5678").first).to_be_visible()
    expect(auditor.get_by_text("Hanna Vogel")).to_have_count(0)
    auditor.get_by_role("button", name="中文").click()
    expect(auditor.get_by_role("tab", name="填写内容")).to_be_visible()
    assert_accessible(auditor)
    auditor.get_by_role("button", name="English").click()
    expect(auditor.get_by_role("tab", name="Answers")).to_be_visible()
