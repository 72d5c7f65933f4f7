"""What several threads of a process want at once, done by one of them for all: group commit.

A commit waits for the disk, and the next one could have gone with it. Whoever comes while another
is at work waits for its turn, and whoever gets the turn does what all the others wait for. Alone,
nobody waits for anybody.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

W = TypeVar("W")
R = TypeVar("R")
AT_ONCE = 64
WAIT_LIMIT_S = 60.0
"""Far more than the database lets anybody wait."""


class _Wish(Generic[W, R]):
    def __init__(self, wanted: W) -> None:
        self.wanted = wanted
        self.outcome: R | Exception | None = None


class Together(Generic[W, R]):
    """`work` is given what is wanted, AT_ONCE at most, and gives a result or an error for each."""

    def __init__(self, work: Callable[[Sequence[W]], Sequence[R | Exception]]) -> None:
        self._work = work
        self._turn, self._waiting_lock = threading.Lock(), threading.Lock()
        self._waiting: list[_Wish[W, R]] = []

    def do(self, wanted: W) -> R:
        """The result; raises the error that `work` gave. TimeoutError when no turn came."""
        wish = _Wish[W, R](wanted)
        with self._waiting_lock:
            self._waiting.append(wish)
        while wish.outcome is None:
            if not self._turn.acquire(timeout=WAIT_LIMIT_S):
                raise TimeoutError("waited too long for others' steps")
            try:
                if wish.outcome is None:
                    self._take_turn()
            finally:
                self._turn.release()
        if isinstance(wish.outcome, Exception):
            raise wish.outcome
        return wish.outcome

    def _take_turn(self) -> None:
        with self._waiting_lock:
            now, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        try:
            outcomes = self._work([one.wanted for one in now])
        except BaseException:
            for one in now:
                one.outcome = RuntimeError("the thread that did this step was ended")
            raise
        for one, outcome in zip(now, outcomes, strict=True):
            one.outcome = outcome
