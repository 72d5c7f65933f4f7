"""The dispatcher process.

Claims due jobs, has them performed (in threads of its own, or by Celery), keeps leases, sweeps,
stops in order.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor, wait
from functools import partial
from typing import Any, Protocol

import structlog
from django.db import DatabaseError, close_old_connections, connection, connections

from components.registry import entries
from runtime import batches, bus, claims, dispatch, housekeeping
from runtime.clock import now_ms
from runtime.models import Job

LANES = 4
"""Threads that perform the house's own jobs where rows are locked; where a whole database is, one
thread writes as much as any number would, without waiting for itself."""
TOGETHER = 64
"""Jobs that such a thread is given at once."""
OUTSIDE_THREADS = 16
"""For jobs that wait for strangers: however many of those are slow, the house's own go on."""
POLL_MS = 500
SWEEP_S = 1
BEAT_S = 1.5
CLEAR_S = 60
STOP_LIMIT_S = 10.0
_AFTER_FAULT_S = 1.0

log = structlog.get_logger(__name__)


class Performer(Protocol):
    """Who performs what the dispatcher claims. Jobs that ask outside the house are their own sort.

    `is_relay`: it only passes jobs on, and whoever gets one begins it.
    """

    is_relay: bool

    def free(self, *, outside: bool) -> int:
        """How many jobs of this sort it takes now."""
        ...

    def take(self, jobs: list[Job], *, outside: bool) -> None: ...

    def held(self) -> list[Job]:
        """Jobs whose leases the dispatcher is to keep."""
        ...

    def close(self) -> None:
        """Finish what was begun, within STOP_LIMIT_S."""
        ...


class Threads:
    """Performs in threads of this process; `ended` is called after each job."""

    is_relay = False

    def __init__(self, ended: Callable[[], None], clock: Callable[[], int] = now_ms) -> None:
        self._ended = ended
        self._clock = clock
        lanes = LANES if connection.features.has_select_for_update else 1
        self._sizes = {False: lanes, True: OUTSIDE_THREADS}
        self._pools = {
            outside: ThreadPoolExecutor(size, thread_name_prefix="outside" if outside else "effect")
            for outside, size in self._sizes.items()
        }
        self._running: dict[bool, dict[Future[None], list[Job]]] = {False: {}, True: {}}

    def free(self, *, outside: bool) -> int:
        idle = self._sizes[outside] - len(self._running[outside])
        return idle if outside else idle * TOGETHER

    def take(self, jobs: list[Job], *, outside: bool) -> None:
        running = self._running[outside]
        idle = max(self._sizes[outside] - len(running), 1)
        ours = [] if outside else claims.parted(jobs, math.ceil(len(jobs) / idle))
        for part in [[job] for job in jobs] if outside else ours:
            future = self._pools[outside].submit(self._perform, part)
            running[future] = part
            future.add_done_callback(partial(self._end, running))

    def held(self) -> list[Job]:
        parts = [*self._running[False].values(), *self._running[True].values()]
        return [job for part in parts for job in part]

    def close(self) -> None:
        wait([*self._running[False], *self._running[True]], timeout=STOP_LIMIT_S)
        for pool in self._pools.values():
            pool.shutdown(wait=False, cancel_futures=True)

    def _perform(self, jobs: list[Job]) -> None:
        close_old_connections()
        try:
            batches.perform(jobs, self._clock())
        except Exception:
            log.exception("jobs_left_to_sweep", count=len(jobs))

    def _end(self, running: dict[Future[None], list[Job]], future: Future[None]) -> None:
        running.pop(future, None)
        self._ended()


class Dispatcher:
    """`run()` returns after `stop()`, when its performer is closed."""

    def __init__(
        self,
        performer: Callable[[Callable[[], None]], Performer] = Threads,
        clock: Callable[[], int] = now_ms,
    ) -> None:
        self._clock = clock
        self._woken = threading.Event()
        self._stopping = threading.Event()
        self._performer = performer(self._woken.set)
        self._beat, self._sweep, self._clear = _Every(BEAT_S), _Every(SWEEP_S), _Every(CLEAR_S)

    def stop(self, *_: object) -> None:
        self._stopping.set()
        self._woken.set()

    def run(self) -> None:
        entries()  # reading the catalogue takes half a second: not while somebody waits
        listener = bus.listen(bus.DISPATCH, self._hear)
        try:
            while not self._stopping.is_set():
                self._woken.clear()
                self._woken.wait(self._turn())
        finally:
            listener.close()
            self._performer.close()
            connections.close_all()

    def _hear(self, _wakeup: Mapping[str, Any]) -> None:
        self._woken.set()

    def _turn(self) -> float:
        """One look at the table; how long to sleep then, in seconds."""
        try:
            close_old_connections()
            return self._look()
        except DatabaseError:  # locked for long, or restarting: the rows are still there afterwards
            log.exception("jobs_unreadable")
            return _AFTER_FAULT_S

    def _look(self) -> float:
        now = self._clock()
        self._keep_house(now)
        performer = self._performer
        for outside in (False, True):
            free = performer.free(outside=outside)
            if free > 0:
                jobs = claims.claim(now, limit=free, outside=outside, for_others=performer.is_relay)
                performer.take(jobs, outside=outside)
        due = claims.next_due_ms(now)
        pause_ms = POLL_MS if due is None else min(POLL_MS, due - self._clock())
        return max(pause_ms, 0) / 1000

    def _keep_house(self, now: int) -> None:
        if self._beat.is_due():
            claims.heartbeat(self._performer.held(), now)
        if self._sweep.is_due():
            dispatch.sweep(now)
        if self._clear.is_due():
            housekeeping.clear(now)


class _Every:
    """Once in so many seconds, by a clock that nobody sets: a wall clock may go back for hours."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._next = seconds, 0.0

    def is_due(self) -> bool:
        now = time.monotonic()
        if now < self._next:
            return False
        self._next = now + self._seconds
        return True
