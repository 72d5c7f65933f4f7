"""GET /api/v1/palette: what the designer may drag."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.test import Client

from components.palette import GROUPS, palette
from components.registry import entries
from tests.accounts.people import person, signed_in

pytestmark = pytest.mark.django_db


def fetched(client: Client) -> Any:
    return client.get("/api/v1/palette").json()


def test_analysts_get_every_component():
    answer = signed_in(person("analyst")).get("/api/v1/palette")

    assert answer.status_code == 200
    assert answer.json() == json.loads(json.dumps(palette()))
    assert len(answer.json()["components"]) == len(entries())


def test_agents_and_strangers_do_not():
    assert signed_in(person("agent")).get("/api/v1/palette").status_code == 403
    assert Client().get("/api/v1/palette").status_code == 401


def test_the_palette_is_read_only():
    assert signed_in(person("analyst")).post("/api/v1/palette").status_code in {403, 405}


def test_groups_stand_in_order_and_are_never_empty():
    shown = fetched(signed_in(person("analyst")))
    groups = [one["id"] for one in shown["groups"]]

    assert groups == [one for one in GROUPS if one in groups]
    assert {one["group"] for one in shown["components"]} == set(groups)
    assert all(set(one["title"]) == {"en", "zh-Hans"} for one in shown["groups"])


def test_components_stand_with_their_group_beginnings_first():
    shown = fetched(signed_in(person("analyst")))["components"]
    places = [list(GROUPS).index(one["group"]) for one in shown]

    assert places == sorted(places)
    assert shown[0]["key"] == "entry.link"


def test_a_component_brings_what_the_canvas_and_the_form_need():
    components: Any = palette()["components"]
    shown = {one["key"]: one for one in components}
    consent = shown["consent.ask"]

    assert consent["icon"].startswith("<svg")
    assert [one["id"] for one in consent["outcomes"]] == ["ok", "declined", "timeout"]
    assert consent["config_schema"]["properties"]["kind"]["oneOf"][0]["const"] == "recording"
    assert consent["defaults"]["kind"] == "recording"
    assert consent["panels"] == {"customer": "consent"}
    assert consent["outputs"][0] == {
        "name": "consent.recording.at",
        "type": "int",
        "privacy": "none",
    }
    assert shown["rec.start"]["span"] == shown["rec.stop"]["closes"] == "recording"
    assert shown["people.connect"]["provides"] == ["agent", "room"]
    assert shown["logic.retry"]["bounded"] is True
    assert shown["end.success"]["end"] is True
