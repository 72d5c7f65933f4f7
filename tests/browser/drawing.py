"""What a person does in the designer, as verbs for the tests."""

from __future__ import annotations

import re
from typing import Any
from uuid import uuid4

from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import LiveSite, eventually
from tests.browser.flows import ask_api

SHORTEST: dict[str, Any] = {
    "start": "link",
    "nodes": [
        {"id": "link", "component": "entry.link", "version": "1.0.0", "config": {}},
        {"id": "success", "component": "end.success", "version": "1.0.0", "config": {}},
        {"id": "abort", "component": "end.abort", "version": "1.0.0", "config": {}},
    ],
    "edges": [
        {"from": "link", "outcome": "ok", "to": "success"},
        {"from": "link", "outcome": "expired", "to": "abort"},
    ],
}
SHORTEST_PLACES = {
    "link": {"x": 24, "y": 24},
    "success": {"x": 240, "y": 24},
    "abort": {"x": 240, "y": 204},
}


def begin_flow(page: Page, site: LiveSite, template: str | None = None) -> str:
    """A new flow, open in the editor; its address. The page may be anywhere on the site."""
    body = {"name": f"Flow {uuid4().hex[:8]}"} | ({"template": template} if template else {})
    return open_flow(page, site, ask_api(page, "POST", "flows", body)["id"])


def begin_shortest(page: Page, site: LiveSite) -> str:
    """The same with what `draw_shortest` draws in it already."""
    flow = ask_api(page, "POST", "flows", {"name": f"Flow {uuid4().hex[:8]}"})["id"]
    draft = ask_api(page, "GET", f"flows/{flow}/draft")
    graph = {**draft["graph"], **SHORTEST}
    layout = {**draft["layout"], "nodes": SHORTEST_PLACES}
    named = {"If-Match": f'"{draft["revision"]}"'}
    ask_api(page, "PUT", f"flows/{flow}/draft", {"graph": graph, "layout": layout}, **named)
    return open_flow(page, site, flow)


def open_flow(page: Page, site: LiveSite, flow: str) -> str:
    page.goto(f"{site.url}/designer/{flow}/")
    expect(page.get_by_test_id("palette")).to_be_visible()
    return page.url


def begin_by_dialog(page: Page, site: LiveSite) -> None:
    """As people begin a flow: in the list, by its dialog."""
    page.goto(f"{site.url}/designer/")
    page.get_by_role("button", name="New flow").first.click()
    page.get_by_role("textbox", name="Name").fill(f"Flow {uuid4().hex[:8]}")
    page.get_by_role("button", name="Create").click()
    page.wait_for_url(re.compile(r"/designer/[0-9a-f-]{36}/"))
    expect(page.get_by_test_id("palette")).to_be_visible()


def card(page: Page, node: str) -> Locator:
    return page.get_by_test_id(f"node-{node}")


def canvas(page: Page) -> Locator:
    return page.get_by_role("region", name="Canvas")


def strip(page: Page) -> Locator:
    return page.get_by_role("region", name="Problems, outline, interruptions, variables")


def step_name(page: Page) -> Locator:
    return page.get_by_role("textbox", name="Name of this step")


def drag_in(page: Page, component: str, x: int, y: int) -> None:
    """From the palette to a place on the canvas, by mouse."""
    page.get_by_test_id(f"palette-{component}").drag_to(
        canvas(page), target_position={"x": x, "y": y}
    )


def join(page: Page, source: str, outcome: int, target: str) -> None:
    """Draw a line by mouse from a port to the left edge of a card."""
    port = card(page, source).locator(".departure").nth(outcome).bounding_box()
    assert port
    drag(page, (port["x"] + 7, port["y"] + 7), arrival(page, target))


def arrival(page: Page, node: str) -> tuple[float, float]:
    """Where lines arrive at a card, in pixels of the window."""
    box = card(page, node).bounding_box()
    assert box
    return box["x"], box["y"] + 66


def drag(page: Page, start: tuple[float, float], end: tuple[float, float]) -> None:
    page.mouse.move(*start)
    page.mouse.down()
    page.mouse.move(end[0] - 24, end[1] - 6, steps=6)
    page.mouse.move(end[0] + 4, end[1], steps=4)
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


def stored_graph(page: Page) -> dict[str, Any]:
    """The graph as the server has it once everything is saved."""
    saved(page)
    flow = page.url.rstrip("/").rsplit("/", 1)[-1]
    answer = page.request.get(f"{page.url.split('/designer/')[0]}/api/v1/flows/{flow}/draft")
    graph: dict[str, Any] = answer.json()["graph"]
    return graph


def lead(page: Page, **expected: str) -> None:
    """Wait until the server has these lines: `link_ok="ask"` is outcome ok of link to ask."""

    def are_stored() -> bool:
        edges = stored_graph(page)["edges"]
        stored = {f"{one['from']}_{one['outcome']}": one["to"] for one in edges}
        return expected.items() <= stored.items()

    eventually(are_stored, f"lines lead as {expected}")


def read_chinese(page: Page) -> None:
    page.get_by_title("中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
