"""Whatever staff decides in whatever order: the log makes the state, and jobs are what it says."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from contextlib import suppress

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flow.errors import EventRefusedError
from flow.events import (
    Event,
    IncidentEnded,
    IncidentRetried,
    IncidentSkipped,
    RunCancelled,
    RunMigrated,
    RunResumed,
    RunSuspended,
)
from runtime import driver
from runtime.effects import undo
from runtime.effects.outcome import Done, Outcome
from runtime.errors import EffectFailedError
from runtime.models import Job, Run
from tests.runtime import builders
from tests.runtime.lives import acted, asking, next_version, parts  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parts")]
LIMIT = [{"on": "timeout", "after_s": 600, "to": "refused"}]
MINUTE_MS = 60_000


class Life:
    """A run, the time of its world, and what may happen next."""

    def __init__(self) -> None:
        self.run = builders.entered(asking("test.book1", "test.timer", boundaries=LIMIT))
        self.now_ms = driver.read_run(self.run.pk).state.started_at_ms
        self.versions = [
            self.run.version,
            next_version(self.run.version, asking("test.book1", "test.timer")),
        ]

    def goes_on(self, what: str) -> None:
        self.now_ms += 17_000
        events: Mapping[str, Callable[[], Event]] = {
            "ok": lambda: acted(self._step(), "ok", at_ms=self.now_ms),
            "fault": lambda: acted(self._step(), "write", at_ms=self.now_ms, nobody=1),
            "suspend": lambda: RunSuspended(at_ms=self.now_ms, by="u", reason="r"),
            "resume": lambda: RunResumed(at_ms=self.now_ms, by="u"),
            "cancel": lambda: RunCancelled(at_ms=self.now_ms, by="u", reason="r"),
            "retry": lambda: IncidentRetried(at_ms=self.now_ms, by="u"),
            "skip": lambda: IncidentSkipped(at_ms=self.now_ms, by="u", outcome="ok", reason="r"),
            "end": lambda: IncidentEnded(at_ms=self.now_ms, by="u", reason="r"),
            "move": self._move,
        }
        if what == "work":
            builders.perform_all(self.now_ms)
            return
        key = str(uuid.uuid4())
        with suppress(EventRefusedError):
            driver.advance_run(self.run.pk, events[what](), key=key, actor="test")

    def _step(self) -> str:
        state = driver.read_run(self.run.pk).state
        return next(iter(state.activities), "ask.1")

    def _move(self) -> Event:
        self.run.refresh_from_db()
        to = next(one for one in self.versions if one.pk != self.run.version_id)
        return RunMigrated(at_ms=self.now_ms, by="u", to=to.hash)


WHAT = ["ok", "fault", "suspend", "resume", "cancel", "retry", "skip", "end", "move", "work"]


@pytest.mark.timeout(120)  # a database at work for fifteen lives, on a machine that may be busy
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.lists(st.sampled_from(WHAT), max_size=14), fails=st.integers(0, 2))
def test_log_state_and_jobs_agree_after_any_life(
    path: list[str], fails: int, monkeypatch: pytest.MonkeyPatch
):
    left = [fails]

    def at_last(_job: Job, _now: int) -> Outcome:
        left[0] -= 1
        if left[0] >= 0:
            raise EffectFailedError("refused", final=True)
        return Done()

    monkeypatch.setitem(undo.OPERATIONS, "core.cancel", at_last)
    life = Life()

    for what in path:
        life.goes_on(what)
        agree(life.run)
    for what in ("resume", "retry", "cancel", "work", "retry", "work", "retry", "work"):
        life.goes_on(what)
        agree(life.run)

    life.run.refresh_from_db()
    assert life.run.status == Run.Status.CLOSED
    assert not Job.objects.filter(run=life.run, status__in=("ready", "leased")).exists()


def agree(run: Run) -> None:
    run.refresh_from_db()
    snapshot = driver.read_run(run.pk)
    state = snapshot.state
    assert driver.replay(run.pk) == state
    assert run.status == state.status
    assert bool(run.ending) == (state.ending is not None)
    held = {key for one in state.activities.values() for key in one.timers.values()}
    held |= set(state.boundary_timers.values())
    timers = Job.objects.filter(run=run, kind="SetTimer", status="ready")
    running = {key.partition("/")[2] for key in timers.values_list("key", flat=True)}
    assert running <= held
    assert held - running <= set(state.fired)
    freed = Job.objects.filter(run=run, kind="FreeRun").count()
    assert freed == (1 if state.ending is not None else 0)
