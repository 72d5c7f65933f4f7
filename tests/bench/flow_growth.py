"""CPU of one `advance`, one check and one view as the flow grows: plain numbers, no judgement.

`python tests/bench/flow_growth.py` prints one JSON object a line.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2]))

from flow.events import ParticipantId
from flow.interpreter.advance import advance
from flow.interpreter.bound import BoundGraph
from flow.projection import RunFacts, project
from flow.state import RunState
from flow.verification.verify import verify
from tests.builders import acted, linear, started
from tests.flow.parts import branches, waits

SMALL, LARGE = 10, 10_000
TURNS, STEPS = 7, 8
FACTS = RunFacts(id="r", number="1", flow="f", version=1)


def flow_of(nodes: int) -> BoundGraph:
    """A line of `nodes` nodes that each wait for a person."""
    return linear(*[waits()] * (nodes - 2))


def far_along(flow: BoundGraph) -> tuple[RunState, int]:
    """A run shortly before its end, so that nearly all its nodes are passed."""
    last = len(flow.graph.nodes) - 3 - TURNS * STEPS if len(flow.graph.nodes) > 200 else 1
    state = started(flow).state
    for n in range(1, last):
        state = advance(flow, state, acted(f"n{n}.1", "ok")).state
    return state, last


def step_us(nodes: int) -> float:
    """Microseconds a step, the median of some turns."""
    flow = flow_of(nodes)
    state, at = far_along(flow)
    turns = []
    for _ in range(TURNS):
        here = state
        begun = time.process_time()
        for n in range(STEPS - 2):
            here = advance(flow, here, acted(f"n{at + n}.1", "ok")).state
        turns.append((time.process_time() - begun) / (STEPS - 2))
    return statistics.median(turns) * 1e6


def median_ms(work: Callable[[], object]) -> float:
    turns = []
    for _ in range(TURNS):
        begun = time.process_time()
        work()
        turns.append(time.process_time() - begun)
    return statistics.median(turns) * 1e3


def say(name: str, value: float, unit: str, against: str) -> None:
    print(json.dumps({"name": name, "value": round(value, 3), "unit": unit, "against": against}))


def main() -> None:
    pairs = [(step_us(SMALL), step_us(LARGE)) for _ in range(TURNS)]
    small = statistics.median(one for one, _ in pairs)
    large = statistics.median(one for _, one in pairs)
    say("flow.advance_us", small, "us", f"{SMALL} nodes")
    say("flow.advance_us", large, "us", f"{LARGE} nodes, nearly all passed")
    say("flow.advance_growth", large / small, "ratio", f"{LARGE} nodes against {SMALL}")
    parts = [waits() if n % 3 else branches() for n in range(1, 999)]
    flow = linear(*parts, config={f"n{n}": {"when": "1 < 2"} for n in range(1, 999)})
    say(
        "flow.verify_ms",
        median_ms(lambda: verify(flow.graph, flow.components)),
        "ms",
        "1000 nodes, drawn again with nothing changed",
    )
    state, who = started(flow).state, ParticipantId("anna")
    say(
        "flow.project_ms",
        median_ms(lambda: project(flow, state, "agent", who, at_ms=1, run=FACTS)),
        "ms",
        "agent's view, 1000 nodes",
    )


if __name__ == "__main__":
    main()
