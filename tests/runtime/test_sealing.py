"""What a run stores: sealed with its own key, bound to its place, hashed as stored."""

from __future__ import annotations

import json
import uuid
from collections.abc import Sequence

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.db import connection
from django.test.utils import CaptureQueriesContext
from hypothesis import given
from hypothesis import strategies as st

from flow.errors import EventRefusedError
from flow.events import Signalled
from flow.graph import JsonValue
from runtime import claims, dispatch, driver, sealing, states
from runtime.chain import event_hash
from runtime.clock import now_ms
from runtime.errors import RunErasedError, RunSealedError
from runtime.evidence.verify import verify_events
from runtime.models import Job, Run, RunEvent
from runtime.sealing import PREFIX, Seal
from runtime.statements import Statements
from tests.runtime import builders
from tests.runtime.test_driver import agreed, joined

CANARY = "canary-6b0d2f"
RUN = uuid.uuid4()
SEAL = Seal(RUN, str(RUN), AESGCM(b"k" * 32))
documents = st.dictionaries(st.text(), st.integers() | st.text() | st.none() | st.booleans())


@given(documents)
def test_what_was_closed_opens_again(document: dict[str, JsonValue]):
    stored = json.loads(SEAL.close("event|1", json.dumps(document)))

    assert stored.startswith(PREFIX)
    assert SEAL.open("event|1", stored) == document


def test_a_long_text_takes_less_room_and_opens_again():
    document = {f"node_{n}": {"outcome": "ok", "visits": 1} for n in range(1_000)}
    text = json.dumps(document)

    stored = json.loads(SEAL.close("state|1", text))

    assert len(stored) < len(text) / 3
    assert SEAL.open("state|1", stored) == document


def test_the_same_text_is_never_sealed_alike():
    assert SEAL.close("event|1", "{}") != SEAL.close("event|1", "{}")


@pytest.mark.parametrize(
    ("seal", "place"),
    [
        (SEAL, "event|2"),
        (SEAL, "state|1"),
        (SEAL._replace(run=str(uuid.uuid4())), "event|1"),
        (SEAL._replace(cipher=AESGCM(b"o" * 32)), "event|1"),
        (SEAL._replace(cipher=None), "event|1"),
    ],
    ids=["another seq", "another table", "another run", "another key", "no key"],
)
def test_a_text_opens_in_its_place_only(seal: Seal, place: str):
    stored = json.loads(SEAL.close("event|1", '{"name": "Lea"}'))

    with pytest.raises(RunSealedError):
        seal.open(place, stored)


@pytest.mark.parametrize("stored", ["", "text", PREFIX, f"{PREFIX}AAAA", f"{PREFIX}%"])
def test_what_was_never_sealed_does_not_open(stored: str):
    with pytest.raises(RunSealedError):
        SEAL.open("event|1", stored)


@pytest.mark.parametrize("place", ["event|1", "state|9"])
def test_an_object_was_written_before_there_were_keys(place: str):
    assert SEAL.open(place, {"a": 1}) == {"a": 1}
    assert SEAL._replace(cipher=None).close(place, '{"a":1}') == '{"a":1}'


@pytest.mark.django_db
def test_nothing_of_a_run_is_stored_as_it_was_said(monkeypatch):
    monkeypatch.setattr(states, "SNAPSHOT_EVERY", 1)
    run = builders.entered(builders.call_graph())
    told = Signalled(
        at_ms=now_ms(), activity=_activity(run), name="assigned", data={"name": CANARY}
    )
    seq = driver.advance_run(run.pk, told, key="told", actor="test").seq

    stored = "".join(_column(*one) for one in (RUN_STATE, EVENT_DATA, JOB_PAYLOAD))

    assert CANARY not in stored
    assert stored.count(PREFIX) == 1 + seq + Job.objects.filter(run=run).count()
    assert builders.said_by(RunEvent.objects.get(key="told"))["data"] == {"name": CANARY}
    assert driver.is_snapshot_true(run.pk)


RUN_STATE, EVENT_DATA = ("runtime_run", "state"), ("runtime_runevent", "data")
JOB_PAYLOAD = ("runtime_job", "payload")


def _column(table: str, column: str) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {column} FROM {table}")
        return "\n".join(str(value) for (value,) in cursor.fetchall())


def _activity(run: Run):
    return next(iter(driver.read_run(run.pk).state.activities))


@pytest.mark.django_db
def test_hashes_are_over_what_is_stored_and_need_no_key(settings):
    run = builders.entered()
    settings.KEYRING = {"file": "/nowhere/keyring.json"}
    sealing.forget(run.pk)

    events = list(RunEvent.objects.filter(run=run))

    assert all(one.hash == event_hash(one) for one in events)
    assert verify_events(run)["ok"]


@pytest.mark.django_db
def test_a_job_is_performed_by_what_its_payload_says():
    run = builders.entered(builders.call_graph())
    sealed = Job.objects.get(run=run, kind="Enqueue")

    assert sealed.payload.startswith(PREFIX)
    builders.perform_all()

    assert RunEvent.objects.filter(run=run, kind="CommandCompleted").exists()
    assert run.queue_entries.get().queue.key == "retail"


@pytest.mark.django_db
def test_a_job_moved_to_another_run_is_not_performed():
    run, other = builders.entered(builders.call_graph()), builders.entered()
    Job.objects.filter(run=run, kind="Enqueue").update(run=other)
    moved = next(one for one in claims.claim(now_ms(), limit=50) if one.kind == "Enqueue")

    dispatch.perform(moved, now_ms())

    assert Job.objects.get(pk=moved.pk).problem == "run_sealed"
    assert not other.queue_entries.exists()


@pytest.mark.django_db
def test_a_run_from_before_there_were_keys_goes_on_as_it_was(monkeypatch):
    version = builders.published(builders.consent_graph())
    with monkeypatch.context() as then:
        then.setattr(sealing, "fresh_key", lambda _run_id: "")
        run = driver.start_run(version, at_ms=now_ms())
    driver.advance_run(run.pk, joined(), key="a", actor="test")

    driver.advance_run(run.pk, agreed(), key="b", actor="test")

    assert all(isinstance(one.data, dict) for one in RunEvent.objects.filter(run=run))
    assert driver.is_snapshot_true(run.pk)
    assert verify_events(run)["ok"]


@pytest.mark.django_db
def test_a_step_of_a_run_that_is_remembered_asks_the_database_nothing(monkeypatch):
    run = builders.entered()
    sealing.forget(run.pk)
    asked: list[str] = []
    find = Statements.find

    def heard(self: Statements, text: str, values: Sequence[object]) -> Sequence[object] | None:
        asked.append(text)
        return find(self, text, values)

    monkeypatch.setattr(Statements, "find", heard)
    with CaptureQueriesContext(connection) as others:
        driver.advance_run(run.pk, agreed(), key="b", actor="test")

    assert not [text for text in asked if text.lstrip().startswith("SELECT")]
    assert not [one for one in others if one["sql"].lstrip().startswith("SELECT")]


@pytest.mark.django_db
def test_a_destroyed_key_opens_nothing_though_it_is_remembered():
    run = builders.entered()
    driver.read_run(run.pk)
    sealing.seal_for(run.pk)

    Run.objects.filter(pk=run.pk).update(data_key="", erased_at_ms=now_ms())

    with pytest.raises(RunErasedError):
        driver.read_run(run.pk)
    with pytest.raises(RunErasedError):
        sealing.seal_for(run.pk)
    with pytest.raises(EventRefusedError, match="erased"):
        driver.advance_run(run.pk, agreed(), key="b", actor="test")


def test_keys_in_memory_are_bounded_in_number_and_time(monkeypatch):
    kept, clock = sealing._Seals(), [100.0]
    monkeypatch.setattr("runtime.sealing.time.monotonic", lambda: clock[0])
    runs = [uuid.uuid4() for _ in range(sealing.KEPT + 1)]
    for run in runs:
        kept.put((run.int, "w"), SEAL)

    assert kept.find((runs[0].int, "w")) is None
    assert kept.find((runs[-1].int, "w")) is SEAL
    assert kept.find((runs[-1].int, "other")) is None
    clock[0] += sealing.KEPT_S
    assert kept.find((runs[-1].int, "w")) is None
    kept.put((runs[0].int, "w"), SEAL)
    assert len(kept._kept) == 1
    kept.forget(runs[0])
    assert kept.find((runs[0].int, "w")) is None
