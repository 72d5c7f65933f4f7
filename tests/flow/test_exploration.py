"""The interpreter against explicit exploration of everything that can happen."""

from __future__ import annotations

from hypothesis import given, settings

from flow.interpreter.bound import BoundGraph
from tests.flow.exploration import explore
from tests.flow.test_parallel_properties import blocks


@settings(max_examples=60, deadline=None)
@given(flow=blocks())
def test_the_interpreter_comes_to_the_markings_of_the_model_and_to_no_others(
    flow: BoundGraph,
) -> None:
    assert explore(flow, limit=200) > 1
