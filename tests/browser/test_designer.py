"""The designer in a real browser: draw, configure, undo, publish; and how it looks."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.drawing import (
    begin_by_dialog,
    begin_flow,
    card,
    drag_in,
    draw_shortest,
    join,
    saved,
    strip,
)


@pytest.fixture
def analyst(open_page: OpenPage, live_site: LiveSite) -> Page:
    return sign_in(open_page(), live_site, "analyst")


def test_drawn_flow_is_published_and_gives_a_link(analyst: Page, live_site: LiveSite) -> None:
    begin_by_dialog(analyst, live_site)

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


def test_flow_is_named_and_described_in_its_head(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site)
    first = analyst.get_by_role("heading", level=1).inner_text()
    begin_flow(analyst, live_site)
    head = analyst.get_by_role("banner")
    name = analyst.get_by_role("heading", level=1).get_by_role("button")

    name.click()
    box = head.get_by_role("textbox", name="Change the name of the flow")
    box.fill(first)
    box.press("Enter")
    expect(head.get_by_role("alert")).to_have_text("There is a flow with this name already.")
    box.fill(f"{first}, the second")
    box.press("Enter")
    expect(name).to_have_text(f"{first}, the second")
    expect(name).to_be_focused()
    head.get_by_role("button", name="Say what this flow is for").click()
    summary = head.get_by_role("textbox", name="Change what the flow is for")
    summary.fill("For customers who have moved")
    summary.press("Escape")
    expect(head.get_by_role("button", name="Say what this flow is for")).to_be_focused()
    head.get_by_role("button", name="Say what this flow is for").click()
    summary.fill("For customers who have moved")
    summary.press("Enter")

    expect(head.get_by_role("button", name="For customers who have moved")).to_be_visible()
    analyst.reload()
    expect(name).to_have_text(f"{first}, the second")
    expect(head.get_by_role("button", name="For customers who have moved")).to_be_visible()


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

    problem = strip(analyst).get_by_role("listitem").filter(has_text="not opened in time").first
    problem.get_by_role("button").first.click()

    target = analyst.get_by_role("combobox", name="“not opened in time” leads to")
    expect(target).to_be_focused()
    take_picture(analyst, "designer-problems")
    target.select_option("success")
    expect(analyst.get_by_text("No problems. This flow can be published.")).to_be_visible()
