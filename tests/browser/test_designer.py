"""The designer in a real browser: draw, configure, undo, publish, merge; keyboard and network."""

from __future__ import annotations

import re
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture


@pytest.fixture
def analyst(open_page: OpenPage, live_site: LiveSite) -> Page:
    return sign_in(open_page(), live_site, "analyst")


def begin_flow(page: Page, site: LiveSite, template: str | None = None) -> str:
    """A new flow through the list's dialog, open in the editor; its address."""
    page.goto(f"{site.url}/designer/")
    opener = page.get_by_role("button", name=template) if template else None
    (opener or page.get_by_role("button", name="New flow")).first.click()
    page.get_by_role("textbox", name="Name").fill(f"Flow {uuid4().hex[:8]}")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/designer/[0-9a-f-]{36}/"))
    expect(page.get_by_test_id("palette")).to_be_visible()
    return page.url


def card(page: Page, node: str) -> Locator:
    return page.get_by_test_id(f"node-{node}")


def drag_in(page: Page, component: str, x: int, y: int) -> None:
    """From the palette to a place on the canvas, by mouse."""
    canvas = page.get_by_role("region", name="Canvas")
    item = page.get_by_test_id(f"palette-{component}")
    item.drag_to(canvas, target_position={"x": x, "y": y})


def join(page: Page, source: str, outcome: int, target: str) -> None:
    """Draw a line by mouse from a port to the left edge of a card."""
    port = card(page, source).locator(".departure").nth(outcome).bounding_box()
    arrival = card(page, target).bounding_box()
    assert port
    assert arrival
    page.mouse.move(port["x"] + 7, port["y"] + 7)
    page.mouse.down()
    page.mouse.move(arrival["x"] - 20, arrival["y"] + 60, steps=6)
    page.mouse.move(arrival["x"] + 4, arrival["y"] + 66, steps=4)
    page.mouse.up()


def saved(page: Page) -> None:
    expect(page.get_by_test_id("save-state")).to_have_attribute("data-kind", "saved")


def draw_shortest(page: Page) -> None:
    """Link, then a success, each outcome wired: the smallest flow without errors."""
    drag_in(page, "entry.link", 120, 80)
    drag_in(page, "end.success", 340, 80)
    drag_in(page, "end.abort", 340, 260)
    join(page, "link", 0, "success")
    join(page, "link", 1, "abort")


def test_drawn_flow_is_published_and_gives_a_link(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site)

    draw_shortest(analyst)
    card(analyst, "success").click()
    analyst.get_by_role("textbox", name="Name of this step").fill("All done")

    expect(card(analyst, "success")).to_contain_text("All done")
    expect(analyst.get_by_text("No problems. This flow can be published.")).to_be_visible()
    saved(analyst)
    analyst.get_by_role("button", name="Publish").click()
    dialog = analyst.get_by_role("dialog")
    dialog.get_by_role("textbox", name="What is new").fill("First version")
    dialog.get_by_role("button", name="Publish").click()
    expect(dialog.get_by_role("heading", name="Version 1 is published")).to_be_visible()
    expect(dialog.get_by_role("textbox", name="Join link")).to_have_value(
        re.compile(re.escape(live_site.url) + r"/join#\S{20,}")
    )
    expect(dialog.get_by_alt_text("QR code of the join link")).to_be_visible()
    take_picture(analyst, "designer-published")


def test_one_action_is_one_undo_step(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site)
    drag_in(analyst, "entry.link", 120, 80)
    field = analyst.get_by_role("textbox", name="Name of this step")
    field.press_sequentially("Open the link")
    expect(card(analyst, "link")).to_contain_text("Open the link")

    analyst.get_by_role("button", name="Undo").click()

    expect(card(analyst, "link")).to_contain_text("Customer link")
    analyst.get_by_role("button", name="Undo").click()
    expect(card(analyst, "link")).to_have_count(0)
    analyst.get_by_role("button", name="Redo").click()
    analyst.get_by_role("button", name="Redo").click()
    expect(card(analyst, "link")).to_contain_text("Open the link")


def test_unhandled_outcome_is_found_while_drawing_and_leads_to_its_field(
    analyst: Page, live_site: LiveSite
) -> None:
    begin_flow(analyst, live_site)
    drag_in(analyst, "entry.link", 120, 80)
    drag_in(analyst, "end.success", 340, 80)
    join(analyst, "link", 0, "success")

    strip = analyst.get_by_role("region", name="Problems, outline, variables")
    problem = strip.get_by_role("listitem").filter(has_text="not opened in time").first
    problem.get_by_role("button").first.click()

    target = analyst.get_by_role("combobox", name="“not opened in time” leads to")
    expect(target).to_be_focused()
    take_picture(analyst, "designer-problems")
    target.select_option("success")
    expect(analyst.get_by_text("No problems. This flow can be published.")).to_be_visible()


def test_flow_is_built_by_keyboard_alone(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site)

    analyst.keyboard.press("/")
    analyst.keyboard.type("customer link")
    analyst.keyboard.press("Tab")
    analyst.keyboard.press("Tab")
    analyst.keyboard.press("Enter")
    expect(card(analyst, "link")).to_be_visible()
    analyst.get_by_role("tab", name="Outcomes").focus()
    analyst.keyboard.press("Enter")
    analyst.get_by_role("button", name="Add a step here").first.focus()
    analyst.keyboard.press("Enter")
    analyst.keyboard.type("end.success")
    analyst.keyboard.press("Enter")

    expect(card(analyst, "success")).to_be_visible()
    analyst.get_by_role("tab", name="Outline").focus()
    analyst.keyboard.press("Enter")
    expect(
        analyst.get_by_role("listitem").filter(has_text=re.compile(r"opened\s*→\s*End: success"))
    ).to_be_visible()


def test_second_tab_is_refused_and_both_changes_are_merged(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    first = sign_in(open_page(), live_site, "analyst")
    address = begin_flow(first, live_site)
    draw_shortest(first)
    saved(first)
    second = sign_in(open_page(), live_site, "analyst")
    second.goto(address)
    card(second, "abort").click()
    second.get_by_role("textbox", name="Name of this step").fill("Stopped early")
    saved(second)

    card(first, "success").click()
    first.get_by_role("textbox", name="Name of this step").fill("All done")

    dialog = first.get_by_role("dialog", name="Somebody saved this flow before you")
    expect(dialog.get_by_text("Renamed a step to “Stopped early”")).to_be_visible()
    expect(dialog.get_by_text("Renamed a step to “All done”")).to_be_visible()
    take_picture(first, "designer-merge")
    dialog.get_by_role("button", name="Keep both").click()
    saved(first)
    second.reload()
    expect(card(second, "success")).to_contain_text("All done")
    expect(card(second, "abort")).to_contain_text("Stopped early")


def test_work_without_a_network_is_kept_and_saved_when_it_is_back(
    analyst: Page, live_site: LiveSite
) -> None:
    begin_flow(analyst, live_site)
    saved(analyst)
    analyst.context.set_offline(offline=True)

    drag_in(analyst, "entry.link", 120, 80)

    expect(analyst.get_by_test_id("save-state")).to_contain_text("Kept on this device")
    analyst.context.set_offline(offline=False)
    saved(analyst)
    analyst.reload()
    expect(card(analyst, "link")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "dark", "chinese"),
    [("light", False, False), ("dark", True, False), ("zh", False, True)],
)
def test_shipped_flow_looks_finished(
    open_page: OpenPage, live_site: LiveSite, name: str, dark: bool, chinese: bool
) -> None:
    page = sign_in(open_page(dark=dark), live_site, "analyst")
    begin_flow(page, live_site, template="Account service call")
    if chinese:
        page.get_by_role("button", name="中文").click()
    title = "身份证" if chinese else "ID card"
    page.locator(".card", has_text=title).first.click()

    expect(page.get_by_test_id("inspector")).to_contain_text("id.capture")
    expect(page.locator("html")).to_have_attribute("data-theme", "dark" if dark else "light")
    expect(page.get_by_text("发布" if chinese else "Publish", exact=True)).to_be_visible()
    take_picture(page, f"designer-{name}")
