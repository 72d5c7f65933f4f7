"""People come and go, and the call ends, at the very moment in which a sub-flow begins or ends."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from functools import partial

import pytest
from django.db import connections

from flow.errors import EventRefusedError
from flow.events import ParticipantId, ParticipantJoined, ParticipantLeft, RunCancelled
from runtime import driver
from runtime.clock import now_ms
from runtime.models import Job, Run
from tests.runtime import builders
from tests.runtime.families import act, bring, caller_graph, child_graph, child_of, fill, state_of

pytestmark = pytest.mark.usefixtures("committed")

ROUNDS = 6


def at_once(*works: Callable[[], object]) -> None:
    """Do all at the same time, each with connections of its own."""

    def alone(work: Callable[[], object]) -> None:
        try:
            work()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(works)) as threads:
        for done in [threads.submit(alone, one) for one in works]:
            done.result(timeout=20)


def come_and_go(run: Run) -> None:
    for number in range(4):
        name = ParticipantId(f"a{number}")
        came = ParticipantJoined(at_ms=now_ms(), participant=name, role="agent", name="Wang")
        bring(run, came)
        if number % 2:
            bring(run, ParticipantLeft(at_ms=now_ms(), participant=name, role="agent"))


def unfinished() -> list[str]:
    waiting = Job.objects.filter(status__in=("ready", "leased", "waiting", "dead"))
    return list(waiting.exclude(kind="CloseDoors").values_list("kind", flat=True))


def test_nobody_is_missed_by_a_child_that_begins():
    builders.published(child_graph(), key="child")
    for _ in range(ROUNDS):
        run = builders.entered(caller_graph())

        at_once(partial(come_and_go, run), builders.perform_all)
        builders.perform_all()

        child = child_of(run)
        told = {one.id: one.present for one in state_of(run).people.values()}
        assert {one.id: one.present for one in state_of(child).people.values()} == told
        assert driver.is_snapshot_true(child.pk)


def test_a_call_that_ends_while_a_child_begins_leaves_none_behind():
    builders.published(child_graph(), key="child")
    for _ in range(ROUNDS):
        run = builders.entered(caller_graph())
        cancelled = RunCancelled(at_ms=now_ms(), by="user", reason="test")

        at_once(partial(bring, run, cancelled), builders.perform_all)
        builders.perform_all()

        assert not Run.objects.filter(root=run).exclude(status="closed").exists()
        assert unfinished() == []


def test_a_child_that_ends_while_people_go_is_told_once():
    builders.published(child_graph(), key="child")
    for _ in range(ROUNDS):
        run = builders.entered(caller_graph())
        builders.perform_all()
        child = child_of(run)

        at_once(
            partial(fill, run, child),
            partial(come_and_go, run),
            builders.perform_all,
        )
        builders.perform_all()

        told = run.events.filter(key=f"child:{child.pk}")
        assert told.count() == 1
        assert "thanks.1" in state_of(run).activities
        assert driver.is_snapshot_true(run.pk)


def test_the_last_act_of_a_child_races_the_end_of_its_call():
    builders.published(child_graph(), key="child")
    for _ in range(ROUNDS):
        run = builders.entered(caller_graph())
        builders.perform_all()
        child = child_of(run)
        act(run, child, "edit", field="limit", value=5)
        cancelled = RunCancelled(at_ms=now_ms(), by="user", reason="test")

        at_once(
            partial(_submit, run, child),
            partial(bring, run, cancelled),
            builders.perform_all,
        )
        builders.perform_all()

        child.refresh_from_db()
        assert child.status == "closed"
        assert child.ending in ("success", "abort")
        assert unfinished() == []


def _submit(run: Run, child: Run) -> None:
    with suppress(EventRefusedError):  # its call had ended it
        act(run, child, "submit")
