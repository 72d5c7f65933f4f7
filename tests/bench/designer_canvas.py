"""1,000 steps in headless Chromium: main-thread time of a drag step, a pan step, a key press."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import CDPSession, Page, sync_playwright

ROOT = Path(__file__).parents[2]
NODES = 1_000
STEPS = 60
KEYS = 40
WARM_UP = 10

DRAW = """
async (count) => {
  const token = document.cookie.match(/csrftoken=([^;]+)/)?.[1] ?? "";
  const ask = async (method, path, body, headers = {}) => {
    const answer = await fetch(`/api/v1/${path}`, {
      method,
      headers: { "Content-Type": "application/json", "X-CSRFToken": token, ...headers },
      body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  };
  const palette = await ask("GET", "palette");
  const known = new Map(palette.components.map((one) => [one.key, one]));
  const inner = ["consent.ask", "script.read", "media.snapshot", "doc.form", "queue.wait"];
  const keyAt = (index) => {
    if (index === 0) return "entry.link";
    if (index === 1) return "rec.start";
    return index === count - 2 ? "end.abort" : index === count - 1 ? "end.success"
      : inner[index % inner.length];
  };
  const nodes = Array.from({ length: count }, (_, index) => {
    const { key, version, defaults } = known.get(keyAt(index));
    return { id: `n${index}`, component: key, version, title: {}, config: defaults };
  });
  const edges = nodes.flatMap(({ id, component }, index) =>
    known.get(component).outcomes.map((outcome, port) => ({
      from: id,
      outcome: outcome.id,
      to: port === 0 ? `n${index === count - 3 ? count - 1 : index + 1}` : `n${count - 2}`,
    })),
  );
  const place = (index) => ({ x: 24 + (index % 8) * 208, y: 32 + Math.floor(index / 8) * 190 });
  const flow = await ask("POST", "flows", { name: `Long flow of ${count} steps` });
  const draft = await ask("GET", `flows/${flow.id}/draft`);
  const graph = {
    schema: "graph/1", start: "n0", nodes, edges, variables: [], boundaries: [],
    settings: { locales: ["en", "zh-Hans"] },
  };
  const layout = {
    nodes: Object.fromEntries(nodes.map(({ id }, index) => [id, place(index)])), notes: {},
  };
  await ask("PUT", `flows/${flow.id}/draft`, { graph, layout },
    { "If-Match": `"${draft.revision}"` });
  return flow.id;
}
"""
NEXT_FRAME = "() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"


@contextmanager
def site() -> Iterator[tuple[str, dict[str, str]]]:
    """Address and people (username to password) of a fresh site, until the end of the block."""
    with tempfile.TemporaryDirectory(prefix="counterflow-bench-") as folder:
        argv = [sys.executable, "-m", "config.cli", "run", "--json", "--var", folder]
        argv += ["--port", "8931", "--media-port", "8932"]
        process = subprocess.Popen(argv, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        assert process.stdout
        try:
            said = json.loads(process.stdout.readline())
            yield said["url"], {one["username"]: one["password"] for one in said["people"]}
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=45)


def open_long_flow(page: Page, url: str, password: str) -> None:
    page.goto(f"{url}/login")
    page.locator("input[name=username]").fill("analyst")
    page.locator("input[name=password]").fill(password)
    page.locator("form button[type=submit]").click()
    page.wait_for_url(lambda address: "/login" not in address)
    flow = page.evaluate(DRAW, NODES)
    page.goto(f"{url}/designer/{flow}/")
    page.get_by_test_id("node-n1").wait_for()
    # The first check of so long a flow must be over: it is not what is measured.
    page.wait_for_load_state("networkidle")


def busy_ms(page: Page, session: CDPSession, step: Callable[[int], None], count: int) -> float:
    """Time the main thread spent on a step, mean over `count` steps after a warm-up."""
    for index in range(WARM_UP):
        step(index)
    before = _busy_s(session)
    for index in range(count):
        step(WARM_UP + index)
        page.evaluate(NEXT_FRAME)
    return (_busy_s(session) - before) * 1000 / count


def _busy_s(session: CDPSession) -> float:
    metrics = {
        one["name"]: one["value"] for one in session.send("Performance.getMetrics")["metrics"]
    }
    return float(metrics["TaskDuration"])


def measure(page: Page) -> Iterator[tuple[str, float]]:
    session = page.context.new_cdp_session(page)
    # CPU time of the main thread: other programs of the machine do not count.
    session.send("Performance.enable", {"timeDomain": "threadTicks"})
    idle = busy_ms(page, session, lambda _: None, STEPS)

    page.get_by_test_id("node-n10").click()
    page.get_by_role("textbox", name="Name of this step").click()
    keys = busy_ms(page, session, lambda n: page.keyboard.press("abcdefg"[n % 7]), KEYS)
    yield "designer.keypress", keys - idle

    x, y = _middle(page, "n10")
    page.mouse.move(x, y)
    page.mouse.down()
    drag = busy_ms(page, session, lambda n: page.mouse.move(x + 2 * n, y + n), STEPS)
    page.mouse.up()
    yield "designer.drag1000_ms", drag - idle

    # Between two rows, where no card is.
    page.mouse.move(900, 172)
    page.mouse.down()
    pan = busy_ms(page, session, lambda n: page.mouse.move(900 - 3 * n, 172 + 6 * n), STEPS)
    page.mouse.up()
    yield "designer.pan1000_ms", pan - idle


def _middle(page: Page, node: str) -> tuple[float, float]:
    box = page.get_by_test_id(f"node-{node}").bounding_box()
    assert box
    return box["x"] + 84, box["y"] + 20


def main() -> None:
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    with site() as (url, people), sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=executable, args=["--no-sandbox", "--headless=new"]
        )
        page = browser.new_page(viewport={"width": 1440, "height": 900})
        page.set_default_timeout(30_000)
        open_long_flow(page, url, people["analyst"])
        for name, value in measure(page):
            against = f"{NODES} steps, visible cards drawn; one frame is 16.7"
            line = {"name": name, "value": round(value, 1), "unit": "ms", "against": against}
            print(json.dumps(line), flush=True)
        browser.close()


if __name__ == "__main__":
    main()
