"""A live run under another version of its flow: checked, in one event, and told as it was."""

from __future__ import annotations

import itertools
import threading
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.db import connections

from accounts.models import AuditEvent, User
from designer.models import FlowVersion
from flow.errors import EventRefusedError
from flow.events import Event, ParticipantId, ParticipantJoined, RunMigrated
from runtime import driver, screens
from runtime.clock import now_ms
from runtime.evidence import log, story
from runtime.models import Job, Run, RunEvent
from runtime.standing import Seat
from runtime.versions import MigrationRefusedError
from tests.accounts.people import signed_in
from tests.runtime import builders
from tests.runtime.lives import act, asking, next_version, parts  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("parts")
LIMIT: dict[str, Any] = {"boundaries": [{"on": "timeout", "after_s": 600, "to": "refused"}]}


def moved(to: FlowVersion, **nodes: str) -> RunMigrated:
    return RunMigrated(at_ms=now_ms(), by="user:1", to=to.hash, nodes=nodes)


def told(run: Run, event: Event) -> driver.Advanced:
    advanced = driver.advance_run(run.pk, event, key=str(uuid.uuid4()), actor="test")
    run.refresh_from_db()
    return advanced


def migrate(run: Run, to: FlowVersion, person: User, **more: Any) -> Any:
    body = {"id": str(uuid.uuid4()), "to": str(to.pk), **more}
    return signed_in(person).post(f"/api/v1/runs/{run.pk}/migration", body, "application/json")


@pytest.mark.django_db
def test_the_version_moves_with_the_event_and_the_new_graph_takes_it():
    run = builders.entered(asking())
    later = next_version(run.version, asking(ask="sign", **LIMIT))

    told(run, moved(later, ask="sign"))

    assert run.version_id == later.pk
    snapshot = driver.read_run(run.pk)
    assert snapshot.version_id == later.pk
    assert [one.node for one in snapshot.state.activities.values()] == ["sign"]
    assert Job.objects.filter(run=run, kind="SetTimer", status="ready").count() == 1
    act(run, "ok", step="ask.1")
    assert run.ending == "success"


@pytest.mark.django_db
def test_the_log_alone_says_under_which_graph_each_event_was_taken():
    run = builders.entered(asking())
    first, second = run.version, next_version(run.version, asking(ask="sign"))
    third = next_version(first, asking(ask="sign", **LIMIT))
    told(run, moved(second, ask="sign"))
    told(run, moved(third))
    act(run, "ok", step="ask.1")

    graphs = driver.graphs_of(run.pk)

    assert [(seq, one.graph.content_hash) for seq, one in graphs] == [
        (4, third.hash),
        (3, second.hash),
        (1, first.hash),
    ]
    assert driver.is_snapshot_true(run.pk)
    driver.forget(run.pk)
    assert driver.read_run(run.pk).state == driver.replay(run.pk)


@pytest.mark.django_db
def test_what_speaks_against_it_is_said_and_nothing_is_stored():
    run = builders.entered(asking())
    gone = next_version(run.version, asking(ask="sign"))

    with pytest.raises(MigrationRefusedError) as refused:
        told(run, moved(gone))

    assert [one.node for one in refused.value.findings] == ["ask"]
    run.refresh_from_db()
    assert (run.seq, run.version.number) == (2, 1)


@pytest.mark.django_db
def test_a_version_of_another_flow_is_none():
    run = builders.entered(asking())
    other = builders.published(asking(ask="sign"))

    with pytest.raises(EventRefusedError) as refused:
        told(run, moved(other, ask="sign"))

    assert refused.value.field == "/to"


@pytest.mark.django_db
def test_staff_sees_where_a_run_can_go_and_moves_it_there():
    run = builders.entered(asking())
    second = next_version(run.version, asking(ask="sign"))
    split = next_version(run.version, builders.consent_graph())
    lin = builders.staff("lin", "supervisor")

    ways = signed_in(lin).get(f"/api/v1/runs/{run.pk}/migration").json()
    answer = migrate(run, second, lin, nodes=ways[1]["nodes"])

    assert [(one["id"], one["number"]) for one in ways] == [(str(split.pk), 3), (str(second.pk), 2)]
    assert (ways[1]["nodes"], ways[1]["findings"]) == ({"ask": "sign"}, [])
    assert "is at “test.wait”" in ways[0]["findings"][0]["message"]["en"]
    assert answer.json() == {"seq": 3, "status": "open"}
    run.refresh_from_db()
    assert run.version.number == 2
    assert AuditEvent.objects.get(action="run.migrate").data == {"to": second.hash, "seq": 3}


@pytest.mark.django_db
def test_a_refused_move_answers_with_its_findings():
    run = builders.entered(asking())
    gone = next_version(run.version, asking(ask="sign"))

    answer = migrate(run, gone, builders.staff("lin", "supervisor"))

    assert (answer.status_code, answer.json()["code"]) == (422, "has_findings")
    assert answer.json()["findings"][0]["message"]["zh-Hans"]
    assert not AuditEvent.objects.filter(action="run.migrate").exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("role", "status"), [("supervisor", 200), ("admin", 200), ("auditor", 403), ("agent", 403)]
)
def test_who_may_move_a_run(role: str, status: int):
    run = builders.entered(asking())
    later = next_version(run.version, asking(**LIMIT))
    person = builders.staff("lin", role)

    seen = signed_in(person).get(f"/api/v1/runs/{run.pk}/migration").status_code

    assert (seen, migrate(run, later, person).status_code) == (status, status)


@pytest.mark.django_db
def test_a_version_that_is_not_of_the_flow_is_not_there():
    run = builders.entered(asking())
    other = builders.published(asking(ask="sign"))

    assert migrate(run, other, builders.staff("lin", "supervisor")).status_code == 404


@pytest.mark.django_db
def test_the_screens_say_the_version_that_the_run_is_under():
    run = builders.entered(asking())
    customer = builders.customer_of(run)
    seat = Seat(participant=customer.pk, run=run.pk, role="customer", name="")
    before = screens.look(seat, 0, None, now_ms()).view
    told(run, moved(next_version(run.version, asking(**LIMIT))))

    after = screens.look(seat, 0, None, now_ms()).view

    assert (_version(before), _version(after)) == (1, 2)


def _version(view: dict[str, Any]) -> int:
    number: int = view["run"]["version"]
    return number


@pytest.mark.django_db
def test_the_story_names_the_steps_of_the_version_that_took_each_event():
    run = builders.entered(asking("test.wait"))
    act(run, "ok", step="s1.1")
    later = next_version(run.version, asking(ask="sign"))
    told(run, moved(later, ask="sign"))
    act(run, "ok", step="ask.1")
    snapshot = driver.read_run(run.pk)

    hidden = story.veil_for("agent", snapshot.bound, snapshot.state)
    events = log.events_of(run, driver.graphs_of(run.pk), hidden, after=0, limit=50)

    assert [(one["kind"], one["node"]) for one in events[2:]] == [
        ("Acted", "s1"),
        ("RunMigrated", None),
        ("Acted", "sign"),
    ]


class Crowd:
    """Threads that bring events to one run; what they came to."""

    def __init__(self, run: Run) -> None:
        self.run, self.first = run, run.version
        self.seqs: list[int] = []
        self.failures: list[Exception] = []

    def bring(self, event: Event, key: str) -> None:
        self.seqs.append(driver.advance_run(self.run.pk, event, key=key, actor="test").seq)

    def arrive(self, name: str) -> None:
        for number in range(8):
            who = ParticipantId(f"{name}{number}")
            came = ParticipantJoined(at_ms=now_ms(), participant=who, role="customer", name=name)
            self.bring(came, f"{name}:{number}")

    def go_on(self, *names: str) -> None:
        for old, new in itertools.pairwise(names):
            later = next_version(self.first, asking(ask=new, **LIMIT))
            self.bring(moved(later, **{old: new}), f"to:{new}")

    def guarded(self, work: Callable[..., None], *args: str) -> threading.Thread:
        def run() -> None:
            try:
                work(*args)
            except Exception as error:  # noqa: BLE001 - shown by the assertion below
                self.failures.append(error)
            finally:
                connections.close_all()

        return threading.Thread(target=run)


@pytest.mark.usefixtures("committed")
def test_versions_are_published_and_a_run_moved_while_events_come_in():
    run = builders.entered(asking())
    crowd = Crowd(run)
    threads = [crowd.guarded(crowd.arrive, name) for name in ("a", "b", "c")]
    threads.append(crowd.guarded(crowd.go_on, "ask", "sign", "agree", "confirm"))

    for one in threads:
        one.start()
    for one in threads:
        one.join()

    run.refresh_from_db()
    assert crowd.failures == []
    assert sorted(crowd.seqs) == list(range(3, 3 + 24 + 3))
    assert run.version.number == 4
    assert RunEvent.objects.filter(run=run, kind="RunMigrated").count() == 3
    assert driver.is_snapshot_true(run.pk)
    assert driver.replay(run.pk) == driver.read_run(run.pk).state
    act(run, "ok", step="ask.1")
    assert run.ending == "success"
