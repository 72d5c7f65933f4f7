"""One video of a whole recording: asked for, made in steps, cancelled, tried again, erased."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import av
import pytest
from django.conf import settings
from django.test import Client as Browser

from runtime.clock import now_ms
from runtime.evidence import compositions
from runtime.models import Composition, Job, Recording, RecordingFile, Run
from tests.composer.footage import record
from tests.runtime import builders

pytestmark = pytest.mark.django_db
NAME = "rec-1"


@pytest.fixture(autouse=True)
def media(settings, tmp_path) -> None:
    settings.MEDIA_FOLDER = tmp_path / "media"


@pytest.fixture
def auditor() -> Browser:
    return signed_in_as(builders.staff("audit", "auditor"))


def signed_in_as(person: Any) -> Browser:
    browser = Browser()
    browser.cookies[settings.SESSION_COOKIE_NAME] = builders.session_of(person)
    return browser


def place(name: str) -> Path:
    return Path(settings.MEDIA_FOLDER) / name


def recorded(*, seconds: float = 1.0, is_delivered: bool = True) -> Recording:
    """A closed run of which a second was recorded."""
    run = builders.entered()
    Run.objects.filter(pk=run.pk).update(status="closed", ended_at_ms=now_ms())
    recording = Recording.objects.create(
        run=run,
        name=NAME,
        started_at_ms=now_ms(),
        chapters=[{"at_ms": now_ms(), "label": {"en": "First", "zh-Hans": "第一"}}],
    )
    path = f"{run.pk}/1/customer.webm"
    place(path).parent.mkdir(parents=True)
    record(place(path), seconds=seconds)
    RecordingFile.objects.create(
        recording=recording,
        generation=1,
        file="customer.webm",
        party=str(builders.customer_of(run).pk),
        role="customer",
        path=path if is_delivered else "",
        t0_ms=now_ms(),
        duration_ms=int(seconds * 1000),
        state=RecordingFile.State.DELIVERED if is_delivered else RecordingFile.State.RECORDING,
    )
    return recording


def address(recording: Recording, more: str = "") -> str:
    return f"/api/v1/runs/{recording.run_id}/compositions{more}"


def ask(browser: Browser, recording: Recording, name: str = NAME) -> Any:
    return browser.post(address(recording), {"recording": name}, content_type="application/json")


def listed(browser: Browser, recording: Recording) -> list[dict[str, Any]]:
    answer: list[dict[str, Any]] = browser.get(address(recording)).json()
    return answer


def test_video_is_made_and_played_by_its_grant(auditor):
    recording = recorded()

    answer = ask(auditor, recording)
    assert (answer.status_code, answer.json()["state"]) == (202, "working")
    assert builders.perform_all().count("Compose") == 3

    (made,) = listed(auditor, recording)
    assert (made["state"], made["progress"]) == ("done", 1.0)
    grant = auditor.post(made["url"], {}, content_type="application/json").json()
    played = auditor.get(grant["url"], headers={"Range": "bytes=0-"})
    content = played.content
    assert played.headers["Content-Type"] == "video/mp4"
    assert len(content) == made["bytes"]
    assert b"ftyp" in content[:16]
    folder = place(f"{recording.run_id}/compositions")
    assert [one.name for one in folder.iterdir()] == [f"{made['id']}.mp4"]
    with av.open(str(next(folder.iterdir()))) as video:
        assert [one["metadata"]["title"] for one in video.chapters()] == ["First"]
    assert ask(auditor, recording).json()["id"] == made["id"]


def test_steps_done_are_not_done_again(auditor, monkeypatch):
    recording = recorded()
    ask(auditor, recording)
    made = Composition.objects.get()
    compositions.step(made, 0, 1, now_ms())
    made.refresh_from_db()
    assert made.steps_done == 1
    monkeypatch.setattr(subprocess, "run", lambda *_given, **_named: pytest.fail("rendered again"))

    compositions.step(made, 0, 2, now_ms())

    assert Job.objects.filter(kind="Compose").count() == 2


def test_second_picture_stands_in_a_tile_of_its_own_behind_all_others():
    recording = recorded()
    (camera,) = recording.files.all()
    shared = {"file": "shared.webm", "label": "video-2", "t0_ms": camera.t0_ms - 500}
    same = ("party", "role", "path", "duration_ms", "state", "generation")
    more = {name: getattr(camera, name) for name in same}
    RecordingFile.objects.create(recording=recording, **more, **shared)

    parties = compositions.plan_of(recording, "en").parties

    assert [one.label for one in parties] == ["Customer", "Customer · second picture"]


@pytest.mark.parametrize("first_came", [True, False])
def test_files_of_the_second_recorder_stand_in_for_those_that_never_came(first_came):
    recording = recorded()
    (first,) = recording.files.all()
    same = ("party", "role", "duration_ms", "state", "generation", "t0_ms", "path")
    more = {name: getattr(first, name) for name in same}
    copy = RecordingFile.objects.create(recording=recording, file="copy", is_copy=True, **more)
    RecordingFile.objects.filter(pk=copy.pk).update(path=f"{first.path}.copy")
    if not first_came:
        RecordingFile.objects.filter(pk=first.pk).update(
            path="", state=RecordingFile.State.RECORDING
        )

    (party,) = compositions.plan_of(recording, "en").parties

    assert len(party.pieces) == 1
    assert party.pieces[0].path.endswith(".copy") is not first_came


def test_cancelled_video_leaves_nothing_and_the_next_begins(auditor):
    first, second = recorded(), recorded()
    ask(auditor, first)
    assert ask(auditor, second).json()["state"] == "waiting"
    compositions.step(Composition.objects.get(recording=first), 0, 1, now_ms())
    (under_way,) = listed(auditor, first)
    assert 0 < under_way["progress"] < 1

    answer = auditor.delete(address(first, f"/{under_way['id']}"))

    assert answer.json()["state"] == "cancelled"
    assert not list(place(f"{first.run_id}/compositions").iterdir())
    builders.perform_all()
    assert listed(auditor, second)[0]["state"] == "done"
    assert listed(auditor, first)[0]["state"] == "cancelled"
    assert ask(auditor, first).json()["id"] != under_way["id"]


def test_rendering_that_breaks_is_tried_again_and_then_given_up(auditor, monkeypatch):
    recording = recorded()
    ask(auditor, recording)
    tried = []

    def broken(*_given: object, **_named: object) -> None:
        tried.append(1)
        raise subprocess.CalledProcessError(1, "render")

    monkeypatch.setattr(subprocess, "run", broken)
    for ahead_s in range(0, 120, 10):
        builders.perform_all(now_ms() + ahead_s * 1000)

    assert len(tried) == compositions.TRIES
    assert listed(auditor, recording)[0]["state"] == "failed"


def test_one_that_never_got_on_makes_room_for_the_next(auditor):
    stuck, waiting = recorded(), recorded()
    ask(auditor, stuck)
    ask(auditor, waiting)
    Composition.objects.filter(recording=stuck).update(touched_at_ms=0)

    compositions.begin_next(now_ms())

    states = dict(Composition.objects.values_list("recording", "state"))
    assert states == {stuck.pk: "failed", waiting.pk: "working"}


def test_erased_run_has_no_video_any_more(auditor):
    recording = recorded()
    ask(auditor, recording)
    Run.objects.filter(pk=recording.run_id).update(erased_at_ms=now_ms())

    builders.perform_all()

    assert not Composition.objects.get().path
    assert ask(auditor, recording).status_code == 410


@pytest.mark.parametrize("is_there", [False, True])
def test_recording_that_is_not_complete_is_refused_with_a_reason(auditor, is_there):
    recording = recorded(is_delivered=False)
    if not is_there:
        RecordingFile.objects.all().delete()

    answer = ask(auditor, recording)

    code = "still_recording" if is_there else "nothing_recorded"
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert not Composition.objects.exists()


def test_nobody_asks_for_what_they_may_not_see(auditor):
    recording = recorded()
    elsewhere = builders.workspace("Elsewhere")
    stranger = signed_in_as(builders.staff("other", "auditor", of=elsewhere))

    assert ask(stranger, recording).status_code in (403, 404)
    assert ask(auditor, recording, "another").status_code == 404
    assert stranger.get(address(recording)).status_code in (403, 404)
