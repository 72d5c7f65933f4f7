"""A real web process: lets a crowd in bit by bit, says when it ends, cuts who does not read."""

from __future__ import annotations

import asyncio
import http.client
import re
import resource
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from channels.db import database_sync_to_async as in_db
from django.conf import settings

from runtime.consumers.arrivals import AT_ONCE, COMING_S
from runtime.consumers.outstanding import LIMIT_BYTES
from runtime.models import RunEvent
from tests.runtime import builders, crowd
from tests.runtime.deaf import DeafTab
from tests.runtime.storm import storm
from tests.runtime.web_process import ROOT, WebProcess, web_process

# A process that loads Django, on a machine that may be busy.
pytestmark = [pytest.mark.timeout(120), pytest.mark.usefixtures("committed")]
HANDSHAKE = (
    "GET /ws/desk/ HTTP/1.1\r\nHost: 127.0.0.1:{0}\r\nUpgrade: websocket\r\n"
    "Origin: http://127.0.0.1:{0}\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    "Cookie: {1}=nobody\r\n\r\n"
)
PEOPLE = 30


@pytest.fixture
def web(tmp_path: Path, committed: None) -> Iterator[WebProcess]:
    with web_process(tmp_path / "web.log", builders.own_site()) as process:
        yield process
    assert not re.search(r"Traceback|\"level\": \"(error|critical)\"", process.log.read_text())


async def test_who_is_sent_away_by_a_restart_comes_back_and_misses_nothing(tmp_path, web):
    pairs = await in_db(crowd.pairs)(PEOPLE)
    customers = [one.customer(web.port) for one in pairs]
    agents = [one.agent(web.port) for one in pairs]
    async with crowd.seated([*customers, *agents]):
        await asyncio.gather(*(one.act("tick", phrase="p0") for one in agents))

        web.signal(signal.SIGTERM)
        assert await asyncio.to_thread(web.wait) == 0
        gone = [one.codes for one in [*customers, *agents]]
        with web_process(tmp_path / "second.log", builders.own_site(), port=web.port):
            await asyncio.gather(*(one.is_welcome.wait() for one in [*customers, *agents]))
            acks = await asyncio.gather(*(one.act("tick", phrase="p1") for one in agents))
            for customer, ack in zip(customers, acks, strict=True):
                await customer.until(ack["seq"])

    assert [codes[0] for codes in gone] == [1012] * 2 * PEOPLE
    assert all(one.seqs == sorted(set(one.seqs)) for one in customers)
    acted = await in_db(RunEvent.objects.filter(kind="Acted").count)()
    assert acted == 2 * PEOPLE


async def test_after_a_storm_everybody_is_back_and_every_act_counts_once(web):
    pairs = await in_db(crowd.pairs)(PEOPLE)

    after = await storm(web, pairs)

    assert (after.missed, after.duplicated) == (0, 0)
    assert set(after.codes) <= {1006, 503}


async def test_a_reader_that_never_reads_is_cut_and_the_others_never_notice(web):
    document = crowd.reading_graph(phrases=100, chars=1_000)
    pairs = await in_db(crowd.pairs)(3, document=document)
    deaf = [DeafTab(web.port, one.run, one.colleague_cookie) for one in pairs]
    agents = [one.agent(web.port) for one in pairs]
    async with crowd.seated(agents):
        before = web.memory_bytes()
        for n in range(40):
            action = "untick" if n % 2 else "tick"
            await asyncio.gather(*(one.act(action, phrase="p0") for one in agents))
        grown = web.memory_bytes() - before
        left = [await asyncio.to_thread(one.drain) for one in deaf]

    assert all(not one.codes for one in agents)
    assert max(left) <= LIMIT_BYTES
    assert grown < len(deaf) * LIMIT_BYTES + 8 * 1024 * 1024


def raw_socket(port: int) -> socket.socket:
    """Asks for a socket and says nothing more."""
    one = socket.create_connection(("127.0.0.1", port), timeout=30)
    one.sendall(HANDSHAKE.format(port, settings.SESSION_COOKIE_NAME).encode())
    return one


def answer_of(one: socket.socket) -> str:
    return one.recv(4_096).decode(errors="replace")


def test_a_crowd_beyond_the_limit_is_asked_to_come_later_and_then_let_in(web):
    first = [raw_socket(web.port) for _ in range(AT_ONCE)]
    accepted = [answer_of(one) for one in first]

    refused = answer_of(raw_socket(web.port))
    time.sleep(COMING_S + 0.1)  # who came and said nothing is no longer counted
    let_in = answer_of(raw_socket(web.port))

    assert all(one.startswith("HTTP/1.1 101 ") for one in accepted)
    assert refused.startswith("HTTP/1.1 503 ")
    assert re.search(r"\r\nRetry-After: [1-4]\r\n", refused)
    assert let_in.startswith("HTTP/1.1 101 ")


def test_who_waits_too_long_to_be_let_in_is_asked_to_come_later(tmp_path):
    slow = "tests.runtime.unanswering:application"
    with web_process(tmp_path / "web.log", builders.own_site(), application=slow) as web:
        refused = answer_of(raw_socket(web.port))

    assert refused.startswith("HTTP/1.1 503 ")
    assert re.search(r"\r\nRetry-After: [1-4]\r\n", refused)


LIMITS = """
import resource, sys
from config import serving
resource.setrlimit(resource.RLIMIT_NOFILE, ({soft}, {hard}))
serving.log.warning = lambda event, **more: print(event, file=sys.stderr)
serving.raise_file_limit()
print(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
"""


def test_a_grant_in_an_address_does_not_come_into_the_log(web):
    line = http.client.HTTPConnection("127.0.0.1", web.port, timeout=10)

    line.request("POST", "/api/v1/callbacks/eyJydW4i.c2ln", body="{}")
    answer = line.getresponse().status
    line.close()

    assert answer == 404
    web.stop()
    logged = web.log.read_text()
    assert "/api/v1/callbacks/…" in logged
    assert "eyJydW4i" not in logged


@pytest.mark.parametrize(
    ("soft", "hard", "now", "said"),
    [(256, 8_192, 8_192, ""), (256, 1_024, 1_024, "too_few_files")],
)
def test_the_limit_of_open_files_is_raised_as_far_as_it_goes(soft, hard, now, said):
    if resource.getrlimit(resource.RLIMIT_NOFILE)[1] < hard:
        pytest.fail(f"the tests themselves may open fewer files than {hard}: see ulimit -Hn")
    django = "import os, django; os.environ['DJANGO_SETTINGS_MODULE'] = 'config.settings.test'\n"
    program = django + "django.setup()" + LIMITS.format(soft=soft, hard=hard)

    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT
    )

    assert done.stdout.split() == [str(now)]
    assert said in done.stderr
