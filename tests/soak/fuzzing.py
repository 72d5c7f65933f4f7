"""Random messages and requests at a real web process: no fault in its log, no memory that stays."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.runtime import builders, crowd, fuzz
from tests.runtime.web_process import web_process
from tests.soak.result import Result

GROWTH_BYTES = 50 * 1024 * 1024
ROUND = 1_000


def prove(result: Result, trials: int) -> None:
    """A trial is one message and one request."""
    pairs = crowd.pairs(4)
    builders.worker()
    session, ids = fuzz.somebody(pairs)
    with web_process(Path(os.environ["COUNTERFLOW_VAR"]) / "web.log", {}) as web:
        fuzz.requests(web, session, ids, ROUND, result.seed)  # loads what is loaded once
        before = web.memory_bytes()
        while result.trials < trials:
            seed = result.seed + result.trials
            doors = fuzz.doors(web, pairs, session)
            ends = asyncio.run(fuzz.sockets(web, doors, ROUND, seed))
            answers = fuzz.requests(web, session, ids, ROUND, seed)
            result.trials += ROUND
            result.cases.update({f"socket {code}": count for code, count in ends.items()})
            result.cases.update({f"http {code}": count for code, count in answers.items()})
            strange = set(ends) - {0, *fuzz.CLOSES}
            result.broken += [f"a socket ended with {one}" for one in sorted(strange)]
        grown = web.memory_bytes() - before
        result.broken += fuzz.faults(web)
    result.figures["grown_mib"] = round(grown / 2**20, 1)
    if grown > GROWTH_BYTES:
        result.broken.append(f"the process grew by {grown} bytes")
