"""A web process under random messages and requests: it answers each, and its log stays clean."""

from __future__ import annotations

import asyncio
import http.client
import json
import random
import re
from collections import Counter
from collections.abc import Sequence

from django.conf import settings
from django.utils import timezone
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from accounts.models import Role
from designer import drafts
from designer.models import Draft, Flow
from tests.runtime import builders, junk
from tests.runtime.crowd import Pair
from tests.runtime.web_process import WebProcess

PER_SOCKET = 50
"""Below the burst a socket may send: what is refused as too fast is never read."""
CLOSES = {1000, 1007, 1009, 4400, 4401, 4403, 4404, 4408, 4409, 4413, 4414, 4429}
NOT_ASKED = ("logout", "erase_run", "login")
"""Those would end the session, the runs or the account that the other requests are about."""
CSRF = "c" * 32
FAULTS = re.compile(r"Traceback|\"level\": \"(?:error|critical)\"|Internal Server Error")


async def sockets(
    web: WebProcess, doors: Sequence[tuple[str, dict[str, str]]], count: int, seed: int
) -> Counter[int]:
    """Send `count` messages over sockets at `doors` (path, headers); how the sockets ended.

    0 stands for one that was still open.
    """
    chance = random.Random(seed)
    ends: Counter[int] = Counter()
    for n in range(0, count, PER_SOCKET):
        path, headers = doors[n // PER_SOCKET % len(doors)]
        frames = [junk.message(chance) for _ in range(min(PER_SOCKET, count - n))]
        if chance.random() < 0.8:
            frames.insert(0, json.dumps(junk.MESSAGES[0]))
        ends[await _pelt(f"ws://127.0.0.1:{web.port}{path}", headers, frames)] += 1
    return ends


async def _pelt(url: str, headers: dict[str, str], frames: Sequence[str | bytes]) -> int:
    try:
        async with connect(
            url, additional_headers=headers, compression=None, open_timeout=30
        ) as line:
            try:
                for one in frames:
                    await line.send(
                        one if isinstance(one, bytes) else one.encode("utf-8", "replace"),
                        text=isinstance(one, str),
                    )
                async with asyncio.timeout(0.3):
                    while True:
                        await line.recv()
            except TimeoutError:
                return 0
            except ConnectionClosed:
                return line.close_code or 1006
    except InvalidStatus as refused:
        return refused.response.status_code


def requests(
    web: WebProcess, session: str, ids: Sequence[str], count: int, seed: int
) -> Counter[int]:
    """Send `count` requests to the operations of our OpenAPI document; the answers by status."""
    found = junk.Requests(random.Random(seed), ids, NOT_ASKED)
    headers = {
        "Cookie": f"{settings.SESSION_COOKIE_NAME}={session}; {settings.CSRF_COOKIE_NAME}={CSRF}",
        "X-CSRFToken": CSRF,
        "Content-Type": "application/json",
    }
    statuses: Counter[int] = Counter()
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=300)
    for _ in range(count):
        asked = found.one()
        line.request(asked.method, asked.path, asked.body, headers)
        answer = line.getresponse()
        answer.read()
        assert answer.status < 500, f"{answer.status}: {asked}"
        statuses[answer.status] += 1
    line.close()
    return statuses


def faults(web: WebProcess) -> list[str]:
    """Lines of the process's log that tell of a fault."""
    return [one for one in web.log.read_text(errors="replace").splitlines() if FAULTS.search(one)]


def doors(web: WebProcess, pairs: Sequence[Pair], session: str) -> list[tuple[str, dict[str, str]]]:
    """The three sockets, each as somebody who may enter."""
    origin = f"http://127.0.0.1:{web.port}"
    staff = f"{settings.SESSION_COOKIE_NAME}={session}"
    found = [("/ws/desk/", {"Origin": origin, "Cookie": staff})]
    found.append(("/ws/worker/", {"Authorization": "Bearer a-worker-token"}))
    for one in pairs:
        path = f"/ws/run/{one.run}/"
        found.append(
            (path, {"Origin": origin, "Cookie": f"{settings.JOIN_COOKIE_NAME}={one.cookie}"})
        )
        found.append((path, {"Origin": origin, "Cookie": one.colleague_cookie}))
    return found


def somebody(pairs: Sequence[Pair]) -> tuple[str, list[str]]:
    """The session of somebody with every role, and ids of things that are there."""
    user = builders.staff("many-roles", *Role.values)
    workspace = builders.workspace()
    flow = drafts.begin(
        workspace=workspace, name="Drawn", template=None, person=user, now=timezone.now()
    )
    for one in Flow.objects.filter(draft=None):  # published by the tests, never drawn
        Draft.objects.create(flow=one, graph=flow.draft.graph, saved_at=timezone.now())
    runs = [str(one.run) for one in pairs]
    return builders.session_of(user), [*runs, str(flow.pk), str(workspace.pk), "1"]
