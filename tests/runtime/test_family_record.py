"""A family as its auditor reads it: one call in the list, chapters in one recording, each log."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from designer.models import FlowVersion
from runtime import sealing
from runtime.clock import now_ms
from runtime.evidence.verify import verify_run
from runtime.models import Evidence, Recording, Run, RunEvent
from tests.accounts.people import signed_in
from tests.runtime import builders
from tests.runtime.builders import edge, end, graph, node
from tests.runtime.conftest import create_triggers, drop_triggers
from tests.runtime.families import acted, bring, child_graph, child_of, entered, fill, newer

pytestmark = pytest.mark.django_db

SERVICES = [{"id": "limit", "label": {"en": "Raise limit", "zh-Hans": "提高限额"}}]


def counter() -> tuple[Run, Recording]:
    """link → menu → service (the child) → menu; being recorded, at the menu."""
    service = node(
        "service",
        "logic.subflow",
        flow="child",
        version="latest",
        inputs=[{"name": "limit.old", "value": "200"}],
    )
    nodes = [node("link", "entry.link"), node("menu", "logic.menu", items=SERVICES), service, end()]
    edges = [
        edge("link", "ok", "menu"),
        edge("link", "expired", "done"),
        edge("menu", "limit", "service"),
        edge("menu", "finish", "done"),
        edge("service", "ok", "menu"),
        edge("service", "fail", "menu"),
    ]
    builders.published(child_graph(), key="child")
    run = builders.entered(graph(nodes, edges))
    recording = Recording.objects.create(run=run, name="r1", started_at_ms=now_ms())
    return run, recording


def choose(run: Run, visit: int = 1) -> None:
    bring(run, acted(f"menu.{visit}", "choose", item="limit"))
    builders.perform_all()


@pytest.fixture
def auditor() -> Client:
    return signed_in(builders.staff("audit", "auditor"))


def test_each_service_is_a_chapter_of_the_one_recording():
    run, recording = counter()
    choose(run)
    fill(run, child_of(run))
    builders.perform_all()

    choose(run, visit=2)

    recording.refresh_from_db()
    assert [one["legal_step"] for one in recording.chapters] == ["limit", "limit"]
    assert recording.chapters[0]["label"] == {"en": "Raise limit", "zh-Hans": "提高限额"}
    assert recording.chapters[0]["at_ms"] < recording.chapters[1]["at_ms"]


def test_a_chapter_stands_in_the_log_of_the_root():
    run, _ = counter()

    choose(run)

    noted = RunEvent.objects.get(run=run, kind="RecordingNoted")
    said: Any = sealing.seal_for(run.pk).open_event(noted)
    assert (said["what"], said["recording"]) == ("chapter", "r1")
    assert said["data"]["legal_step"] == "limit"


def test_a_mark_in_a_child_goes_into_the_recording_of_the_root():
    run, recording = counter()
    chapter = node("mark", "rec.chapter", label={"en": "Risk"}, legal_step="risk")
    inputs = [{"name": "limit.old", "type": "int"}]
    nodes = [node("call", "entry.call", given=["recording"], inputs=inputs), chapter, end()]
    document = graph(nodes, [edge("call", "ok", "mark"), edge("mark", "ok", "done")])
    newer(FlowVersion.objects.get(flow__key="child"), document)

    choose(run)

    recording.refresh_from_db()
    assert [one["legal_step"] for one in recording.chapters] == ["limit", "risk"]
    assert recording.chapters[1]["run"] == str(child_of(run).pk)


def test_an_ended_recording_gets_no_chapters():
    run, recording = counter()
    Recording.objects.filter(pk=recording.pk).update(ended_at_ms=now_ms())

    choose(run)

    recording.refresh_from_db()
    assert recording.chapters == []
    assert child_of(run).status == "open"


def test_the_list_shows_calls_and_finds_them_by_the_numbers_of_their_parts(auditor: Client):
    run = entered()
    child = child_of(run)

    every = auditor.get("/api/v1/runs").json()["results"]
    found = auditor.get("/api/v1/runs", {"q": child.number}).json()["results"]

    assert [one["number"] for one in every] == [run.number]
    assert [one["number"] for one in found] == [run.number]


def test_the_runs_of_a_family_name_each_other(auditor: Client):
    run, _ = counter()
    choose(run)
    child = child_of(run)

    whole = auditor.get(f"/api/v1/runs/{run.pk}").json()
    part = auditor.get(f"/api/v1/runs/{child.pk}").json()

    assert whole["parent"] is None
    assert [(one["number"], one["node"]) for one in whole["children"]] == [
        (child.number, "service")
    ]
    assert (part["parent"]["number"], part["parent"]["node"]) == (run.number, "service")
    assert part["people"] == whole["people"] != []
    (recording,) = whole["recordings"]
    assert [one["legal_step"] for one in recording["chapters"]] == ["limit"]


def test_pictures_of_a_child_are_seen_with_the_call(auditor: Client):
    run = entered()
    taken = Evidence.objects.create(
        run=child_of(run), label="card", at_ms=now_ms(), sha256="ab" * 32
    )

    shown = auditor.get(f"/api/v1/runs/{run.pk}").json()["evidence"]

    assert [one["id"] for one in shown] == [str(taken.pk)]


def test_an_agent_of_the_call_reads_its_parts_and_a_stranger_does_not():
    run = entered()
    agent = builders.staff("wang")
    builders.seat(run, agent)
    address = f"/api/v1/runs/{child_of(run).pk}"

    assert signed_in(agent).get(address).status_code == 200
    assert signed_in(builders.staff("li")).get(address).status_code in (403, 404)


@pytest.mark.usefixtures("committed")  # MariaDB commits when a trigger is dropped
def test_verification_goes_through_every_log_of_the_family():
    run = entered()
    child = child_of(run)
    assert verify_run(run, now_ms())["ok"]

    drop_triggers()
    RunEvent.objects.filter(run=child, seq=1).update(actor="somebody else")
    create_triggers()

    verdict = verify_run(run, now_ms())
    assert not verdict["ok"]
    assert verdict["events"]["ok"]
    assert verdict["children"] == [
        {
            "id": str(child.pk),
            "number": child.number,
            "ok": False,
            "events": {"count": 1, "ok": False, "broken_at": 1},
        }
    ]
