"""Erasing a run: key and files are gone, its trace and its hashes stay, and nothing breaks."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.core.management import call_command
from django.test import Client as Browser
from django.utils import timezone

from accounts import audit, links
from accounts.models import AuditEvent, Redemption
from flow.errors import EventRefusedError
from flow.events import ParticipantId, ParticipantJoined
from runtime import driver, erasure, rotation, sealing
from runtime.clock import now_ms
from runtime.errors import RunErasedError, UnknownKeyError
from runtime.evidence import grants, verify
from runtime.keyring import FileKeyring, keyring, write_first
from runtime.models import (
    Evidence,
    Job,
    Participant,
    PeerOffer,
    Recording,
    RecordingFile,
    Room,
    Run,
    RunEvent,
    WorkerRequest,
)
from tests.runtime import builders, families
from tests.runtime.test_driver import agreed
from tests.runtime.test_evidence import CONTENT, delivered, picture_of, segments, tell, told

pytestmark = pytest.mark.django_db


@pytest.fixture
def admin():
    return builders.staff("adam", "admin", "auditor")


@pytest.fixture
def browser(admin) -> Browser:
    return signed_in_as(admin)


def signed_in_as(user: Any) -> Browser:
    browser = Browser()
    browser.cookies[settings.SESSION_COOKIE_NAME] = builders.session_of(user)
    return browser


@pytest.fixture
def room() -> Room:
    return closed_room()


def closed_room() -> Room:
    """A closed run with a room, a recording and a picture; its customer came by a link."""
    run, _ = builders.joined()
    room = Room.objects.create(
        run=run, worker=builders.worker(), generation=1, status=Room.Status.CLOSED
    )
    customer = builders.customer_of(run)
    Participant.objects.filter(pk=customer.pk).update(name="Hanna Vogel", tab="tab-1")
    builders.seat(run, builders.staff("lea"))
    delivered(room, Recording.objects.create(run=run, name="rec-1", started_at_ms=now_ms()))
    picture_of(room)
    close(run)
    room.refresh_from_db()
    return room


def close(run: Run) -> None:
    came = builders.customer_of(run)
    arrived = ParticipantJoined(
        at_ms=now_ms(), participant=ParticipantId("p1"), role="customer", name=came.name
    )
    driver.advance_run(run.pk, arrived, key="came", actor="test")
    driver.advance_run(run.pk, agreed(), key="agreed", actor="test")
    builders.perform_all()
    run.refresh_from_db()
    assert run.status == Run.Status.CLOSED


def erase(run: Run, admin: Any) -> Run:
    erasure.erase_run(run, by=admin, reason="asked for by the customer", now_ms=now_ms())
    builders.perform_all()
    run.refresh_from_db()
    return run


def media_of(run: Run) -> Path:
    return Path(settings.MEDIA_FOLDER) / str(run.pk)


def test_the_key_and_every_copy_of_what_was_said_are_gone(room, admin):
    run = room.run
    WorkerRequest.objects.create(
        worker=room.worker, room=room, kind="peer.offer", params={"sdp": "x"}, deadline_ms=1
    )
    PeerOffer.objects.create(pk=uuid.uuid4(), room=room, participant="p", peer="t", sdp="x")
    assert media_of(run).is_dir()

    erase(run, admin)

    assert run.data_key == ""
    assert run.erased_at_ms is not None
    assert run.state == {}
    assert not media_of(run).exists()
    assert not Job.objects.filter(run=run).exists()
    assert not WorkerRequest.objects.exists()
    assert not PeerOffer.objects.exists()
    assert not RecordingFile.objects.exclude(path="").exists()
    assert not Evidence.objects.exclude(path="").exists()
    customer = builders.customer_of(run)
    assert (customer.name, customer.tab) == ("", "")
    for read in (driver.read_run, driver.replay, sealing.seal_for):
        with pytest.raises(RunErasedError):
            read(run.pk)


def test_hashes_stay_and_the_chains_still_hold(room, admin):
    before = [one.hash for one in RunEvent.objects.filter(run=room.run)]

    erase(room.run, admin)

    verdict = verify.verify_run(room.run, now_ms())
    assert verdict["ok"]
    assert verdict["events"]["count"] == len(before)
    assert [one["erased"] for one in verdict["recordings"]] == [True]
    assert [one["erased"] for one in verdict["evidence"]] == [True]
    assert [one.hash for one in RunEvent.objects.filter(run=room.run)] == before
    assert RecordingFile.objects.get().segments.count() == len(segments())


def test_a_changed_segment_of_an_erased_recording_is_found_all_the_same(room, admin):
    erase(room.run, admin)
    RecordingFile.objects.get().segments.filter(n=0).update(sha256="0" * 64)

    verdict = verify.verify_run(room.run, now_ms())

    assert not verdict["ok"]
    assert "segment 0" in verdict["recordings"][0]["problem"]


def test_the_api_shows_a_skeleton_and_breaks_nowhere(room, admin, browser):
    run = room.run
    file, picture = RecordingFile.objects.get(), Evidence.objects.get()
    token = grants.play_token(file.pk, admin.pk)

    answer = browser.post(
        f"/api/v1/runs/{run.pk}/erase",
        {"id": str(uuid.uuid4()), "reason": "asked for by the customer"},
        content_type="application/json",
    )
    assert answer.status_code == 200
    erased_at = answer.json()["erased_at"]
    builders.perform_all()

    (row,) = browser.get("/api/v1/runs").json()["results"]
    shown = browser.get(f"/api/v1/runs/{run.pk}").json()
    events = browser.get(f"/api/v1/runs/{run.pk}/events").json()
    verdict = browser.get(f"/api/v1/runs/{run.pk}/verify").json()

    assert row["erased_at"] == shown["erased_at"] == erased_at
    assert (shown["forms"], shown["variables"], shown["decisions"]) == ([], [], [])
    assert shown["recordings"][0]["files"][0]["state"] == "erased"
    assert shown["recordings"][0]["files"][0]["url"] == shown["evidence"][0]["url"] == ""
    assert {one["name"] for one in shown["people"]} == {"", "Lea"}
    assert [one["kind"] for one in events] == [
        one.kind for one in RunEvent.objects.filter(run=run).order_by("seq")
    ]
    assert all(one["data"] == {} and one["hash"] for one in events)
    assert verdict["ok"]
    assert "Hanna" not in json.dumps([row, shown, events, verdict])
    for url in (f"/api/v1/evidence/{picture.pk}", f"/api/v1/media/play/{token}"):
        assert browser.get(url).status_code == 410
    asked = browser.post(
        f"/api/v1/runs/{run.pk}/recordings/{file.pk}/grant", {}, content_type="application/json"
    )
    assert (asked.status_code, asked.json()["code"]) == (410, "run_erased")
    assert browser.get(f"/api/v1/runs/{run.pk}/events?after=2").json()[0]["seq"] == 3
    assert browser.get(f"/runs/{run.pk}").status_code == 200


@pytest.mark.parametrize("role", ["agent", "supervisor", "auditor", "analyst"])
def test_only_an_admin_erases(room, role):
    browser = signed_in_as(builders.staff("otto", role))

    answer = browser.post(
        f"/api/v1/runs/{room.run_id}/erase",
        {"id": str(uuid.uuid4()), "reason": "because"},
        content_type="application/json",
    )

    assert answer.status_code == 403
    assert Run.objects.get(pk=room.run_id).data_key


def test_a_reason_is_asked_for_and_kept_in_the_audit_trail(room, admin, browser):
    url, wish = f"/api/v1/runs/{room.run_id}/erase", {"id": str(uuid.uuid4())}
    assert browser.post(url, wish, content_type="application/json").status_code == 400

    erase(room.run, admin)

    event = AuditEvent.objects.get(action="run.erase")
    assert event.actor == f"user:{admin.pk}"
    assert event.target == f"run:{room.run_id}"
    assert event.data == {"reason": "asked for by the customer", "runs": 1}
    assert audit.verify(event.chain).broken_at is None


def test_erasing_again_changes_nothing(room, admin):
    first = erase(room.run, admin).erased_at_ms

    again = erasure.erase_run(room.run, by=admin, reason="twice", now_ms=now_ms() + 5_000)

    assert again == first
    assert AuditEvent.objects.filter(action="run.erase").count() == 1


def test_a_run_that_goes_on_is_not_erased(admin, browser):
    run = builders.entered()

    answer = browser.post(
        f"/api/v1/runs/{run.pk}/erase",
        {"id": str(uuid.uuid4()), "reason": "too soon"},
        content_type="application/json",
    )

    assert (answer.status_code, answer.json()["code"]) == (409, "going_on")
    assert driver.read_run(run.pk).seq == run.seq


def test_a_run_that_something_is_still_to_be_done_for_is_not_erased(room, admin):
    Job.objects.create(run=room.run, key="x", kind="FreeRun", due_at_ms=now_ms())

    with pytest.raises(EventRefusedError, match="not ended"):
        erase(room.run, admin)

    assert not AuditEvent.objects.filter(action="run.erase").exists()


def test_a_log_from_before_there_were_keys_cannot_be_erased(room, admin):
    Run.objects.filter(pk=room.run_id).update(data_key="")

    with pytest.raises(EventRefusedError) as refused:
        erase(room.run, admin)

    assert refused.value.reason == "not_sealed"


def test_a_device_does_not_come_back_to_an_erased_run(admin):
    run, cookie = builders.joined()
    close(run)
    assert links.find_pass(cookie, now=timezone.now()) is not None

    erase(run, admin)

    assert links.find_pass(cookie, now=timezone.now()) is None
    assert Redemption.objects.get(run=run.pk).device_hash == ""


def test_nothing_more_happens_to_an_erased_run(room, admin):
    erase(room.run, admin)
    seq = room.run.seq

    with pytest.raises(EventRefusedError) as refused:
        driver.advance_run(room.run_id, agreed(), key="late", actor="test")

    assert refused.value.reason == "run_erased"
    assert driver.advance_run(room.run_id, agreed(), key="agreed", actor="test").duplicate
    room.run.refresh_from_db()
    assert room.run.seq == seq


def test_what_a_worker_delivers_too_late_is_thrown_away(room, admin):
    erase(room.run, admin)
    late = Path(settings.MEDIA_FOLDER) / str(room.run_id) / "1" / "late.webm"
    late.parent.mkdir(parents=True)
    late.write_bytes(CONTENT)
    recording = Recording.objects.get(run=room.run)

    tell(room, "delivered", told(room, recording, bytes=len(CONTENT), sha256="0" * 64))
    answer = Browser().put(
        f"/api/v1/media/{room.run_id}/1/later.webm",
        CONTENT,
        content_type="application/octet-stream",
        headers={"Authorization": f"Grant {grants.grant_for(room, now_ms())}"},
    )

    assert answer.status_code == 403
    assert not late.exists()
    assert RecordingFile.objects.get().state == RecordingFile.State.ERASED


def test_files_that_could_not_be_deleted_at_once_are_deleted_later(room, admin):
    erasure.erase_run(room.run, by=admin, reason="why", now_ms=now_ms())
    assert media_of(room.run).is_dir()
    file = RecordingFile.objects.get()
    assert (file.state, bool(file.path)) == (RecordingFile.State.ERASED, True)

    assert "EraseFiles" in builders.perform_all()

    assert not media_of(room.run).exists()


def test_sub_flows_are_erased_with_the_run_that_called_them(admin):
    parent = families.entered()
    child = families.child_of(parent)
    for one in (child, parent):
        Run.objects.filter(pk=one.pk).update(status="closed", ended_at_ms=now_ms())
    Job.objects.all().update(status="done", lease_until_ms=None)

    erase(child, admin)

    assert not Run.objects.exclude(data_key="").exists()
    assert verify.verify_run(parent, now_ms())["ok"]


def test_after_a_rotation_not_even_a_copy_of_the_wrapped_key_opens(settings, tmp_path, admin):
    write_first(tmp_path / "keyring.json")
    settings.KEYRING = {"file": str(tmp_path / "keyring.json")}
    ring = keyring()
    assert isinstance(ring, FileKeyring)
    run, _ = builders.joined()
    close(run)
    in_a_backup, first = run.data_key, ring.active
    erase(run, admin)
    assert ring.unwrap(in_a_backup, run.pk.bytes)

    call_command("rotate_keyring")
    call_command("rotate_keyring", "--retire", first)

    assert rotation.users_of(first) == 0
    with pytest.raises(UnknownKeyError):
        ring.unwrap(in_a_backup, run.pk.bytes)
