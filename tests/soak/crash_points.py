"""Where a process dies: at the n-th passing of a named place, by its own SIGKILL.

Nothing in the product knows of this: the places are found from outside.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.backends.base.base import BaseDatabaseWrapper

from runtime.effects.table import EFFECTS
from runtime.ledger import Ledger
from runtime.statements import Statements

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
            self.die()

    def die(self) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def arm(self) -> None:
        if self.place in {"before commit", "after commit"}:
            self._watch_commits()
        if self.place == "after effect":
            self._watch_effects()

    def _watch_commits(self) -> None:
        """Django's own, and those of steps: on PostgreSQL such a one is a single statement."""
        postgres = connection.vendor == "postgresql"
        self._watch(BaseDatabaseWrapper, "_commit")
        self._watch(*((Ledger, "write_together") if postgres else (Statements, "commit")))

    def _watch(self, owner: type, name: str) -> None:
        commit = getattr(owner, name)

        def dying(*args: Any) -> Any:
            self.passed("before commit")
            done = commit(*args)
            self.passed("after commit")
            return done

        setattr(owner, name, dying)

    def _watch_effects(self) -> None:
        for kind, effect in list(EFFECTS.items()):
            EFFECTS[kind] = self._dying(effect)

    def _dying(self, effect: Callable[..., Any]) -> Callable[..., Any]:
        def perform(*args: Any) -> Any:
            outcome = effect(*args)
            self.passed("after effect")
            return outcome

        return perform
