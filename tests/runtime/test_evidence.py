"""Recordings and pictures.

Chains, grants, delivery, playing, and the verdict on a tampered record.
"""

from __future__ import annotations

import hashlib
import uuid
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from runtime import intake
from runtime.clock import now_ms
from runtime.errors import GrantError
from runtime.evidence import grants, verify
from runtime.evidence.recordings import MissingSegmentError, wire_id
from runtime.messages import WorkerEvent
from runtime.models import Evidence, Job, Recording, RecordingFile, Room, Run, RunEvent, Segment
from tests.runtime import builders
from tests.runtime.conftest import create_triggers, drop_triggers
from tests.runtime.fake_worker import PICTURE, links_of

pytestmark = pytest.mark.django_db
CONTENT = bytes(range(256)) * 4


@pytest.fixture
def room() -> Room:
    run = builders.entered()
    return Room.objects.create(
        run=run, worker=builders.worker(), generation=1, status=Room.Status.OPEN
    )


@pytest.fixture
def recording(room) -> Recording:
    return Recording.objects.create(run=room.run, name="rec-1", started_at_ms=now_ms())


def told(room: Room, recording: Recording, **more: Any) -> dict[str, Any]:
    name = wire_id(recording, room.generation)
    return {
        "recording": name,
        "party": "p1",
        "file": f"{name}.p1.webm",
        "grant": grants.grant_for(room, now_ms()),
        **more,
    }


def tell(room: Room, kind: str, data: dict[str, Any]) -> None:
    event = WorkerEvent(
        id=uuid.uuid4(),
        room=str(room.run_id),
        generation=room.generation,
        kind=kind,
        data=data,
    )
    intake.take(room.worker_id, event, now_ms())


def segments(content: bytes = CONTENT) -> list[dict[str, Any]]:
    return [asdict(one) for one in links_of(content)]


def delivered(room: Room, recording: Recording, content: bytes = CONTENT) -> RecordingFile:
    tell(room, "recording", told(room, recording, segments=segments(content), gaps=[]))
    data = told(
        room,
        recording,
        bytes=len(content),
        sha256=hashlib.sha256(content).hexdigest(),
        head=links_of(content)[-1].head,
        duration_ms=11_000,
        t0_ms=0,
    )
    path = Path(settings.MEDIA_FOLDER) / str(room.run_id) / "1" / data["file"]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    tell(room, "delivered", data)
    return RecordingFile.objects.get(recording=recording)


def picture_of(room: Room) -> Evidence:
    relative = f"{room.run_id}/1/{uuid.uuid4()}.jpg"
    path = Path(settings.MEDIA_FOLDER) / relative
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(PICTURE)
    return Evidence.objects.create(
        run=room.run,
        label="front",
        at_ms=now_ms(),
        sha256=hashlib.sha256(PICTURE).hexdigest(),
        path=relative,
    )


def test_second_picture_and_h264_are_told_apart(room, recording):
    name = wire_id(recording, room.generation)
    second = {"file": f"{name}.p1.video-2.mkv", "label": "video-2", "copy": True}

    tell(room, "recording", told(room, recording, segments=segments(), gaps=[]))
    tell(room, "recording", told(room, recording, segments=segments(), gaps=[], **second))

    kept = RecordingFile.objects.filter(recording=recording).order_by("label")
    assert [(one.label, one.mime, one.party, one.is_copy) for one in kept] == [
        ("", "video/webm", "p1", False),
        ("video-2", "video/x-matroska", "p1", True),
    ]


def test_segments_make_a_chain_and_come_twice_without_harm(room, recording):
    data = told(room, recording, segments=segments(), gaps=[{"from_ms": 5, "to_ms": 900}])

    tell(room, "recording", data)
    tell(room, "recording", data)

    file = RecordingFile.objects.get(recording=recording)
    assert file.segments.count() == len(segments())
    assert file.head == links_of(CONTENT)[-1].head
    assert file.gaps == [{"from_ms": 5, "to_ms": 900}]
    assert Job.objects.filter(kind="NoteRecording", key__contains=":gap:").count() == 1


def test_segments_that_come_too_early_are_asked_for_again(room, recording):
    with pytest.raises(MissingSegmentError):
        tell(room, "recording", told(room, recording, segments=segments()[3:]))

    assert not RecordingFile.objects.exists()


def test_a_segment_that_does_not_follow_is_not_taken(room, recording):
    forged = segments()
    forged[1]["prev"] = "f" * 64

    tell(room, "recording", told(room, recording, segments=forged))

    assert not Segment.objects.exists()


def test_a_grant_of_another_room_or_hand_opens_nothing(room, recording):
    other_run = builders.entered()
    other = Room.objects.create(run=other_run, worker=room.worker, generation=1, status="open")
    data = told(room, recording, segments=segments())

    for bad in (grants.grant_for(other, now_ms()), "x.y", "", data["grant"][:-4] + "AAAA"):
        tell(room, "recording", {**data, "grant": bad})

    assert not Segment.objects.exists()


def test_an_old_grant_has_expired(room):
    text = grants.grant_for(room, 0)

    with pytest.raises(GrantError):
        grants.read_grant(text, grants.DELIVERY_LIFE_MS + 1)


def test_an_intact_run_verifies(room, recording):
    delivered(room, recording)
    picture_of(room)
    room.run.refresh_from_db()

    verdict = verify.verify_run(room.run, now_ms())

    assert verdict["ok"]
    assert verdict["events"] == {"count": 2, "ok": True, "broken_at": None}
    assert verdict["recordings"][0]["segments"] == len(segments())


@pytest.mark.usefixtures("committed")  # MariaDB commits when a trigger is dropped
@pytest.mark.parametrize("column", ["data", "kind", "actor", "key", "at_ms", "hash"])
def test_a_changed_event_is_found(column):
    run = builders.entered()
    values = {"data": {"x": 1}, "kind": "Other", "actor": "me", "key": "k", "at_ms": 1, "hash": "0"}
    drop_triggers()
    RunEvent.objects.filter(run=run, seq=1).update(**{column: values[column]})
    create_triggers()

    verdict = verify.verify_run(run, now_ms())

    assert not verdict["ok"]
    assert verdict["events"]["broken_at"] == 1


@pytest.mark.usefixtures("committed")
def test_a_removed_last_event_is_found():
    run = builders.entered()
    drop_triggers()
    RunEvent.objects.filter(run=run, seq=2).delete()
    create_triggers()

    assert verify.verify_events(run) == {"count": 1, "ok": False, "broken_at": 2}


def test_a_run_that_grows_while_it_is_read_verifies():
    run = builders.entered()
    Run.objects.filter(pk=run.pk).update(seq=1, head=run.events.get(seq=1).hash)
    stale = Run.objects.get(pk=run.pk)
    Run.objects.filter(pk=run.pk).update(seq=run.seq, head=run.head)

    assert verify.verify_events(stale) == {"count": 2, "ok": True, "broken_at": None}


def test_an_event_after_the_head_is_found():
    run = builders.entered()
    Run.objects.filter(pk=run.pk).update(seq=1, head=run.events.get(seq=1).hash)

    assert verify.verify_events(run) == {"count": 1, "ok": False, "broken_at": 2}


def test_a_changed_byte_of_a_recording_is_found(room, recording):
    file = delivered(room, recording)
    path = Path(settings.MEDIA_FOLDER) / file.path
    path.write_bytes(CONTENT[:350] + b"?" + CONTENT[351:])

    verdict = verify.verify_file(file)

    assert not verdict["ok"]
    assert verdict["problem"] == "segment 3 is not what was recorded"


@pytest.mark.parametrize("column", ["sha256", "bytes", "t1_ms", "prev", "offset"])
def test_a_changed_segment_is_found(room, recording, column):
    file = delivered(room, recording)
    wrong = "e" * 64 if column in ("sha256", "prev") else 7
    Segment.objects.filter(file=file, n=2).update(**{column: wrong})

    assert not verify.verify_file(file)["ok"]


def test_a_removed_segment_or_file_is_found(room, recording):
    file = delivered(room, recording)
    Segment.objects.filter(file=file).latest("n").delete()
    assert verify.verify_file(file)["problem"] == "the last segments are missing"

    Segment.objects.filter(file=file).delete()
    RecordingFile.objects.filter(pk=file.pk).update(head="0" * 64)
    file.refresh_from_db()
    (Path(settings.MEDIA_FOLDER) / file.path).unlink()
    assert verify.verify_file(file)["problem"] == "the file is missing"


def test_a_recording_that_grows_while_it_is_read_verifies(room, recording):
    first, *later = segments()
    tell(room, "recording", told(room, recording, segments=[first]))
    stale = RecordingFile.objects.get()
    tell(room, "recording", told(room, recording, segments=later))

    assert verify.verify_file(stale)["problem"] is None

    Segment.objects.filter(file=stale).delete()
    assert verify.verify_file(stale)["problem"] == "the last segments are missing"


def test_a_changed_picture_is_found(room):
    picture = picture_of(room)
    (Path(settings.MEDIA_FOLDER) / picture.path).write_bytes(PICTURE + b"!")

    verdict = verify.verify_run(room.run, now_ms())

    assert verdict["evidence"] == [{"id": str(picture.pk), "ok": False, "erased": False}]


def signed_in(role: str) -> Browser:
    browser = Browser()
    browser.cookies[settings.SESSION_COOKIE_NAME] = builders.session_of(
        builders.staff(role[:6], role)
    )
    return browser


def url_to_play(browser: Browser, file: RecordingFile) -> str:
    run_id = file.recording.run_id
    answer = browser.post(
        f"/api/v1/runs/{run_id}/recordings/{file.pk}/grant", {}, content_type="application/json"
    )
    assert answer.status_code == 200
    return str(answer.json()["url"])


def test_an_auditor_plays_a_recording_in_ranges(room, recording):
    file = delivered(room, recording)
    auditor = signed_in("auditor")
    url = url_to_play(auditor, file)

    part = auditor.get(url, headers={"Range": "bytes=10-19"})
    tail = auditor.get(url, headers={"Range": "bytes=-4"})
    beyond = auditor.get(url, headers={"Range": "bytes=99999-"})

    assert (part.status_code, part.content) == (206, CONTENT[10:20])
    assert part["Content-Range"] == f"bytes 10-19/{len(CONTENT)}"
    assert tail.content == CONTENT[-4:]
    assert beyond.status_code == 416


def test_a_grant_to_play_is_for_one_person_and_a_minute(room, recording, monkeypatch):
    file = delivered(room, recording)
    url = url_to_play(signed_in("auditor"), file)

    assert signed_in("supervisor").get(url).status_code == 404
    assert Browser().get(url).status_code == 401
    monkeypatch.setattr(grants, "PLAY_LIFE_S", -1)
    with pytest.raises(GrantError):
        grants.read_play_token(url.rsplit("/", 1)[1])


def test_an_agent_not_in_the_run_may_neither_see_nor_play_it(room, recording):
    file = delivered(room, recording)
    picture = picture_of(room)
    agent = signed_in("agent")

    answers = [
        agent.get(f"/api/v1/runs/{room.run_id}"),
        agent.get(f"/api/v1/runs/{room.run_id}/events"),
        agent.get(f"/api/v1/evidence/{picture.pk}"),
        agent.post(
            f"/api/v1/runs/{room.run_id}/recordings/{file.pk}/grant",
            {},
            content_type="application/json",
        ),
    ]

    assert [one.status_code for one in answers] == [404, 404, 404, 404]
    assert agent.get("/api/v1/runs").json()["results"] == []


def test_an_auditor_reads_the_story_and_the_picture(room, recording):
    delivered(room, recording)
    picture = picture_of(room)
    auditor = signed_in("auditor")

    story = auditor.get(f"/api/v1/runs/{room.run_id}").json()
    events = auditor.get(f"/api/v1/runs/{room.run_id}/events?after=1").json()
    verdict = auditor.get(f"/api/v1/runs/{room.run_id}/verify").json()
    shown = auditor.get(story["evidence"][0]["url"])

    assert story["number"] == room.run.number
    assert story["recordings"][0]["files"][0]["state"] == "delivered"
    assert [one["seq"] for one in events] == [2]
    assert verdict["ok"]
    assert (shown.content, shown["Cache-Control"]) == (PICTURE, "no-store")
    assert picture.label == "front"


def put(url: str, content: bytes, grant: str):
    return Browser().generic(
        "PUT",
        url,
        content,
        content_type="application/octet-stream",
        headers={"Authorization": f"Grant {grant}"},
    )


def test_a_worker_elsewhere_streams_a_file_in_under_its_grant(room):
    grant = grants.grant_for(room, now_ms())
    url = f"/api/v1/media/{room.run_id}/1/one.webm"

    first = put(url, CONTENT, grant)
    again = put(url, CONTENT, grant)
    other = put(url, b"something else", grant)

    kept = Path(settings.MEDIA_FOLDER) / str(room.run_id) / "1" / "one.webm"
    assert (first.status_code, again.status_code, other.status_code) == (201, 201, 409)
    assert kept.read_bytes() == CONTENT
    assert not list(kept.parent.glob(".*.part"))


@pytest.mark.parametrize("name", [".hidden", "..%2f..%2fx", "a b.webm"])
def test_a_name_that_is_no_plain_name_is_refused(room, name):
    grant = grants.grant_for(room, now_ms())

    answer = put(f"/api/v1/media/{room.run_id}/1/{name}", CONTENT, grant)

    assert answer.status_code in (403, 404)


def test_a_grant_opens_only_its_own_prefix(room):
    grant = grants.grant_for(room, now_ms())
    other = builders.entered()

    answers = [
        put(f"/api/v1/media/{room.run_id}/2/one.webm", CONTENT, grant),
        put(f"/api/v1/media/{other.pk}/1/one.webm", CONTENT, grant),
        put(f"/api/v1/media/{room.run_id}/1/one.webm", CONTENT, "forged.grant"),
    ]

    assert {one.status_code for one in answers} == {403}
