"""Stock Firefox over WebDriver BiDi: a tab that goes to pages, runs scripts and presses buttons.

https://w3c.github.io/webdriver-bidi/. What the tests need of it and no more; Firefox is told by its
settings to make up a camera and a microphone, to ask nobody, and to use this machine's loopback.
"""

from __future__ import annotations

import json
import re
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from websockets.sync.client import ClientConnection, connect

SETTINGS = {
    "media.navigator.streams.fake": True,
    "media.navigator.permission.disabled": True,
    "media.peerconnection.ice.obfuscate_host_addresses": False,
    "media.peerconnection.ice.loopback": True,
    "media.autoplay.default": 0,
    "intl.accept_languages": "en-GB",
    "remote.prefs.recommended": True,
    "browser.shell.checkDefaultBrowser": False,
    "datareporting.policy.dataSubmissionEnabled": False,
    "app.update.enabled": False,
}
ANSWER_LIMIT_S = 60
START_LIMIT_S = 60
LISTENING = re.compile(r"WebDriver BiDi listening on (ws://\S+)")
PRESS = """(name) => {
  const said = (one) => one.getAttribute('aria-label') || one.innerText.trim();
  const found = [...document.querySelectorAll('button')].find((one) => said(one).startsWith(name)
    && one.getAttribute('aria-disabled') !== 'true' && !one.disabled);
  found?.click();
  return found !== undefined;
}"""


class FirefoxError(Exception):
    """Firefox, or a script in it, refused; its own words."""


class Tab:
    """The one tab of a Firefox."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket = socket
        self._count = 0
        self._ask("session.new", capabilities={})
        tree = self._ask("browsingContext.getTree", maxDepth=0)
        self._context: str = tree["contexts"][0]["context"]

    def prepare(self, script: str) -> None:
        """Run `script` in every page before its own."""
        self._ask("script.addPreloadScript", functionDeclaration=f"() => {{ {script} }}")

    def goto(self, url: str) -> None:
        context = {"context": self._context, "url": url, "wait": "interactive"}
        self._ask("browsingContext.navigate", **context)

    def evaluate(self, function: str, *given: str) -> Any:
        """What a function of JavaScript, or its promise, gives for texts: a value JSON can hold."""
        called = self._ask(
            "script.callFunction",
            functionDeclaration=f"async (...given) => JSON.stringify(await ({function})(...given))",
            awaitPromise=True,
            target={"context": self._context},
            arguments=[{"type": "string", "value": one} for one in given],
        )
        if called["type"] == "exception":
            raise FirefoxError(called["exceptionDetails"]["text"])
        told = called["result"]
        return json.loads(told["value"]) if told["type"] == "string" else None

    def press(self, name: str) -> bool:
        """Press the button whose name begins so; False while there is none that can be pressed."""
        return bool(self.evaluate(PRESS, name))

    def close(self) -> None:
        self._ask("browser.close")

    def _ask(self, method: str, **params: Any) -> Any:
        self._count += 1
        self._socket.send(json.dumps({"id": self._count, "method": method, "params": params}))
        while True:  # events that nobody asked for may come in between
            said = json.loads(self._socket.recv(timeout=ANSWER_LIMIT_S))
            if said.get("id") != self._count:
                continue
            if said["type"] == "error":
                raise FirefoxError(f"{method}: {said['error']}: {said['message']}")
            return said["result"]


@contextmanager
def firefox(executable: str = "/usr/bin/firefox-esr") -> Iterator[Tab]:
    """A Firefox with a profile of its own, gone at the end."""
    with tempfile.TemporaryDirectory(prefix="counterflow-firefox-") as name:
        folder = Path(name)
        lines = [f'user_pref("{key}", {json.dumps(value)});' for key, value in SETTINGS.items()]
        (folder / "user.js").write_text("\n".join(lines))
        argv = [executable, "--headless", "--no-remote", "--profile", name]
        argv += ["--remote-debugging-port=0", "about:blank"]
        log = folder / "log"
        with log.open("w") as said:
            process = subprocess.Popen(argv, stdout=said, stderr=said)
        try:
            address = f"{_address(log, process)}/session"
            with connect(address, max_size=None, ping_interval=None) as socket:
                yield Tab(socket)
        finally:
            process.terminate()
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _address(log: Path, process: subprocess.Popen[bytes]) -> str:
    """Where the browser listens, as it tells when it is up."""
    deadline = time.monotonic() + START_LIMIT_S
    while time.monotonic() < deadline and process.poll() is None:
        told = LISTENING.search(log.read_text(errors="replace"))
        if told:
            return told[1]
        time.sleep(0.1)
    raise FirefoxError(f"it does not listen: {log.read_text(errors='replace')[-500:]}")
