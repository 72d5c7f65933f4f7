"""Proof 1, on one machine: processes die anywhere, nothing acknowledged is lost or done twice."""

from __future__ import annotations

import os
import random
import signal
import time
from itertools import cycle, islice
from pathlib import Path
from uuid import UUID

from tests.runtime.builders import published
from tests.soak.crash_points import PLACES, CrashPoint
from tests.soak.customers import Crowd, served_flow
from tests.soak.draining import catch_up, judge, settle
from tests.soak.examination import examine
from tests.soak.processes import Edge, Process, RefusedError, dispatch_jobs, show_threads
from tests.soak.result import Result
from tests.soak.rigs import database_server

PEOPLE = 6
BETWEEN_ACTS_S = 0.02
"""Faults are to be seen here, not what a site does that is asked more than it can do."""
DEATH_LIMIT_S = 600.0
"""Only so that nothing hangs for ever: it says nothing of how soon somebody ought to die."""
CASES = (
    *(("edge", place) for place in PLACES if place != "after effect"),
    *(("dispatcher", place) for place in PLACES if place != "before ack"),
    ("edge", "any moment"),
    ("dispatcher", "any moment"),
)


def prove(result: Result, trials: int) -> None:
    """`trials` deaths in turn over every process and place, then everything must be right."""
    theatre = _Theatre(_publish(), result.store, random.Random(result.seed))
    cases = CASES if result.store == "sqlite" else (*CASES, ("server", "any moment"))
    try:
        for number, (victim, place) in enumerate(islice(cycle(cases), trials)):
            if number % len(cases) == 0:
                catch_up()
            theatre.kill(victim, place)
            result.trials += 1
            result.cases[f"{victim}, {place}"] += 1
        judge(result, theatre.drain, theatre.begin_again)
    finally:
        theatre.close()
    examine(result, theatre.crowd.journal)


def _publish() -> UUID:
    return published(served_flow()).pk


class _Theatre:
    """A living site: an edge, a dispatcher, a crowd."""

    def __init__(self, version: UUID, store: str, chance: random.Random) -> None:
        self._chance, self._store = chance, store
        self.crowd = Crowd(version, PEOPLE, chance)
        self._edge = Edge()
        self._dispatcher = Process(dispatch_jobs, crash=None)

    def kill(self, victim: str, place: str) -> None:
        """Let life go on until the victim has died there, then put a sound one in its place."""
        if victim == "server":
            self._live_for(self._chance.uniform(0.01, 0.15))
            database_server.kill(self._store, Path(os.environ["COUNTERFLOW_VAR"]))
            self._live_for(1.0)
            return
        crash = CrashPoint(place, self._chance.randint(1, 8)) if place in PLACES else None
        process = self._replace(victim, crash)
        if crash is None:
            self._live_for(self._chance.uniform(0.01, 0.15))
            process.send(signal.SIGKILL)
        deadline = time.monotonic() + DEATH_LIMIT_S
        while process.alive:
            if time.monotonic() > deadline:
                show_threads()
                raise TimeoutError(f"the {victim} never came to die {place}")
            self._live_for(0.01)
        if not process.was_killed:
            raise RuntimeError(f"the {victim} ended by itself")
        self._replace(victim, None)

    def _replace(self, victim: str, crash: CrashPoint | None) -> Process:
        if victim == "edge":
            self._edge.close()
            self._edge = Edge(crash)
            return self._edge.process
        self._dispatcher.kill()
        self._dispatcher = Process(dispatch_jobs, crash=crash)
        return self._dispatcher

    def _live_for(self, seconds: float) -> None:
        until = time.monotonic() + seconds
        while True:
            try:
                self.crowd.step(self._edge, time.time_ns() // 1_000_000)
            except RefusedError:
                time.sleep(0.02)  # the database is away; the act is sent again
            except EOFError:
                if self._edge.process.wait(1.0) and self._edge.process.was_killed:
                    return
                raise
            if time.monotonic() > until:
                return
            time.sleep(BETWEEN_ACTS_S)

    def drain(self) -> float:
        """Everyone finishes; seconds until no job was left to do."""
        self.crowd.finish(self._edge)
        return settle()

    def begin_again(self) -> None:
        """As many more come in, and nothing happens to them."""
        for _ in range(PEOPLE):
            self.crowd.step(self._edge, time.time_ns() // 1_000_000)

    def close(self) -> None:
        self._edge.close()
        self._dispatcher.kill()
