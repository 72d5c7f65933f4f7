"""No work is lost in the designer: two tabs, no network, a tab that was closed."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.drawing import begin_flow, begin_shortest, card, drag_in, saved, step_name


@pytest.fixture
def analyst(open_page: OpenPage, live_site: LiveSite) -> Page:
    return sign_in(open_page(), live_site, "analyst")


def test_second_tab_is_refused_and_both_changes_are_merged(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    first = sign_in(open_page(), live_site, "analyst")
    address = begin_shortest(first, live_site)
    saved(first)
    second = open_page()
    sign_in(second, live_site, "analyst", address.removeprefix(live_site.url))
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


def test_same_field_changed_in_two_tabs_is_named_and_mine_stands(
    analyst: Page, live_site: LiveSite
) -> None:
    address = begin_flow(analyst, live_site)
    drag_in(analyst, "entry.link", 120, 80)
    saved(analyst)
    other = analyst.context.new_page()
    other.goto(address)
    card(other, "link").click()
    step_name(other).fill("Their name")
    saved(other)

    card(analyst, "link").click()
    step_name(analyst).fill("My name")

    dialog = analyst.get_by_role("dialog", name="Somebody saved this flow before you")
    conflict = dialog.locator("section", has_text="Both changed this; yours stands")
    expect(conflict.get_by_text("Renamed a step to “My name”")).to_be_visible()
    dialog.get_by_role("button", name="Keep both").click()
    saved(analyst)
    other.reload()
    expect(card(other, "link")).to_contain_text("My name")


def test_tab_closed_before_saving_is_restored(analyst: Page, live_site: LiveSite) -> None:
    address = begin_flow(analyst, live_site)
    saved(analyst)
    analyst.context.route("**/draft", lambda route: route.abort())
    drag_in(analyst, "entry.link", 120, 80)
    expect(card(analyst, "link")).to_be_visible()
    kept = "(id) => (localStorage.getItem(`counterflow.draft.${id}`) ?? '').includes('entry.link')"
    analyst.wait_for_function(kept, arg=address.rstrip("/").rsplit("/", 1)[-1])

    analyst.close()
    again = analyst.context.new_page()
    again.context.unroute("**/draft")
    again.goto(address)

    expect(again.get_by_text("Work kept on this device was restored")).to_be_visible()
    expect(card(again, "link")).to_be_visible()
    saved(again)
    again.reload()
    expect(card(again, "link")).to_be_visible()
