"""A network of one server and some clients, each behind a link that can be made bad.

with network("customer", "agent") as net:
    net.enter()                                    # this thread is on the server now
    net.set("customer", delay_ms=50, loss=0.3)     # both ways
    subprocess.Popen(net.command("customer", "curl", f"http://{net.server}:8000/"))
"""

from __future__ import annotations

import json
import os
import shutil
import socket as sockets
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from tests.rig.link import SERVER, NoRigError, enter

ROOT = Path(__file__).parents[2]
GOODBYE_S = 10


class Network:
    """Two or more namespaces and the process that joins them."""

    server = SERVER

    def __init__(self, name: str, process: subprocess.Popen[str]) -> None:
        self._name = name
        self._process = process

    def enter(self) -> None:
        """Let this thread, and what it starts from now on, be on the server."""
        enter(f"{self._name}-server")

    def command(self, client: str, *argv: str) -> list[str]:
        """The command line that runs `argv` where `client` is."""
        return ["ip", "netns", "exec", f"{self._name}-{client}", *argv]

    def script(self, client: str, program: str, folder: Path) -> Path:
        """An executable that runs `program` where `client` is, for who takes only a path."""
        path = folder / f"{client}-{Path(program).name}"
        words = " ".join(self.command(client, program))
        path.write_text(f'#!/bin/sh\nexec {words} "$@"\n')
        path.chmod(0o755)
        return path

    def socket(self, client: str, kind: sockets.SocketKind = sockets.SOCK_DGRAM) -> sockets.socket:
        """A socket where `client` is, for this process: sockets stay where they were made."""
        with ThreadPoolExecutor(1) as thread:
            thread.submit(enter, f"{self._name}-{client}").result()
            return thread.submit(sockets.socket, sockets.AF_INET, kind).result()

    def set(self, client: str = "", way: str = "", **impairment: float) -> dict[str, Any]:
        """Change some of an `Impairment`: of one client or all, `up`, `down` or both ways.

        Gives by client its address and what became of its packets so far.
        """
        return self._ask({"client": client, "way": way, **impairment})

    def move(self, client: str) -> str:
        """Take the client's address away and give it another, which is returned."""
        return str(self._ask({"client": client, "move": True})[client]["address"])

    def state(self) -> dict[str, Any]:
        return self._ask({})

    def _ask(self, order: dict[str, Any]) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()
        return _read(self._process)


@contextmanager
def network(*clients: str) -> Iterator[Network]:
    """Raises NoRigError where networks cannot be made, with what is missing."""
    if shutil.which("ip") is None:
        raise NoRigError("`ip` is missing: apt-get install iproute2")
    name = f"rig{os.getpid()}"
    with subprocess.Popen(
        [sys.executable, "-m", "tests.rig.link", name, *clients],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C ends it by us, with its namespaces
    ) as process:
        assert process.stdin is not None
        try:
            _read(process)
            yield Network(name, process)
        finally:
            process.stdin.close()
            try:
                process.wait(GOODBYE_S)
            except subprocess.TimeoutExpired:
                process.terminate()


def _read(process: subprocess.Popen[str]) -> dict[str, Any]:
    assert process.stdout is not None
    told: dict[str, Any] = json.loads(process.stdout.readline() or '{"error": "the link ended"}')
    if "error" in told:
        raise NoRigError(str(told["error"]))
    return told
