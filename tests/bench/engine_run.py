"""Runs of a ten-step flow through the real driver, as fast as one client can act."""

from __future__ import annotations

import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

from django.db import connection

from designer.models import FlowVersion
from flow.events import Acted, ActivityId, ParticipantId, ParticipantJoined
from runtime import driver
from runtime.clock import now_ms
from runtime.models import Run
from tests.runtime.builders import edge, end, graph, node

STEPS_PER_RUN = 10
CUSTOMER = ParticipantId("customer-1")


def ten_steps() -> dict[str, object]:
    """A link, ten consents with a time limit each, an end: every step cancels and sets a timer."""
    asks = [f"ask_{number}" for number in range(1, STEPS_PER_RUN + 1)]
    text = {"en": "Do you agree?", "zh-Hans": "您同意吗？"}
    nodes = [node("start", "entry.link"), *(consent(one, text) for one in asks)]
    edges = [edge("start", "ok", asks[0]), edge("start", "expired", "done")]
    for one, following in zip(asks, [*asks[1:], "done"], strict=True):
        edges.append(edge(one, "ok", following))
        edges += [edge(one, outcome, "done") for outcome in ("declined", "timeout")]
    return graph([*nodes, end()], edges)


def consent(name: str, text: dict[str, str]) -> dict[str, object]:
    return node(name, "consent.ask", kind="terms", heading=text, text=text, min_view_s=0)


def step_rate(steps: int, version: FlowVersion) -> float:
    """Acts stored a second, one after the other; starting a run is not counted."""
    spent = 0.0
    for _ in range(steps // STEPS_PER_RUN):
        run = entered(version)
        started = time.perf_counter()
        live(run)
        spent += time.perf_counter() - started
        expect_closed(run)
    return steps / spent


def step_rate_of_clients(clients: int, steps: int, version: FlowVersion) -> float:
    """The same by several threads at once, each with runs of its own; all have come in before."""
    runs = [[entered(version) for _ in range(steps // STEPS_PER_RUN)] for _ in range(clients)]
    begin = threading.Barrier(clients + 1)

    def act(own: list[uuid.UUID]) -> None:
        begin.wait()
        for run in own:
            live(run)
        connection.close()

    with ThreadPoolExecutor(clients) as pool:
        done = [pool.submit(act, own) for own in runs]
        begin.wait()
        started = time.perf_counter()
        for one in done:
            one.result()
        spent = time.perf_counter() - started
    for own in runs:
        expect_closed(own[-1])
    return clients * steps / spent


def entered(version: FlowVersion) -> uuid.UUID:
    """A run at its first consent."""
    run: uuid.UUID = driver.start_run(version, at_ms=now_ms()).pk
    joined = ParticipantJoined(at_ms=now_ms(), participant=CUSTOMER, role="customer", name="")
    driver.advance_run(run, joined, key="joined", actor=CUSTOMER)
    return run


def live(run: uuid.UUID) -> None:
    for number in range(1, STEPS_PER_RUN + 1):
        agree(run, ActivityId(f"ask_{number}.1"))


def expect_closed(run: uuid.UUID) -> None:
    status = Run.objects.get(pk=run).status
    if status != "closed":
        raise SystemExit(f"the run stands at {status} after its last step")


def agree(run_id: uuid.UUID, activity: ActivityId) -> None:
    acted = Acted(
        at_ms=now_ms(), activity=activity, action="agree", participant=CUSTOMER, role="customer"
    )
    driver.advance_run(run_id, acted, key=uuid.uuid4().hex, actor=CUSTOMER)
