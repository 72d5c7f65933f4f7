"""Where a process dies: at the n-th passing of a named place, by its own SIGKILL.

Nothing in the product knows of this: the places are found from outside.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper

from runtime.effects.table import EFFECTS

PLACES = ("before commit", "after commit", "after effect", "before ack")


@dataclass
class CrashPoint:
    """`arm` in the process that is to die; `passed` where a place is the process's own."""

    place: str
    countdown: int

    def passed(self, place: str) -> None:
        if place != self.place:
            return
        self.countdown -= 1
        if self.countdown <= 0:
            os.kill(os.getpid(), signal.SIGKILL)

    def arm(self) -> None:
        if self.place in {"before commit", "after commit"}:
            self._watch_commits()
        if self.place == "after effect":
            self._watch_effects()

    def _watch_commits(self) -> None:
        commit = BaseDatabaseWrapper._commit  # type: ignore[attr-defined]

        def dying(connection: Any) -> None:
            self.passed("before commit")
            commit(connection)
            self.passed("after commit")

        BaseDatabaseWrapper._commit = dying  # type: ignore[attr-defined]

    def _watch_effects(self) -> None:
        for kind, effect in list(EFFECTS.items()):
            EFFECTS[kind] = self._dying(effect)

    def _dying(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def perform(*args: Any) -> Any:
            outcome = effect(*args)
            self.passed("after effect")
            return outcome

        return perform
