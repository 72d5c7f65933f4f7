"""Customers of a cluster, through its proxy, whatever happens to its processes."""

from __future__ import annotations

import contextlib
import json
import threading
import time
import uuid
from typing import Any

from typing_extensions import override
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Origin

LIFE_LIMIT_S = 300.0
SILENCE_LIMIT_S = 8.0
"""The site answers pings; a socket that does not for so long is dead."""
DONE = 1000


class Customer(threading.Thread):
    """Says yes to whatever it is asked until the run has ended.

    Acts are sent again under their own id until they are acknowledged, as a browser does.
    """

    def __init__(self, site: str, run: str, cookie: str, *, thinks_s: float) -> None:
        super().__init__(name=f"customer {run}", daemon=True)
        self.run_id, self.journal, self.problem = run, list[tuple[str, str, int]](), ""
        self.ending = ""
        self.resumed = 0
        self._address = f"{site.replace('http', 'ws', 1)}/ws/run/{run}/"
        self._site, self._cookie, self._thinks_s = site, cookie, thinks_s
        self._seq = 0
        self._me = ""
        self._said: dict[str, str] = {}
        """Activity → id of the act in which it was agreed to."""
        self._told: set[str] = set()

    @override
    def run(self) -> None:
        deadline = time.monotonic() + LIFE_LIMIT_S
        while not self.ending and not self.problem:
            if time.monotonic() > deadline:
                self.problem = f"not done after {LIFE_LIMIT_S:g} s at seq {self._seq}"
            with contextlib.suppress(OSError, InvalidHandshake, ConnectionClosed, EOFError):
                self._live()
            time.sleep(0.2)

    def _live(self) -> None:
        cookie = {"Cookie": self._cookie}
        with connect(
            self._address,
            additional_headers=cookie,
            origin=Origin(self._site),
            open_timeout=5,
            close_timeout=1,
        ) as socket:
            self.resumed += 1
            hello = {"protocol": 1, "seq": self._seq, "locale": "en", "tab": str(uuid.uuid4())}
            self._say(socket, "hello", **hello)
            while not self.ending:
                self._hear(socket, json.loads(_next(socket)))

    def _hear(self, socket: ClientConnection, message: dict[str, Any]) -> None:
        match message["type"]:
            case "welcome":
                self._me = message["you"]["participant"]
                for activity in self._said:
                    self._agree(socket, activity)
            case "view":
                self._seq = message["seq"]
                self._look(socket, message["view"])
            case "ack":
                self._told.add(message["id"])
                key = f"act:{self._me}:{message['id']}"
                self.journal.append((self.run_id, key, message["seq"]))
            case "refused" if message["reason"] == "again":
                raise EOFError
            case "refused" if message["reason"] not in ("unknown_activity", "run_ended"):
                self.problem = f"refused: {message['reason']}"
                raise EOFError

    def _look(self, socket: ClientConnection, view: dict[str, Any]) -> None:
        if view["run"]["ending"]:
            self.ending = view["run"]["ending"]["kind"]
        for activity in view["activities"]:
            if activity["panel"] == "consent":
                time.sleep(self._thinks_s)
                self._agree(socket, activity["id"])

    def _agree(self, socket: ClientConnection, activity: str) -> None:
        id_ = self._said.setdefault(activity, str(uuid.uuid4()))
        if id_ not in self._told:
            self._say(socket, "act", id=id_, activity=activity, action="agree", data={})

    def _say(self, socket: ClientConnection, kind: str, **content: Any) -> None:
        socket.send(json.dumps({"type": kind, **content}))


def _next(socket: ClientConnection) -> str | bytes:
    """The next message; a quiet socket is asked whether it lives. Raises EOFError when not."""
    for _ in range(2):
        try:
            return socket.recv(timeout=SILENCE_LIMIT_S / 2)
        except TimeoutError:
            socket.send(json.dumps({"type": "ping", "at": 0}))
    raise EOFError
