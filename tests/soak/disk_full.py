"""Proof 10: the disk fills up and is freed again; what was acknowledged stays, life goes on.

A recording grows on the same disk: it loses what was not taken, says so, and goes on as well.
"""

from __future__ import annotations

import os
import random
import time
from pathlib import Path

from runtime.models import Run
from tests.runtime.builders import published
from tests.soak.customers import Crowd, served_flow
from tests.soak.draining import settle
from tests.soak.examination import examine
from tests.soak.processes import Edge, Process, RefusedError, dispatch_jobs
from tests.soak.result import Result
from tests.soak.tape import Tape

REFUSALS = 2
"""In each trial; a refusal takes its time, because most outages are over in a moment."""
STORED = 5
"""Acts that are taken again before the disk fills up anew."""
STORED_LIMIT_S = 300.0
_PIECE = 64 * 1024


def prove(result: Result, trials: int) -> None:
    """Each trial fills the disk until acts are refused, frees it and sees acts stored again."""
    crowd = Crowd(published(served_flow()).pk, 4, random.Random(result.seed))
    edge, dispatcher = Edge(), Process(dispatch_jobs, crash=None)
    folder = Path(os.environ["COUNTERFLOW_VAR"])
    ballast, tape = folder / "ballast", Tape(folder)
    try:
        for _ in range(trials):
            refused = _until_refused(crowd, edge, ballast, tape)
            ballast.unlink()
            _until_stored(crowd, edge, tape)
            result.trials += 1
            result.cases["refused acts"] += refused
        if not dispatcher.alive:
            result.broken.append("the dispatcher died of a full disk")
        crowd.finish(edge)
        result.figures["drained_s"] = settle()
    finally:
        edge.close()
        dispatcher.kill()
    examine(result, crowd.journal)
    tape.end(result)
    result.figures["runs"] = Run.objects.count()


def _until_refused(crowd: Crowd, edge: Edge, ballast: Path, tape: Tape) -> int:
    """Fill, act, and go on acting on the full disk for a moment; how many acts were refused."""
    refused = 0
    while refused < REFUSALS:
        _fill(ballast)
        tape.roll()
        try:
            crowd.step(edge, time.time_ns() // 1_000_000)
        except RefusedError:
            refused += 1
    return refused


def _fill(ballast: Path) -> None:
    with ballast.open("ab", buffering=0) as sink:
        try:
            while sink.write(bytes(_PIECE)) == _PIECE:
                pass
        except OSError:
            return


def _until_stored(crowd: Crowd, edge: Edge, tape: Tape) -> None:
    deadline = time.monotonic() + STORED_LIMIT_S
    enough = crowd.stored + STORED
    while crowd.stored < enough:
        if time.monotonic() > deadline:
            raise TimeoutError("no act was stored after space came back")
        tape.roll()
        try:
            crowd.step(edge, time.time_ns() // 1_000_000)
        except RefusedError:
            time.sleep(0.05)
