"""Gestures of the canvas, by mouse and by keyboard: each is one step that can be undone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LiveSite, OpenPage, eventually, sign_in, take_picture
from tests.browser.drawing import (
    arrival,
    begin_flow,
    begin_shortest,
    canvas,
    card,
    drag,
    drag_in,
    draw_shortest,
    join,
    lead,
    read_chinese,
    saved,
    step_name,
    stored_graph,
    strip,
)

TABS = 160


@pytest.fixture
def analyst(open_page: OpenPage, live_site: LiveSite) -> Iterator[Page]:
    page = sign_in(open_page(), live_site, "analyst")
    yield page
    # The language is the person's, and other tests are the same person.
    if page.locator("html").get_attribute("lang") != "en":
        with page.expect_response("**/api/v1/me"):
            page.get_by_title("English").click()


def draw_row(page: Page) -> None:
    """Link, consent, success in one row; the line between the first two is drawn in full."""
    drag_in(page, "entry.link", 120, 80)
    drag_in(page, "consent.ask", 340, 80)
    drag_in(page, "end.success", 560, 80)
    join(page, "link", 0, "ask")
    join(page, "ask", 0, "success")


def test_step_dropped_on_a_line_goes_between(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site)
    draw_row(analyst)
    before = card(analyst, "ask").bounding_box()

    drag_in(analyst, "script.read", 230, 122)

    lead(analyst, link_ok="read", read_ok="ask")
    after = card(analyst, "ask").bounding_box()
    assert before
    assert after
    assert after["x"] > before["x"] + 150, "the row makes room"
    analyst.get_by_role("button", name="Undo").click()
    lead(analyst, link_ok="ask", ask_ok="success")


def test_end_of_a_line_is_moved_to_another_card(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site)
    draw_row(analyst)

    x, y = arrival(analyst, "ask")
    drag(analyst, (x - 10, y), arrival(analyst, "success"))

    lead(analyst, link_ok="success", ask_ok="success")
    analyst.get_by_role("button", name="Undo").click()
    lead(analyst, link_ok="ask", ask_ok="success")


def test_everything_is_selected_removed_and_brought_back(
    analyst: Page, live_site: LiveSite
) -> None:
    begin_flow(analyst, live_site)
    draw_shortest(analyst)
    canvas(analyst).click(position={"x": 700, "y": 500})

    analyst.keyboard.press("Control+a")
    expect(analyst.get_by_text("3 steps selected")).to_be_visible()
    analyst.keyboard.press("Delete")
    expect(analyst.locator(".card")).to_have_count(0)

    analyst.keyboard.press("Control+z")
    expect(analyst.locator(".card")).to_have_count(3)
    lead(analyst, link_ok="success", link_expired="abort")


def test_box_selects_and_copies_never_cover_each_other(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site)
    draw_shortest(analyst)
    area = canvas(analyst).bounding_box()
    assert area

    analyst.keyboard.down("Shift")
    analyst.mouse.move(area["x"] + 240, area["y"] + 20)
    analyst.mouse.down()
    analyst.mouse.move(area["x"] + 460, area["y"] + 420, steps=6)
    analyst.mouse.up()
    analyst.keyboard.up("Shift")
    expect(analyst.get_by_text("2 steps selected")).to_be_visible()
    for key in ("c", "v", "v"):
        analyst.keyboard.press(f"Control+{key}")

    expect(analyst.locator(".card")).to_have_count(7)
    saved(analyst)
    boxes = [one.bounding_box() for one in analyst.locator(".card").all()]
    assert len({(box["x"], box["y"]) for box in boxes if box}) == len(boxes)


def test_interruption_is_added_found_faulty_and_undone(analyst: Page, live_site: LiveSite) -> None:
    begin_shortest(analyst, live_site)
    strip(analyst).get_by_role("tab", name="Interruptions").click()

    strip(analyst).get_by_role("button", name="Add an interruption").click()

    sign = card(analyst, "abort").locator(".interrupt-signs [title]")
    expect(sign).to_have_attribute("title", re.compile("Customer drops for 90 s · Whole flow"))
    seconds = strip(analyst).get_by_role("spinbutton", name="How long, in seconds")
    seconds.fill("45")
    strip(analyst).get_by_role("combobox", name="Where").select_option("link")
    expect(card(analyst, "link").locator(".interrupt-signs [title]")).to_be_visible()
    take_picture(analyst, "designer-interruptions")
    changed = {"on": "customer_drop", "scope": "link", "after_s": 45, "to": "abort"}
    eventually(lambda: stored_graph(analyst)["boundaries"] == [changed], "it is saved")
    undo = analyst.get_by_role("button", name="Undo")
    undo.click()
    undo.click()
    expect(sign).to_have_attribute("title", re.compile("Customer drops for 90 s · Whole flow"))
    strip(analyst).get_by_role("combobox", name="What happens").select_option("timeout")
    seconds.fill("0")
    strip(analyst).get_by_role("tab", name="Problems").click()
    strip(analyst).get_by_role("button", name=re.compile("never acts")).click()
    expect(strip(analyst).get_by_role("combobox", name="What happens")).to_be_focused()
    for _ in range(3):
        undo.click()
    expect(sign).to_have_count(0)


def test_own_variable_is_written_and_offered(analyst: Page, live_site: LiveSite) -> None:
    begin_shortest(analyst, live_site)
    strip(analyst).get_by_role("tab", name="Variables").click()
    strip(analyst).get_by_role("button", name="Add a variable").click()
    name = strip(analyst).get_by_role("textbox", name="Name of the variable")

    name.fill("Case Number")
    expect(strip(analyst).get_by_role("alert")).to_be_visible()
    name.fill("case.limit")
    name.press("Enter")
    strip(analyst).get_by_role("combobox", name="Kind of value").select_option("int")
    strip(analyst).get_by_role("combobox", name="Privacy").select_option("personal")
    strip(analyst).get_by_role("spinbutton", name="Value at the start of case.limit").fill("12")

    written = {"name": "case.limit", "type": "int", "privacy": "personal", "initial": 12}
    eventually(lambda: stored_graph(analyst)["variables"] == [written], "it is saved")


def test_long_names_stay_on_their_card(analyst: Page, live_site: LiveSite) -> None:
    begin_shortest(analyst, live_site)
    card(analyst, "link").click()
    step_name(analyst).fill("A name as long as somebody in a hurry would never read it to its end")
    assert_within(card(analyst, "link"))
    analyst.get_by_role("textbox", name="in Chinese").fill("名称很长的步骤" * 8)

    read_chinese(analyst)

    expect(card(analyst, "link")).to_contain_text("名称很长的步骤")
    assert_within(card(analyst, "link"))


def test_shipped_flow_in_chinese_fits_its_cards(analyst: Page, live_site: LiveSite) -> None:
    begin_flow(analyst, live_site, template="account-service-call")
    read_chinese(analyst)
    expect(analyst.get_by_text("发布", exact=True)).to_be_visible()
    expect(analyst.locator(".card", has_text="录制").first).to_be_visible()
    cut = "all => all.filter(e => e.scrollWidth > e.clientWidth).map(e => e.textContent)"
    assert analyst.locator(".card-title, .port-label").evaluate_all(cut) == []


def assert_within(box: Locator) -> None:
    """Nothing of the card's text reaches over its border."""
    over = """card => {
      const edge = card.getBoundingClientRect();
      return [...card.querySelectorAll(".card-title, .card-summary, .port-label, .flag")]
        .filter(one => one.getBoundingClientRect().right > edge.right)
        .map(one => one.textContent);
    }"""
    assert box.evaluate(over) == []


def test_flow_is_built_by_keyboard_alone(analyst: Page, live_site: LiveSite) -> None:
    """Six steps and every outcome wired, with nothing but keys."""
    begin_flow(analyst, live_site)
    from_palette(analyst, "entry.link")
    from_palette(analyst, "consent.ask")
    for end in ("end.success", "end.reject", "end.defer"):
        add_after(analyst, "ask", end)
    add_after(analyst, "link", "end.abort")

    lead(analyst, link_ok="ask", link_expired="abort")
    lead(analyst, ask_ok="success", ask_declined="reject", ask_timeout="defer")
    tab_to(analyst, strip(analyst).get_by_role("tab", name="Problems"))
    analyst.keyboard.press("ArrowRight")
    expect(
        analyst.get_by_role("listitem").filter(has_text=re.compile(r"opened\s*→\s*Consent"))
    ).to_be_visible()


def from_palette(page: Page, component: str) -> None:
    """Search, then put the one found beside the selected card."""
    page.keyboard.press("/")
    page.keyboard.press("Control+a")
    page.keyboard.type(component)
    tab_to(page, page.get_by_test_id(f"palette-{component}"))
    page.keyboard.press("Enter")


def add_after(page: Page, node: str, component: str) -> None:
    """Select a card, and give its first free outcome a step."""
    tab_to(page, page.locator(f".react-flow__node[data-id={node}]"))
    page.keyboard.press("Enter")
    configure = page.get_by_test_id("inspector").get_by_role("tab", selected=True)
    tab_to(page, configure)
    outcomes = page.get_by_role("tab", name="Outcomes")
    if outcomes.get_attribute("aria-selected") != "true":
        page.keyboard.press("ArrowRight")
    tab_to(page, page.get_by_role("button", name="Add a step here").first)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_be_visible()
    page.keyboard.type(component)
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)


def tab_to(page: Page, wanted: Locator) -> None:
    for _ in range(TABS):
        page.keyboard.press("Tab")
        if wanted.evaluate("one => one === document.activeElement"):
            return
    pytest.fail(f"no way by Tab to {wanted}")
