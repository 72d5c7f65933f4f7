"""One point of a growth curve, asked in turns: `engine_child.py graph|open|tokens SIZE`.

Answers with durable steps a second on SQLite (WAL, FULL), the steps taken at the given size.
"""

from __future__ import annotations

import random
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.bench.engine_site import open_site

if TYPE_CHECKING:
    from flow.interpreter.bound import BoundGraph
    from flow.state import RunState

STEPS = 200
FAR_STEPS = 1_400
"""So long that a far run, too, writes a snapshot on the way."""
AT_ONCE = 200


def graph(size: int) -> Callable[[int], float]:
    """Steps of runs through a line of `size` nodes, nearly all of them passed where it is long."""
    from tests.builders import linear  # noqa: PLC0415 - needs the site
    from tests.flow.parts import waits  # noqa: PLC0415 - needs the site

    bound = linear(*[waits()] * (size - 2))
    last = size - 3
    first = max(1, last - FAR_STEPS)
    state = _walked(bound, first)
    version = _version(bound)

    def rate(steps: int) -> float:
        spent, taken = 0.0, 0
        while taken < steps:
            run = _standing(version, state)
            events = [f"n{n}.1" for n in range(first, last)]
            spent += _seconds(run, events, "ok")
            taken += len(events)
        return taken / spent

    return rate


def tokens(size: int) -> Callable[[int], float]:
    """Steps of a run in which so many tokens wait, each time at another of them."""
    from flow.events import ActivityId  # noqa: PLC0415 - needs the site
    from tests.builders import linear  # noqa: PLC0415 - needs the site
    from tests.flow.parts import waits  # noqa: PLC0415 - needs the site

    bound = linear(waits())
    state = _walked(bound, 1)
    only = next(iter(state.activities.values()))
    names = [ActivityId(f"n1.{n}") for n in range(1, size + 1)]
    state = replace(state, activities={name: replace(only, id=name) for name in names})
    version = _version(bound)

    def rate(steps: int) -> float:
        run = _standing(version, state)
        return steps / _seconds(run, [names[n % size] for n in range(steps)], "write")

    return rate


def open_runs(size: int) -> Callable[[int], float]:
    """Steps of runs chosen by chance among so many that are open, all in the same database."""
    from django.db import transaction  # noqa: PLC0415 - needs the site

    from flow.events import ActivityId  # noqa: PLC0415 - needs the site
    from tests.bench.engine_run import agree, entered, ten_steps  # noqa: PLC0415 - needs the site
    from tests.runtime.builders import published  # noqa: PLC0415 - needs the site

    version = published(ten_steps())
    chance = random.Random(7)
    opened: list[list[object]] = []

    def add(count: int) -> None:
        with transaction.atomic():
            opened.extend([entered(version), 1] for _ in range(count))

    for begun in range(0, size, AT_ONCE):
        add(min(AT_ONCE, size - begun))

    def rate(steps: int) -> float:
        spent = 0.0
        for _ in range(steps):
            one = chance.choice(opened)
            run, number = uuid.UUID(str(one[0])), int(str(one[1]))
            began = time.perf_counter()
            agree(run, ActivityId(f"ask_{number}.1"))
            spent += time.perf_counter() - began
            one[1] = number + 1
            if number == 10:
                opened.remove(one)
                add(1)
        return steps / spent

    return rate


def _walked(bound: BoundGraph, nodes: int) -> RunState:
    from flow.interpreter.advance import advance  # noqa: PLC0415 - needs the site
    from tests.builders import acted, started  # noqa: PLC0415 - needs the site

    state = started(bound).state
    for n in range(1, nodes):
        state = advance(bound, state, acted(f"n{n}.1", "ok")).state
    return state


def _version(bound: BoundGraph) -> object:
    """A version that is executed with this graph: larger than any that can be published."""
    from runtime import versions  # noqa: PLC0415 - needs the site
    from tests.bench.engine_run import ten_steps  # noqa: PLC0415 - needs the site
    from tests.runtime.builders import published  # noqa: PLC0415 - needs the site

    version = published(ten_steps())
    versions._GRAPHS[version.pk] = bound
    return version


def _standing(version: object, state: RunState) -> uuid.UUID:
    """A run of the version that stands at `state`."""
    import json  # noqa: PLC0415 - beside what needs the site

    from designer.models import FlowVersion  # noqa: PLC0415 - needs the site
    from flow import codec  # noqa: PLC0415 - needs the site
    from runtime import driver, sealing, states  # noqa: PLC0415 - needs the site
    from runtime.clock import now_ms  # noqa: PLC0415 - needs the site
    from runtime.models import Run  # noqa: PLC0415 - needs the site

    assert isinstance(version, FlowVersion)
    run = driver.start_run(version, at_ms=now_ms())
    text = json.dumps(codec.state_to_json(state))
    kept = json.loads(sealing.seal_for(run.pk).close(sealing.state_place(run.seq), text))
    Run.objects.filter(pk=run.pk).update(state=kept, state_seq=run.seq)
    states.forget(run.pk)
    driver.read_run(run.pk)
    found: uuid.UUID = run.pk
    return found


def _seconds(run: uuid.UUID, activities: list[str], action: str) -> float:
    from runtime import driver  # noqa: PLC0415 - needs the site
    from tests.builders import acted  # noqa: PLC0415 - needs the site

    began = time.perf_counter()
    for n, activity in enumerate(activities):
        driver.advance_run(run, acted(activity, action), key=f"step {n}", actor="test")
    return time.perf_counter() - began


CURVES = {"graph": graph, "open": open_runs, "tokens": tokens}


def main() -> None:
    curve, size = sys.argv[1], int(sys.argv[2])
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        open_site(Path(name))
        rate = CURVES[curve](size)
        rate(STEPS // 4)
        print("ready", flush=True)
        for line in sys.stdin:
            print(rate(int(line)), flush=True)


if __name__ == "__main__":
    main()
