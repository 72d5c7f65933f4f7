"""How a peer is measured: it reads a number of jobs, and answers with durable steps a second."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

STEPS = 10


def answer(job: Callable[[], float]) -> None:
    """`job` does STEPS durable steps, one after the other, and says how many seconds they took."""
    job()
    print("ready", flush=True)
    for line in sys.stdin:
        jobs = int(line)
        spent = sum(job() for _ in range(jobs))
        print(jobs * STEPS / spent, flush=True)


def seconds(work: Callable[[], object]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun
