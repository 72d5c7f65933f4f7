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
        self.waits = threading.Lock()
        """Held until there is an outcome, or until it is this thread's turn to work."""
        self.waits.acquire()


class Together(Generic[W, R]):
    """`work` is given what is wanted, AT_ONCE at most, and gives a result or an error for each."""

    def __init__(self, work: Callable[[Sequence[W]], Sequence[R | Exception]]) -> None:
        self._work = work
        self._lock = threading.Lock()
        self._waiting: list[_Wish[W, R]] = []
        self._is_busy = False

    def do(self, wanted: W) -> R:
        """The result; raises the error that `work` gave. TimeoutError when no turn came."""
        wish: _Wish[W, R] = _Wish(wanted)
        with self._lock:
            self._waiting.append(wish)
            is_first, self._is_busy = not self._is_busy, True
        if not is_first and not wish.waits.acquire(timeout=WAIT_LIMIT_S):
            self._leave(wish)
        if wish.outcome is None:
            self._take_turn()
        if isinstance(wish.outcome, Exception):
            raise wish.outcome
        assert wish.outcome is not None  # noqa: S101 - its own turn has just served it
        return wish.outcome

    def _leave(self, wish: _Wish[W, R]) -> None:
        """Give up, unless it was called at this very moment."""
        with self._lock:
            if wish.waits.acquire(blocking=False):
                return
            if wish in self._waiting:
                self._waiting.remove(wish)
        raise TimeoutError("waited too long for others' steps")

    def _take_turn(self) -> None:
        """Serve those who wait, then call one of those who have come meanwhile."""
        with self._lock:
            now, self._waiting = self._waiting[:AT_ONCE], self._waiting[AT_ONCE:]
        try:
            outcomes = self._work([one.wanted for one in now])
        except BaseException:
            outcomes = [RuntimeError("the thread that did this step was ended")] * len(now)
            raise
        finally:
            for one, outcome in zip(now, outcomes, strict=True):
                one.outcome = outcome
                one.waits.release()
            with self._lock:
                self._is_busy = bool(self._waiting)
                if self._waiting:
                    self._waiting[0].waits.release()
