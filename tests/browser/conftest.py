"""One real site for the browser tests: every process, started as a person starts them."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import (
    Browser,
    BrowserContext,
    Page,
    Playwright,
    ViewportSize,
    expect,
    sync_playwright,
)

ROOT = Path(__file__).parents[2]
SCREENSHOTS = Path(__file__).parent / "screenshots"
EXPECT_LIMIT_MS = 30_000
"""Two shared cores run a site and several browsers: what takes 50 ms alone may take seconds."""
PATIENCE_S = 45
JOURNEY_LIMIT_S = 300
"""Of one test; a journey alone on its machine needs ten to forty seconds."""
DESK = ViewportSize(width=1440, height=900)
Answer = TypeVar("Answer")
CHROMIUM_FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--mute-audio",
    "--use-fake-device-for-media-stream",
    "--use-fake-ui-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if "browser" in Path(str(item.fspath)).parts:
            item.add_marker(pytest.mark.timeout(JOURNEY_LIMIT_S))


@dataclass(frozen=True, kw_only=True)
class LiveSite:
    """A running site. `people` maps a demo username to its password; `folder` is its var folder."""

    url: str
    folder: Path
    people: dict[str, str]
    process: subprocess.Popen[str]

    def pid(self, name: str) -> int:
        """Process id of "web", "dispatcher" or "worker", waiting for a restart to finish."""
        path = self.folder / "run" / f"{name}.pid"
        return int(eventually(lambda: path.read_text() if path.exists() else "", f"{name} runs"))

    def kill(self, name: str) -> None:
        """`kill -9`; returns when the supervisor has started it again and the site is ready."""
        gone = self.pid(name)
        os.kill(gone, signal.SIGKILL)
        eventually(lambda: self.pid(name) != gone, f"{name} is started again")
        eventually(self.is_ready, f"the site is ready after {name} was killed", 90)

    def is_ready(self) -> bool:
        """Whether `/readyz` says so; also False while nobody listens."""
        try:
            with urllib.request.urlopen(f"{self.url}/readyz", timeout=5) as answer:
                return bool(answer.status == HTTPStatus.OK)
        except OSError:
            return False

    def log(self, name: str) -> str:
        return (self.folder / "log" / f"{name}.log").read_text(errors="replace")


def eventually(probe: Callable[[], Answer], what: str, limit_s: float = PATIENCE_S) -> Answer:
    """The first true answer of `probe`; fails naming `what` after `limit_s`."""
    deadline = time.monotonic() + limit_s
    while time.monotonic() < deadline:
        answer = probe()
        if answer:
            return answer
        time.sleep(0.05)
    pytest.fail(f"not within {limit_s} s: {what}")


def free_port(kind: socket.SocketKind) -> int:
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def free_media_port() -> int:
    """The first of two free UDP ports in a row."""
    while True:
        first = free_port(socket.SOCK_DGRAM)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", first + 1))
            return first


@contextmanager
def running_site() -> Iterator[LiveSite]:
    """A fresh site in a folder of its own, stopped in order at the end."""
    with tempfile.TemporaryDirectory(prefix="counterflow-site-") as name:
        argv = [sys.executable, "-m", "config.cli", "run", "--json", "--var", name]
        argv += ["--port", str(free_port(socket.SOCK_STREAM))]
        argv += ["--media-port", str(free_media_port())]
        environment = {key: value for key, value in os.environ.items() if key != "COUNTERFLOW_VAR"}
        environment.pop("DJANGO_SETTINGS_MODULE", None)
        process = subprocess.Popen(
            argv, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True
        )
        assert process.stdout
        try:
            said = json.loads(process.stdout.readline() or "{}")
            assert "url" in said, f"the site did not start; logs in {name}/log"
            people = {one["username"]: one["password"] for one in said["people"]}
            yield LiveSite(url=said["url"], folder=Path(name), people=people, process=process)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=45)


@pytest.fixture(scope="session")
def live_site() -> Iterator[LiveSite]:
    with running_site() as site:
        yield site


@pytest.fixture(scope="session")
def playwright_session() -> Iterator[Playwright]:
    expect.set_options(timeout=EXPECT_LIMIT_MS)
    with sync_playwright() as playwright:
        yield playwright


@pytest.fixture(scope="session")
def chromium(playwright_session: Playwright) -> Iterator[Browser]:
    executable = os.environ.get("CHROMIUM", "/usr/bin/chromium")
    browser = playwright_session.chromium.launch(
        executable_path=executable, args=[*CHROMIUM_FLAGS, "--headless=new"], headless=True
    )
    yield browser
    browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """`open_page(phone=False, dark=False, locale="en-GB", **context)`: a page in its own context.

    A script error or a violated content policy on any of them fails the test.
    """
    contexts: list[BrowserContext] = []
    faults: list[str] = []

    def make(
        *, phone: bool = False, dark: bool = False, locale: str = "en-GB", **more: Any
    ) -> Page:
        size = ViewportSize(width=390, height=844) if phone else DESK
        context = chromium.new_context(
            viewport=size,
            locale=locale,
            color_scheme="dark" if dark else "light",
            has_touch=phone,
            **more,
        )
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(EXPECT_LIMIT_MS)
        page.on("pageerror", lambda error: faults.append(f"{page.url}: {error}"))
        page.on("console", lambda said: _note_violation(said.text, faults))
        return page

    yield make
    for context in contexts:
        context.close()
    assert not faults


def _note_violation(text: str, faults: list[str]) -> None:
    if "Content Security Policy" in text:
        faults.append(text)


def sign_in(page: Page, site: LiveSite, username: str) -> Page:
    """Sign a demo person in through the login page, as a person would."""
    page.goto(f"{site.url}/login")
    page.locator("input[name=username]").fill(username)
    page.locator("input[name=password]").fill(site.people[username])
    page.locator("form button[type=submit]").click()
    page.wait_for_url(lambda url: "/login" not in url)
    return speak_english(page, site)


def speak_english(page: Page, site: LiveSite) -> Page:
    """The language is the person's own, and another test may have left them with Chinese."""
    token = page.evaluate("() => JSON.parse(document.getElementById('page').textContent).csrf")
    answer = page.request.put(
        f"{site.url}/api/v1/me",
        headers={"X-CSRFToken": token, "Referer": page.url},
        data={"locale": "en"},
    )
    assert answer.ok, f"{answer.status} {answer.text()[:300]}"
    page.reload()
    return page


def take_picture(page: Page, name: str) -> None:
    """Keep a screenshot to be looked at; the folder is not in git."""
    SCREENSHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SCREENSHOTS / f"{name}.png")
