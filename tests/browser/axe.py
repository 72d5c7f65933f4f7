"""Accessibility of a page, judged by axe-core: nothing serious or critical may be left."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

AXE = Path(__file__).parents[2] / "static" / "node_modules" / "axe-core" / "axe.min.js"
GRAVE = ("serious", "critical")
RUN = "() => axe.run(document, { resultTypes: ['violations'] })"


@cache
def _script() -> str:
    return AXE.read_text()


def grave_violations(page: Page) -> list[str]:
    """One line for each rule that is broken gravely, with the first elements that break it."""
    # Evaluated by the debugger: the page's content policy stays as it is.
    page.evaluate(_script())
    result: dict[str, Any] = page.evaluate(RUN)
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
  do {
    await frame(), await frame();  // what was just put there begins to move
    await Promise.allSettled(ending().map((one) => one.finished));
  } while (ending().length > 0);
}"""


def stand_still(page: Page) -> None:
    """Wait until nothing fades or slides: a colour half-way through is nobody's choice."""
    page.evaluate(STAND_STILL)


def assert_accessible(page: Page) -> None:
    stand_still(page)
    found = grave_violations(page)
    if found:
        pytest.fail(f"{page.url}\n" + "\n".join(found))
