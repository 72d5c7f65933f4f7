"""Accessibility of a page in both themes, judged by axe-core: nothing grave may be left."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import pytest
from playwright.sync_api import Page, expect

AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
RUN = """([within, rules]) => axe.run(within ? document.querySelector(within) : document, {
  resultTypes: ['violations'], ...(rules.length > 0 ? { runOnly: rules } : {}),
})"""


@cache
def _script() -> str:
    return AXE.read_text()


def grave_violations(page: Page, within: str, rules: Sequence[str] = ()) -> list[str]:
    """One line for each of `rules` (of all, when none is named) that is broken gravely.

    Each with the first elements that break it. `within` is a selector; "" is the whole page.
    """
    # Evaluated by the debugger: the page's content policy stays as it is.
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(_script())
    result: dict[str, Any] = page.evaluate(RUN, [within, list(rules)])
    return [_line(one) for one in result["violations"] if one["impact"] in GRAVE]


def _line(violation: dict[str, Any]) -> str:
    nodes = violation["nodes"]
    shown = "; ".join(f"{one['html'][:160]} ({_why(one)})" for one in nodes[:4])
    return f"{violation['impact']} {violation['id']} x{len(nodes)}: {shown}"


def _why(node: dict[str, Any]) -> str:
    checks = [*node["any"], *node["all"], *node["none"]]
    return checks[0]["message"] if checks else ""


STAND_STILL = """async () => {
  const frame = () => new Promise(requestAnimationFrame);
  const ending = () => document.getAnimations()
    .filter((one) => one.effect.getComputedTiming().endTime !== Infinity)
    .filter((one) => one.playState === 'running');
  // Looked at frame by frame: what is taken away in mid-movement may never say that it finished.
  do {
    await frame(), await frame();  // what was just put there begins to move
  } while (ending().length > 0);
}"""


def stand_still(page: Page) -> None:
    """Wait until nothing fades or slides: a colour half-way through is nobody's choice."""
    page.evaluate(STAND_STILL)


COLOURS = ("color-contrast", "link-in-text-block")


def assert_accessible(page: Page, within: str = "") -> None:
    """In its own theme by every rule, in the other one by what depends on colours.

    `within` is the part that is new since the whole page was looked at: a page of many cards
    takes seconds.
    """
    stand_still(page)
    found = grave_violations(page, within)
    own = page.locator("html").get_attribute("data-theme")
    turn(page, "light" if own == "dark" else "dark")
    found += grave_violations(page, within, COLOURS)
    turn(page, "dark" if own == "dark" else "light")
    if found:
        pytest.fail(f"{page.url}\n" + "\n".join(found))


def turn(page: Page, theme: Literal["light", "dark"]) -> None:
    """The system's wish changes, and the page follows it."""
    page.emulate_media(color_scheme=theme)
    expect(page.locator("html")).to_have_attribute("data-theme", theme)
    stand_still(page)
