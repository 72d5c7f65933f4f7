"""A core that takes its time, and the processes that wait for it: killed, or just waiting."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from runtime import driver
from runtime.models import Connection, QueueEntry
from tests.runtime import builders
from tests.runtime.bookings import begun, outcome, reach
from tests.runtime.core_peer import CorePeer, core_peer

WORKER = """
import signal
import django
django.setup()
from runtime.dispatcher import Dispatcher
dispatcher = Dispatcher()
signal.signal(signal.SIGTERM, dispatcher.stop)
dispatcher.run()
"""


@pytest.fixture
def core(committed: None, settings) -> Iterator[CorePeer]:
    with core_peer() as peer:
        reach(peer, settings)
        yield peer


def run_dispatcher(core: CorePeer) -> subprocess.Popen[bytes]:
    egress = {
        "COUNTERFLOW_EGRESS_PRIVATE": "127.0.0.0/8",
        "COUNTERFLOW_EGRESS_PORTS": str(core.port),
    }
    return subprocess.Popen(
        [sys.executable, "-c", WORKER],
        env={**os.environ, **builders.own_site(), **egress},
        cwd=Path(__file__).parents[2],
    )


@pytest.mark.timeout(120)  # two processes that load Django, on a machine that may be busy
def test_kill_9_while_the_core_holds_its_answer_books_once(core):
    Connection.objects.update(timeout_ms=20_000)
    core.faults.append("late")
    run = begun(timeout_s=120)
    first = run_dispatcher(core)
    assert core.arrived.wait(60)
    first.kill()
    first.wait(10)

    second = run_dispatcher(core)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not outcome(run):
        time.sleep(0.05)
    second.terminate()

    assert second.wait(30) == 0
    assert outcome(run) == "ok"
    assert core.ledger.booked == [f"{run.pk}/book.1"]
    assert core.ledger.heard == ["POST /place_order", f"GET /operations/{run.pk}%2Fbook.1"]
    assert driver.is_snapshot_true(run.pk)


@pytest.mark.timeout(120)
def test_while_a_core_thinks_the_house_goes_on(core):
    """More slow calls than the house has threads for itself, and nobody holds the database."""
    Connection.objects.update(timeout_ms=20_000)
    core.faults.extend(["late"] * 6)
    slow = [begun(timeout_s=120) for _ in range(6)]
    process = run_dispatcher(core)
    assert core.arrived.wait(60)

    queued = builders.entered(builders.call_graph())
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline and not QueueEntry.objects.filter(run=queued).exists():
        time.sleep(0.05)
    waiting = [outcome(one) for one in slow]
    core.release.set()
    process.terminate()

    assert process.wait(30) == 0
    assert QueueEntry.objects.filter(run=queued).exists()
    assert waiting == [""] * 6
