"""Runs of a ten-step flow through the real driver, as fast as one client can act."""

from __future__ import annotations

import time
import uuid

from flow.events import Acted, ActivityId, ParticipantId, ParticipantJoined
from runtime import driver
from runtime.clock import now_ms
from runtime.models import Run
from tests.runtime.builders import edge, end, graph, node, published

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


def step_rate(steps: int) -> float:
    """Acts stored a second, one after the other; starting a run is not counted."""
    version = published(ten_steps())
    spent = 0.0
    for _ in range(steps // STEPS_PER_RUN):
        run = driver.start_run(version, at_ms=now_ms())
        joined = ParticipantJoined(at_ms=now_ms(), participant=CUSTOMER, role="customer", name="")
        driver.advance_run(run.pk, joined, key="joined", actor=CUSTOMER)
        started = time.perf_counter()
        for number in range(1, STEPS_PER_RUN + 1):
            agree(run.pk, ActivityId(f"ask_{number}.1"))
        spent += time.perf_counter() - started
        closed = Run.objects.get(pk=run.pk)
        if closed.status != "closed":
            raise SystemExit(f"the run stands at {closed.status} after its last step")
    return steps / spent


def agree(run_id: uuid.UUID, activity: ActivityId) -> None:
    acted = Acted(
        at_ms=now_ms(), activity=activity, action="agree", participant=CUSTOMER, role="customer"
    )
    driver.advance_run(run_id, acted, key=uuid.uuid4().hex, actor=CUSTOMER)
