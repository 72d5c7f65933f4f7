"""Proofs 6 and 8: recorded runs replay as they were; random flows do what a plain model does."""

from __future__ import annotations

from hypothesis import HealthCheck, given, seed, settings

from flow.interpreter.bound import BoundGraph
from tests.flow import test_histories
from tests.flow.exploration import explore
from tests.flow.test_parallel_properties import blocks
from tests.soak.result import Result

LIMIT = 500
"""Markings of one flow that are walked."""


def prove(result: Result, trials: int) -> None:
    """Each trial is a flow, every marking of it, every event there and the same event again."""
    met: list[int] = []

    @seed(result.seed)
    @settings(max_examples=trials, deadline=None, suppress_health_check=list(HealthCheck))
    @given(flow=blocks())
    def walk(flow: BoundGraph) -> None:
        met.append(explore(flow, limit=LIMIT))

    walk()
    for path in test_histories.KEPT:
        test_histories.test_a_recorded_run_leads_to_the_same_commands_and_states(path)
    result.trials = len(met)
    result.figures |= {"markings": sum(met), "histories": len(test_histories.KEPT)}
