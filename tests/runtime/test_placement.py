"""Which worker gets a room, and why none may."""

from __future__ import annotations

from typing import Any

import pytest

from runtime import placement, rooms
from runtime.clock import now_ms
from runtime.errors import EffectFailedError
from runtime.models import Room, Worker
from runtime.placement import Wish
from tests.runtime import builders

pytestmark = pytest.mark.django_db


def worker(name: str, **facts: Any) -> Worker:
    row = builders.worker(name, name)
    known = {"status": Worker.Status.LIVE, "seen_at_ms": now_ms(), **facts}
    Worker.objects.filter(pk=row.pk).update(**known)
    return row


def chosen(**wish: Any) -> str:
    return placement.choose(Wish(**wish), now_ms()).name


def refusal(**wish: Any) -> str:
    with pytest.raises(EffectFailedError) as refused:
        placement.choose(Wish(**wish), now_ms())
    return refused.value.code


def test_new_rooms_leave_alone_who_stands_by():
    worker("a", load=0.6)
    worker("b", is_standby=True)

    assert chosen() == "a"
    assert chosen(is_pressed=True) == "a"
    assert chosen(is_pressed=True, not_on=Worker.objects.get(name="a").pk) == "b"


def test_a_full_site_refuses_new_rooms_and_keeps_who_stands_by_for_lost_ones():
    worker("a", load=placement.LOAD_LIMIT + 0.01)
    worker("b", is_standby=True)

    assert refusal() == "no_capacity"
    Worker.objects.filter(name="a").update(load=0.95)
    assert chosen(is_pressed=True) == "b"


def test_who_stands_by_takes_new_rooms_when_nobody_else_is_alive():
    worker("a", status=Worker.Status.LOST)
    worker("b", is_standby=True)

    assert chosen() == "b"


@pytest.mark.parametrize("status", ["away", "draining", "lost"])
def test_only_a_live_worker_gets_rooms(status: str):
    worker("a", status=status)

    assert refusal() == "no_worker"


def test_a_worker_takes_no_more_rooms_than_it_may_hold():
    row = worker("a", capacity=1)
    Room.objects.create(run=builders.entered(), worker=row, generation=1, status="moving")

    assert refusal() == "no_capacity"


def test_many_rooms_at_once_spread_before_any_load_is_measured():
    rows = [worker(name) for name in ("a", "b")]
    Room.objects.create(run=builders.entered(), worker=rows[0], generation=1, status="opening")

    assert chosen() == "b"


def test_only_allowed_zones_are_chosen_and_the_first_region_that_has_a_worker():
    worker("a", zone="public-edge", region="eu")
    worker("b", zone="private-dc", region="eu", load=0.5)
    worker("c", zone="private-dc", region="asia")

    assert chosen(zones=("private-dc",)) == "c"
    assert chosen(zones=("private-dc",), regions=("africa", "eu")) == "b"
    assert refusal(zones=("bunker",)) == "zone_not_served"


def test_a_flow_says_where_its_media_may_run():
    worker("a", zone="public-edge")
    worker("b", zone="private-dc", load=0.5)
    document = {**builders.consent_graph(), "settings": {"media_zones": ["private-dc"]}}
    elsewhere = {**builders.consent_graph(), "settings": {"media_zones": ["bunker"]}}

    placed = rooms.place(builders.entered(document).pk, now_ms())

    assert placed.worker.name == "b"
    with pytest.raises(EffectFailedError, match="zone_not_served: no media worker in zone bunker"):
        rooms.place(builders.entered(elsewhere).pk, now_ms())
