"""A redundant recording is made twice, by two processes that do not need each other."""

from __future__ import annotations

import asyncio
import hashlib
import signal
from pathlib import Path
from typing import Any

import psutil

from runtime.media import chain
from tests.media.conftest import Dial
from tests.media.peers import Caller
from tests.media.site import Message, Site, WorkerProcess, grant
from tests.media.test_recording import PARTIES, links_of, read_file


async def begin(site: Site) -> None:
    leave = grant("r1", 1)
    await site.ask("record.start", recording="rec1", parties=PARTIES, grant=leave, redundant=True)


def has_segments(site: Site, party: str) -> bool:
    """Whether the second recorder has told of media that it has written."""
    told = site.find("recording", party=party, copy=True)
    return any(one["data"]["segments"] for one in told)


async def in_call(dial: Dial) -> tuple[Caller, Caller]:
    agent, customer = await dial("agent"), await dial("customer")
    await agent.until_frames(2)
    await customer.until_frames(2)
    return agent, customer


async def delivered(site: Site, party: str, *, copy: bool) -> Message:
    def of_it() -> list[Message]:
        found: list[Message] = site.find("delivered", party=party, copy=copy)
        return found

    await site.until(lambda: bool(of_it()))
    data: Message = of_it()[0]["data"]
    return data


def second_of(worker: WorkerProcess) -> psutil.Process:
    """The process of the worker's second recorder."""
    children = psutil.Process(worker.pid).children()
    return next(one for one in children if "runtime.media.second" in one.cmdline())


def check(path: Path, event: Message, site: Site, *, least: int = 15) -> dict[str, Any]:
    """The file is whole by its own chain; what it holds."""
    content, read = path.read_bytes(), read_file(path)
    links = {link.n: link for link in links_of(site, event["file"])}
    assert hashlib.sha256(content).hexdigest() == event["sha256"]
    assert chain.find_break([links[n] for n in sorted(links)], content) is None
    assert read["pictures"] > least
    return read


async def test_both_recorders_keep_the_whole_call(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    await in_call(dial)
    await begin(site)
    await site.until(lambda: has_segments(site, "customer"))
    await asyncio.sleep(2)
    await site.ask("record.stop", recording="rec1")

    for party in ("agent", "customer"):
        first = await delivered(site, party, copy=False)
        second = await delivered(site, party, copy=True)
        one = check(worker.media / first["path"], first, site)
        other = check(worker.media / second["path"], second, site)
        assert first["file"] != second["file"]
        assert abs(first["t0_ms"] - second["t0_ms"]) < 100
        assert abs(one["duration"] - other["duration"]) < 1
        assert abs(len(one["times"]["audio"]) - len(other["times"]["audio"])) < 50
    assert "Traceback" not in worker.log_text()


async def test_second_recorder_that_dies_is_followed_by_another(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    await in_call(dial)
    await begin(site)
    await site.until(lambda: has_segments(site, "agent"))
    killed = second_of(worker)
    killed.send_signal(signal.SIGKILL)

    def is_replaced() -> bool:
        files = {one["data"]["file"] for one in site.find("recording", party="agent", copy=True)}
        return len(files) > 1

    await site.until(is_replaced)
    await asyncio.sleep(1)
    await site.ask("record.stop", recording="rec1")

    first = await delivered(site, "agent", copy=False)
    check(worker.media / first["path"], first, site)
    await site.until(lambda: len(site.find("delivered", party="agent", copy=True)) > 1)
    for event in site.find("delivered", party="agent", copy=True):
        check(worker.media / event["data"]["path"], event["data"], site, least=0)


async def test_worker_that_dies_leaves_what_the_second_recorder_got(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    await in_call(dial)
    await begin(site)
    await site.until(lambda: has_segments(site, "customer"))
    second = second_of(worker)
    await worker.kill()
    await asyncio.to_thread(second.wait, 10)

    await worker.start()

    for copy in (False, True):
        event = await delivered(site, "customer", copy=copy)
        check(worker.media / event["path"], event, site, least=0)


async def test_plain_recording_has_no_second_recorder(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    await dial("agent")
    await site.ask("record.start", recording="rec1", parties=PARTIES, grant=grant("r1", 1))

    children = psutil.Process(worker.pid).children()

    assert not [one for one in children if "runtime.media.second" in one.cmdline()]
