"""Storms: everybody drops and returns, again and again; nothing is missed, nothing comes twice."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

from tests.runtime import crowd
from tests.runtime.storm import storm
from tests.runtime.web_process import web_process
from tests.soak.result import Result

CLIENTS = 500
EXPECTED = {1006, 503, 4408}
"""Dropped, asked to come later, or not heard in time where client and site share a busy machine."""


def prove(result: Result, trials: int) -> None:
    """A trial is one client's return."""
    log = Path(os.environ["COUNTERFLOW_VAR"]) / "web.log"
    back: list[float] = []
    with web_process(log, {}) as web:
        while result.trials < trials:
            after = asyncio.run(storm(web, crowd.pairs(CLIENTS // 2)))
            back += after.returned_s
            result.trials += len(after.returned_s)
            result.acknowledged += CLIENTS
            result.lost += after.missed
            result.duplicated += after.duplicated
            result.cases.update({str(code): count for code, count in after.codes.items()})
            strange = set(after.codes) - EXPECTED
            if strange:
                result.broken.append(f"lines ended with {sorted(strange)}")
    back.sort()
    result.figures["resume_p95_s"] = round(back[int(len(back) * 0.95)], 2)
    result.figures["resume_p99_s"] = round(back[int(len(back) * 0.99)], 2)
