"""TURN servers as a page hears of them: of the room's zone, with ten minutes' leave."""

from __future__ import annotations

import base64
import hashlib
import hmac
from uuid import uuid4

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from flow.state import RoomState
from runtime import turn
from runtime.clock import now_ms
from runtime.models import Room, Worker
from runtime.negotiation import Talks
from runtime.standing import Seat
from tests.runtime import builders

NOW_MS = 1_800_000_000_000
SECRET = "a secret that site and TURN server share"


@pytest.fixture(autouse=True)
def servers(settings) -> None:
    settings.TURN_SECRET = SECRET
    settings.TURN_URLS = {"edge": ("turn:edge.example",), "*": ("turns:any.example",)}


def talks_in(zone: str) -> Talks:
    worker = builders.worker()
    Worker.objects.filter(pk=worker.pk).update(zone=zone)
    room = Room.objects.create(run=builders.entered(), worker=worker, generation=1, status="open")
    seat = Seat(run=room.run_id, participant=uuid4(), role="customer", name="p1")
    return Talks(seat=seat, locale="en")


def told(talks: Talks, generation: int, at_ms: int) -> list[dict[str, object]]:
    due = talks.due(RoomState(generation=generation, worker="local-1"), at_ms)
    return [one for one in due if one["op"] == "relays"]


def test_leave_names_a_person_and_a_time_and_is_signed():
    (relay,) = turn.relays_for("p1", "edge", NOW_MS)

    assert relay["urls"] == ["turn:edge.example"]
    assert relay["username"] == f"{NOW_MS // 1000 + 600}:p1"
    digest = hmac.new(SECRET.encode(), relay["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(relay["credential"]) == digest


def test_a_zone_without_servers_of_its_own_has_those_of_any_zone(settings):
    assert turn.urls_of("private-dc") == ["turns:any.example"]

    settings.TURN_URLS = {}

    assert turn.relays_for("p1", "edge", NOW_MS) == []


@pytest.mark.django_db
def test_a_page_hears_of_the_servers_of_its_rooms_zone_at_each_new_room_and_in_time():
    talks, now = talks_in("edge"), now_ms()

    (first,) = told(talks, 1, now)
    again = told(talks, 1, now + 1_000)
    moved = told(talks, 2, now + 2_000)
    late = told(talks, 2, now + 2_000 + turn.AGAIN_MS)

    assert first["servers"][0]["urls"] == ["turn:edge.example"]  # type: ignore[index]
    assert (len(again), len(moved), len(late)) == (0, 1, 1)
    assert turn.AGAIN_MS + 240_000 < turn.LIFE_S * 1_000  # a quiet socket looks that seldom


def test_the_environment_names_servers_by_zone(monkeypatch):
    named = "edge=turn:a:1?transport=udp, edge=turns:a:2?transport=tcp,*=turn:b"
    monkeypatch.setenv("COUNTERFLOW_TURN", named)

    assert environment.relays("COUNTERFLOW_TURN") == {
        "edge": ("turn:a:1?transport=udp", "turns:a:2?transport=tcp"),
        "*": ("turn:b",),
    }
    monkeypatch.setenv("COUNTERFLOW_TURN", "turn:b")
    with pytest.raises(ImproperlyConfigured, match="zone=turn"):
        environment.relays("COUNTERFLOW_TURN")


def test_a_secret_that_keeps_nobody_out_stops_the_start(monkeypatch, tmp_path):
    file = tmp_path / "secret"
    file.write_text("short")
    monkeypatch.setenv("COUNTERFLOW_TURN_SECRET_FILE", str(file))

    assert environment.turn_secret(is_needed=False) == ""
    with pytest.raises(ImproperlyConfigured, match="COUNTERFLOW_TURN_SECRET_FILE"):
        environment.turn_secret(is_needed=True)
