from __future__ import annotations

import threading
import uuid

import pytest
from django.db import connections

from accounts import audit
from accounts.access import CustomerPass, WorkerPass
from accounts.models import AuditEvent
from tests.accounts.people import person, workspace

pytestmark = pytest.mark.django_db


def append(action: str = "flow.publish", **options) -> AuditEvent:
    return audit.append(actor="user:1", action=action, **options)


def test_events_follow_one_another_without_a_gap():
    events = [append() for _ in range(3)]

    assert [one.seq for one in events] == [1, 2, 3]
    assert events[0].prev_hash == audit.FIRST
    assert events[2].prev_hash == events[1].hash
    assert audit.verify(audit.SITE) == audit.Verdict(count=3, broken_at=None)


def test_each_workspace_has_a_chain_of_its_own():
    append()
    own = append(workspace=workspace().pk, data={"number": 1})

    assert own.seq == 1
    assert audit.verify(str(workspace().pk)) == audit.Verdict(count=1, broken_at=None)


@pytest.mark.parametrize(
    "change",
    [
        {"actor": "user:2"},
        {"action": "flow.read"},
        {"target": "other"},
        {"data": {"number": 2}},
        {"at_ms": 1},
        {"hash": "0" * 64},
    ],
)
def test_a_changed_event_is_named(change: dict[str, object]):
    for _ in range(3):
        append(data={"number": 1})

    AuditEvent.objects.filter(seq=2).update(**change)

    assert audit.verify(audit.SITE).broken_at == 2


def test_a_missing_event_is_named():
    for _ in range(3):
        append()

    AuditEvent.objects.filter(seq=2).delete()

    assert audit.verify(audit.SITE).broken_at == 2


def test_an_event_slipped_in_with_its_own_hash_is_named():
    for _ in range(3):
        append()
    forged = AuditEvent.objects.get(seq=2)
    forged.actor = "user:9"
    AuditEvent.objects.filter(seq=2).update(actor="user:9", hash=audit.digest(forged))

    assert audit.verify(audit.SITE).broken_at == 3


@pytest.mark.timeout(60)
@pytest.mark.django_db(transaction=True)
def test_many_writers_make_one_chain():
    start = threading.Barrier(6)

    def write() -> None:
        start.wait()
        for _ in range(5):
            append()
        connections.close_all()

    threads = [threading.Thread(target=write) for _ in range(6)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert audit.verify(audit.SITE) == audit.Verdict(count=30, broken_at=None)


def test_the_trail_names_every_kind_of_actor():
    user, redemption = person(), uuid.uuid4()
    held = CustomerPass(redemption_id=redemption, workspace_id=uuid.uuid4(), run_id=uuid.uuid4())

    named = [audit.actor_of(one) for one in (user, held, WorkerPass(worker_id="w1"), None)]

    assert named == [f"user:{user.pk}", f"customer:{redemption}", "worker:w1", "anyone"]
