"""Two services in one call: published, chosen by both sides, two chapters in one recording."""

from __future__ import annotations

import re
from datetime import datetime
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import (
    TYPE_AT_VIEWS,
    answer,
    edits_of,
    expect_pictures,
    open_desk,
    type_at_views,
    walk_to_queue,
)
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.witness import call_api, run_of

TEMPLATE = "Counter services in one call"
PHONE, LIMIT = "Change phone number", "Raise daily limit"


def publish_counter(analyst: Page) -> str:
    """Start from the shipped flow, which brings its services along; the link to version 1."""
    analyst.get_by_role("button", name=TEMPLATE).first.click()
    analyst.get_by_role("textbox", name="Name").fill(f"Counter {uuid4().hex[:6]}")
    analyst.get_by_role("button", name="Create").click()
    analyst.wait_for_url(re.compile(r"/designer/[0-9a-f-]{36}/"))
    expect(analyst.get_by_text("No problems. This flow can be published.")).to_be_visible()
    choose_flow(analyst)
    analyst.get_by_role("button", name="Publish").click()
    dialog = analyst.get_by_role("dialog")
    dialog.get_by_role("button", name=re.compile("^Publish")).click()
    expect(dialog.get_by_role("heading", name="Version 1 is published")).to_be_visible()
    return dialog.get_by_role("textbox", name=re.compile("link", re.IGNORECASE)).input_value()


def choose_flow(analyst: Page) -> None:
    """The form of the step offers the flows that can be called, and nothing else."""
    analyst.locator('[data-id="phone"]').click()
    chosen = analyst.get_by_role("combobox", name="Flow")
    expect(chosen).to_have_value("change-phone-number")
    expect(chosen.get_by_role("option", name=LIMIT)).to_have_count(1)
    expect(chosen.get_by_role("option", name=re.compile("^Counter "))).to_have_count(0)
    take_picture(analyst, "family-designer")


def change_number(desk: Page, customer: Page) -> None:
    """News of the run come between the agent's keys; what was typed arrives all the same."""
    form = desk.locator(".call-step")
    type_at_views(form.get_by_label("New mobile number"), "+4915", "112", "345", "678")
    expect(customer.get_by_label("New mobile number")).to_have_value("+4915112345678")
    assert None not in edits_of(desk)
    customer.get_by_label("I confirm that this number is mine").check()
    send(form)


def raise_limit(desk: Page, customer: Page) -> None:
    form = desk.locator(".call-step")
    form.get_by_label("New daily limit").fill("9000")
    form.get_by_label("What for").fill("A car")
    customer.get_by_label("I have understood the risk of a higher limit").check()
    send(form)


def send(form: Locator) -> None:
    button = form.get_by_role("button", name="Confirm and continue")
    expect(button).not_to_have_attribute("aria-disabled", "true")
    button.click()


def test_two_services_in_one_call_are_two_chapters_of_one_recording(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    link = publish_counter(sign_in(open_page(), live_site, "analyst", "/designer/"))
    desk = open_page()
    desk.add_init_script(TYPE_AT_VIEWS)
    open_desk(desk, live_site)
    customer = open_page(phone=True)
    walk_to_queue(customer, link)
    answer(desk)
    menu = desk.locator(".call-step")
    expect(menu.get_by_role("heading", name="What can we do for you?")).to_be_visible()
    expect_pictures(desk, ".call-customer video")
    number = desk.get_by_text(re.compile(r"^RUN-")).first.inner_text()
    take_picture(desk, "family-menu")
    take_picture(customer, "family-menu-customer")

    menu.get_by_role("button", name=PHONE).click()
    change_number(desk, customer)
    expect(menu.get_by_text("chosen once")).to_be_visible()
    customer.get_by_role("button", name=LIMIT).click()
    expect(desk.locator(".call-step").get_by_label("What for")).to_be_visible()
    take_picture(desk, "family-service")
    look_back(desk)
    raise_limit(desk, customer)
    expect(menu.get_by_text("chosen once")).to_have_count(2)
    menu.get_by_role("button", name="Finish").click()
    expect(customer.get_by_text("Thank you. Your services are done.")).to_be_visible()

    auditor = sign_in(open_page(), live_site, "supervisor")
    run = run_of(auditor, number)
    told = call_api(auditor, f"runs/{run}")
    assert told["ending"] == {"kind": "success", "code": "served"}
    assert [one["ending"] for one in told["children"]] == ["success", "success"]
    verified = call_api(auditor, f"runs/{run}/verify")
    assert verified["ok"], verified
    assert len(verified["children"]) == 2
    find_chapters(auditor, live_site, told)


def look_back(desk: Page) -> None:
    """What the service that has ended went through is a key away."""
    rail = desk.get_by_role("list", name="Steps of this call")
    rail.get_by_role("button", name=f"{PHONE}: show the steps").press("Enter")
    done = desk.get_by_role("dialog", name=PHONE)
    expect(done.get_by_role("listitem")).not_to_have_count(0)
    assert_accessible(desk, ".call-done")
    take_picture(desk, "family-past")
    desk.keyboard.press("Escape")
    expect(done).to_have_count(0)


def find_chapters(auditor: Page, site: LiveSite, told: dict[str, Any]) -> None:
    """One recording of both parties, in it the two services by name; a flag leads to its moment."""
    (recording,) = told["recordings"]
    assert {file["role"] for file in recording["files"]} == {"customer", "agent"}
    assert [one["label"]["en"] for one in recording["chapters"]] == [PHONE, LIMIT]
    auditor.goto(f"{site.url}/runs/{told['id']}")
    flags = auditor.locator(".replay-flag")
    expect(flags).to_have_text([PHONE, LIMIT])
    flags.nth(1).click()
    began_s = datetime.fromisoformat(told["started_at"]).timestamp()
    wanted_s = recording["chapters"][1]["at_ms"] / 1000 - began_s
    minutes, seconds = auditor.locator(".replay-head span").inner_text().split(":")
    assert abs(60 * int(minutes) + int(seconds) - wanted_s) <= 1
    take_picture(auditor, "family-replay")
