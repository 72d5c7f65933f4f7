"""A worker that leaves, and one that comes back from a sleep it did not choose."""

from __future__ import annotations

import os
import signal

import pytest

from runtime.media.load import FULL, Load
from tests.media.conftest import Dial
from tests.media.site import RefusedError, Site, WorkerProcess


async def test_a_worker_told_to_stop_carries_its_calls_until_people_have_gone(
    site: Site, worker: WorkerProcess, dial: Dial
) -> None:
    one, other = await dial("p1"), await dial("p2")
    await one.until_frames()

    os.kill(worker.pid, signal.SIGTERM)
    await site.until(lambda: site.heartbeats[-1]["draining"])
    await one.until_frames()
    with pytest.raises(RefusedError, match="overloaded"):
        await site.ask("room.open", "r2", 1)
    await one.hang_up()
    await other.hang_up()

    assert await worker.ended() == 0


async def test_a_worker_whose_calls_nobody_takes_does_not_wait(
    site: Site, worker: WorkerProcess, dial: Dial
) -> None:
    caller = await dial("p1")
    await site.until(lambda: site.heartbeats[-1]["peers"] == 1)

    os.kill(worker.pid, signal.SIGTERM)
    await site.until(lambda: site.heartbeats[-1]["draining"])
    await site.send({"type": "leave"})

    assert await worker.ended() == 0
    assert caller.peer


async def test_a_worker_that_slept_tells_what_it_holds_and_lets_it_go(
    site: Site, worker: WorkerProcess, dial: Dial
) -> None:
    """Its site had closed the socket and placed the room anew meanwhile."""
    await dial("p1")
    before = len(site.enrolled)

    os.kill(worker.pid, signal.SIGSTOP)
    await site.hang_up()
    os.kill(worker.pid, signal.SIGCONT)
    await site.until(lambda: len(site.enrolled) > before)
    await site.ask("room.close", "r1", 1)

    assert site.enrolled[-1]["rooms"] == [{"room": "r1", "generation": 1}]
    with pytest.raises(RefusedError, match="unknown_room"):
        await site.ask("stats.read", "r1", 1)
    with pytest.raises(RefusedError, match="stale_generation"):
        await site.ask("room.open", "r1", 0)


def test_a_moment_of_work_is_no_load_and_a_lasting_one_is() -> None:
    now = spent = 0.0
    load = Load(clock=lambda: now, cpu=lambda: spent)

    now, spent = 0.5, 0.5
    load.look(packets=100)
    after_a_moment = load.is_full
    for _ in range(12):
        now, spent = now + 0.5, spent + 0.5
        load.look(packets=100)

    assert (after_a_moment, load.is_full) == (False, True)
    assert load.share >= FULL
    assert load.packets_per_s == 0
