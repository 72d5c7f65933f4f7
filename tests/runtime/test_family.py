"""Sub-flows as runs of their own: begun, ended, told to their callers, sharing one call."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import IntegrityError, connection
from django.test.utils import CaptureQueriesContext

from flow.errors import EventRefusedError
from flow.events import (
    RUN,
    ActivityId,
    MediaInterrupted,
    ParticipantId,
    ParticipantJoined,
    ParticipantLeft,
    RunCancelled,
    RunResumed,
    RunSuspended,
    Signalled,
)
from runtime import claims, dispatch, driver, family, sealing
from runtime.clock import now_ms
from runtime.models import Job, Run, RunEvent
from tests.runtime import builders
from tests.runtime.builders import edge, end, graph, node
from tests.runtime.families import (
    act,
    bring,
    caller_graph,
    child_graph,
    child_of,
    entered,
    fill,
    kinds_of,
    newer,
    seen,
    state_of,
)


@pytest.mark.django_db
class TestBeginning:
    def test_the_child_begins_among_the_people_of_its_caller(self):
        run = entered()

        child = child_of(run)

        assert (child.root_id, child.parent_activity) == (run.pk, "service.1")
        assert state_of(child).people == state_of(run).people
        assert state_of(child).variables["limit.old"] == 200
        assert list(state_of(child).activities) == ["form.1"]

    def test_the_log_of_the_caller_says_which_version_began(self):
        run = entered()

        told = state_of(run).activities[ActivityId("service.1")].data
        completed = RunEvent.objects.get(run=run, kind="CommandCompleted")

        assert told == {"run": str(child_of(run).pk), "number": 1}
        result: Any = sealing.seal_for(run.pk).open_event(completed)["result"]
        assert result["hash"] == child_of(run).version.hash

    def test_the_log_of_the_child_says_who_called_it(self):
        run = entered()
        first = RunEvent.objects.get(run=child_of(run), seq=1)

        caller: Any = sealing.seal_for(first.run_id).open_event(first)["caller"]

        assert caller["root"] == caller["run"] == str(run.pk)

    def test_a_fixed_version_is_kept_when_a_newer_one_is_published(self):
        first = builders.published(child_graph(), key="child")
        document = caller_graph()
        document["nodes"][1]["config"] |= {
            "version": "pin",
            "pinned": {"number": 1, "hash": first.hash},
        }
        second = newer(first, child_graph(max_duration_s=60))

        run = builders.entered(document)
        builders.perform_all()

        assert child_of(run).version == first != second

    def test_the_newest_version_is_taken_when_none_is_fixed(self):
        first = builders.published(child_graph(), key="child")
        second = newer(first, child_graph(max_duration_s=60))

        run = builders.entered(caller_graph())
        builders.perform_all()

        assert child_of(run).version == second

    @pytest.mark.parametrize("flow", ["gone", "elsewhere"])
    def test_a_flow_that_is_not_there_fails_the_step(self, flow: str):
        builders.published(child_graph(), of=builders.workspace("Other"), key="elsewhere")

        run = entered(caller_graph(flow))

        assert state_of(run).variables["subflow.code"] == "unknown_flow"
        assert state_of(run).ending is not None
        assert not Run.objects.filter(parent=run).exists()

    def test_a_version_that_was_exchanged_is_not_run(self):
        builders.published(child_graph(), key="child")
        document = caller_graph()
        document["nodes"][1]["config"] |= {
            "version": "pin",
            "pinned": {"number": 1, "hash": "ab" * 32},
        }

        run = builders.entered(document)
        builders.perform_all()

        assert state_of(run).variables["subflow.code"] == "unknown_flow"

    def test_flows_that_call_themselves_end_at_the_depth_limit(self):
        service = node("service", "logic.subflow", flow="self", version="latest")
        nodes = [node("call", "entry.call", given=[]), service, end(), end("failed", "reject")]
        edges = [edge("call", "ok", "service"), edge("service", "ok", "done")]
        edges += [edge("service", "fail", "failed")]
        version = builders.published(graph(nodes, edges), key="self")

        run = driver.start_run(version, at_ms=now_ms())
        builders.perform_all(rounds=100)

        assert Run.objects.filter(root=run).count() == family.DEEPEST - 1
        assert state_of(run).variables["subflow.kind"] == "reject"
        assert not Run.objects.exclude(status="closed").exists()

    def test_an_activity_has_one_child(self):
        run = entered()
        child = child_of(run)

        with pytest.raises(IntegrityError):
            Run.objects.create(
                workspace_id=run.workspace_id,
                version=child.version,
                parent=run,
                parent_activity=child.parent_activity,
                root=run,
            )

    def test_a_step_that_was_taken_away_begins_nothing(self):
        builders.published(child_graph(), key="child")
        run = builders.entered(caller_graph())
        bring(run, RunCancelled(at_ms=now_ms(), by="user", reason="test"))

        builders.perform_all()

        assert not Run.objects.filter(parent=run).exists()

    def test_performed_twice_it_begins_once(self):
        builders.published(child_graph(), key="child")
        run = builders.entered(caller_graph())
        job = Job.objects.get(run=run, kind="StartChildRun")
        (first,) = [one for one in claims.claim(now_ms(), limit=10) if one.pk == job.pk]
        Job.objects.filter(pk=job.pk).update(fence=first.fence + 1)

        dispatch.perform(first, now_ms())

        assert not Run.objects.filter(parent=run).exists()
        Job.objects.filter(pk=job.pk).update(status="ready", lease_until_ms=None)
        builders.perform_all()
        assert Run.objects.filter(parent=run).count() == 1


@pytest.mark.django_db
class TestEnding:
    def test_success_gives_back_what_was_wanted(self):
        run = entered()

        fill(run, child_of(run))
        builders.perform_all()

        variables = state_of(run).variables
        assert variables["limit.new"] == 900.0
        assert (variables["subflow.kind"], variables["subflow.code"]) == ("success", "granted")
        assert "thanks.1" in state_of(run).activities

    def test_any_other_end_fails_the_step(self):
        run = entered()

        act(run, child_of(run), "cancel")
        builders.perform_all()

        ending = state_of(run).ending
        assert ending is not None
        assert ending.node == "failed"
        assert state_of(run).variables["subflow.code"] == "refused"
        assert "limit.new" not in state_of(run).variables

    def test_the_end_of_a_child_frees_nobody_and_closes_no_room(self):
        run = entered()

        fill(run, child_of(run))
        kinds = builders.perform_all()

        assert kinds == ["TellCaller"]

    def test_the_end_of_the_caller_ends_the_child(self):
        run = entered()
        child = child_of(run)

        bring(run, RunCancelled(at_ms=now_ms(), by="user", reason="test"))
        builders.perform_all()

        child.refresh_from_db()
        assert (child.status, child.ending) == ("closed", "abort")
        assert not Job.objects.filter(status__in=("ready", "leased", "waiting", "dead")).exclude(
            kind__in=("CloseDoors", "EndWrapUp")
        )

    def test_a_customer_who_leaves_for_good_ends_the_whole_family(self):
        run = entered()
        left = ParticipantLeft(
            at_ms=now_ms(), participant=ParticipantId("p1"), role="customer", deliberate=True
        )

        bring(run, left)
        builders.perform_all()

        ending = state_of(run).ending
        assert ending is not None
        assert ending.code == "customer_left"
        assert child_of(run).status == "closed"

    def test_the_end_is_told_once_however_often_it_is_performed(self):
        run = entered()
        fill(run, child_of(run))
        builders.perform_all()
        seq = driver.read_run(run.pk).seq

        Job.objects.filter(kind="TellCaller").update(status="ready")
        builders.perform_all()

        assert driver.read_run(run.pk).seq == seq

    def test_every_log_of_the_family_gives_its_state_again(self):
        run = entered()
        child = child_of(run)
        fill(run, child)
        builders.perform_all()

        assert driver.is_snapshot_true(run.pk)
        assert driver.is_snapshot_true(child.pk)


@pytest.mark.django_db
class TestWhatIsShared:
    def test_people_who_come_and_go_do_so_in_the_child_too(self):
        run = entered()
        came = ParticipantJoined(
            at_ms=now_ms(), participant=ParticipantId("a1"), role="agent", name="Wang"
        )

        bring(run, came)
        bring(
            run, ParticipantLeft(at_ms=now_ms(), participant=ParticipantId("p1"), role="customer")
        )

        people = state_of(child_of(run)).people
        assert {one.id: one.present for one in people.values()} == {"p1": False, "a1": True}

    def test_a_child_does_not_end_the_call_of_a_customer_who_dropped(self):
        run = entered()

        bring(
            run, ParticipantLeft(at_ms=now_ms(), participant=ParticipantId("p1"), role="customer")
        )

        assert state_of(run).boundary_timers
        assert not state_of(child_of(run)).boundary_timers

    def test_a_lost_room_and_facts_of_the_run_are_told(self):
        run = entered()
        bring(run, MediaInterrupted(at_ms=now_ms(), generation=1, reason="worker_lost"))

        bring(run, Signalled(at_ms=now_ms(), activity=RUN, name="weak_network", data={}))

        assert kinds_of(child_of(run))[-2:] == ["MediaInterrupted", "Signalled"]
        assert "weak_network" in state_of(child_of(run)).facts

    def test_a_suspended_call_rests_as_a_whole(self):
        run = entered()
        child = child_of(run)
        bring(run, RunSuspended(at_ms=now_ms(), by="user", reason="test"))

        with pytest.raises(EventRefusedError):
            act(run, child, "submit")

        bring(run, RunResumed(at_ms=now_ms(), by="user"))
        fill(run, child)

    def test_a_child_that_begins_while_its_caller_rests_rests_too(self):
        builders.published(child_graph(), key="child")
        run = builders.entered(caller_graph())
        bring(run, RunSuspended(at_ms=now_ms(), by="user", reason="test"))

        builders.perform_all()

        assert child_of(run).status == "suspended"

    def test_what_concerns_one_run_is_told_to_no_other(self):
        run = entered()
        seq = driver.read_run(child_of(run).pk).seq

        bring(run, Signalled(at_ms=now_ms(), activity=ActivityId("service.1"), name="x", data={}))

        assert driver.read_run(child_of(run).pk).seq == seq

    def test_a_run_that_calls_nobody_asks_for_no_children(self):
        run = builders.entered()
        left = ParticipantLeft(at_ms=now_ms(), participant=ParticipantId("p1"), role="customer")

        with CaptureQueriesContext(connection) as asked:
            bring(run, left)
            seen(run)

        assert len(asked) > 3
        assert not [one["sql"] for one in asked if "parent_id" in one["sql"].partition("WHERE")[2]]
        assert not [one["sql"] for one in asked if "root_id" in one["sql"].partition("WHERE")[2]]
