"""What a newer version asks of flows that use a component: each rule, and none without cause."""

from __future__ import annotations

import copy
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from hypothesis import assume, given
from hypothesis import strategies as st

from components.packages.changes import Level, What, compare, level_of
from components.registry import CATALOGUE

Edit = Callable[[dict[str, Any]], object]

FACE: dict[str, Any] = {
    "key": "acme.otp",
    "version": "1.2.0",
    "kind": "remote",
    "inputs": {"phone": {"type": "string"}, "tries": {"type": "int"}},
    "outputs": {
        "otp.ok": {"type": "bool", "privacy": "none"},
        "otp.score": {"type": "number", "privacy": "personal", "on": ["verified"]},
    },
    "outcomes": [
        {"id": "verified", "polarity": "positive"},
        {"id": "failed", "polarity": "negative"},
    ],
    "config": {
        "version": "1.0",
        "schema": {
            "type": "object",
            "required": ["digits"],
            "properties": {
                "digits": {"type": "integer", "minimum": 4, "maximum": 8},
                "channel": {"type": "string", "enum": ["sms", "voice"]},
                "texts": {"type": "array", "items": {"type": "string", "maxLength": 100}},
                "look": {"type": "object", "properties": {"tone": {"type": "string"}}},
            },
        },
        "defaults": {"digits": 6},
        "migrations": [],
    },
    "panels": {"customer": {"view": "customer.view.json"}},
    "span": None,
    "closes": None,
    "entry": False,
    "end": False,
    "bounded": True,
    "requires": [],
    "provides": [],
    "media": {"requires": [], "operations": []},
    "evidence": ["otp.at"],
    "permissions": ["vars.read:phone"],
    "egress": ["https://otp.acme.example"],
    "secrets": [],
}


def edited(edit: Edit) -> dict[str, Any]:
    face = copy.deepcopy(FACE)
    edit(face)
    return face


def settings(face: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = face["config"]["schema"]["properties"]
    return found


RULES: list[tuple[str, Edit, Level, What, str]] = [
    ("outcome gone", lambda f: f["outcomes"].pop(), Level.MAJOR, What.GONE, "outcomes/failed"),
    (
        "outcome new",
        lambda f: f["outcomes"].append({"id": "expired", "polarity": "negative"}),
        Level.MAJOR,
        What.NEW_WITHOUT_FALLBACK,
        "outcomes/expired",
    ),
    (
        "outcome new with fallback",
        lambda f: f["outcomes"].append(
            {"id": "expired", "polarity": "negative", "fallback": "failed"}
        ),
        Level.MINOR,
        What.NEW,
        "outcomes/expired",
    ),
    (
        "fallback that is new too",
        lambda f: f["outcomes"].append(
            {"id": "expired", "polarity": "negative", "fallback": "expired"}
        ),
        Level.MAJOR,
        What.NEW_WITHOUT_FALLBACK,
        "outcomes/expired",
    ),
    (
        "polarity",
        lambda f: f["outcomes"][1].update(polarity="neutral"),
        Level.MAJOR,
        What.OTHER_MEANING,
        "outcomes/failed",
    ),
    ("output gone", lambda f: f["outputs"].pop("otp.ok"), Level.MAJOR, What.GONE, "outputs/otp.ok"),
    (
        "output new",
        lambda f: f["outputs"].update({"otp.at": {"type": "int", "privacy": "none"}}),
        Level.MINOR,
        What.NEW,
        "outputs/otp.at",
    ),
    (
        "output type",
        lambda f: f["outputs"]["otp.ok"].update(type="string"),
        Level.MAJOR,
        What.OTHER_TYPE,
        "outputs/otp.ok",
    ),
    (
        "output set less often",
        lambda f: f["outputs"]["otp.ok"].update(on=["verified"]),
        Level.MAJOR,
        What.LESS_SURE,
        "outputs/otp.ok",
    ),
    (
        "output less private",
        lambda f: f["outputs"]["otp.score"].update(privacy="none"),
        Level.MAJOR,
        What.LESS_PRIVATE,
        "outputs/otp.score",
    ),
    ("input gone", lambda f: f["inputs"].pop("tries"), Level.MINOR, What.GONE, "inputs/tries"),
    (
        "input new",
        lambda f: f["inputs"].update(name={"type": "string"}),
        Level.MAJOR,
        What.ASKS_FOR_MORE,
        "inputs/name",
    ),
    (
        "input wider",
        lambda f: f["inputs"]["tries"].update(type="number"),
        Level.MINOR,
        What.WIDER,
        "inputs/tries",
    ),
    (
        "input type",
        lambda f: f["inputs"]["phone"].update(type="int"),
        Level.MAJOR,
        What.OTHER_TYPE,
        "inputs/phone",
    ),
    (
        "setting gone",
        lambda f: settings(f).pop("channel"),
        Level.MAJOR,
        What.GONE,
        "config/channel",
    ),
    (
        "setting new",
        lambda f: settings(f).update(more={"type": "string"}),
        Level.MINOR,
        What.NEW,
        "config/more",
    ),
    (
        "choice gone",
        lambda f: settings(f)["channel"].update(enum=["sms"]),
        Level.MAJOR,
        What.NARROWER,
        "config/channel",
    ),
    (
        "choice new",
        lambda f: settings(f)["channel"].update(enum=["sms", "voice", "mail"]),
        Level.MINOR,
        What.WIDER,
        "config/channel",
    ),
    (
        "bound higher",
        lambda f: settings(f)["digits"].update(minimum=6),
        Level.MAJOR,
        What.NARROWER,
        "config/digits",
    ),
    (
        "bound within",
        lambda f: settings(f)["texts"]["items"].update(maxLength=50),
        Level.MAJOR,
        What.NARROWER,
        "config/texts/items",
    ),
    (
        "pattern",
        lambda f: settings(f)["channel"].update(pattern="^s"),
        Level.MAJOR,
        What.NARROWER,
        "config/channel",
    ),
    (
        "part of a setting gone",
        lambda f: settings(f)["look"]["properties"].pop("tone"),
        Level.MAJOR,
        What.GONE,
        "config/look/tone",
    ),
    (
        "setting's type",
        lambda f: settings(f)["channel"].update(type="integer", enum=[1]),
        Level.MAJOR,
        What.OTHER_TYPE,
        "config/channel",
    ),
    (
        "needs a room now",
        lambda f: f["requires"].append("room"),
        Level.MAJOR,
        What.ASKS_FOR_MORE,
        "requires/room",
    ),
    ("evidence gone", lambda f: f["evidence"].pop(), Level.MAJOR, What.GONE, "evidence/otp.at"),
    (
        "panel gone",
        lambda f: f["panels"].pop("customer"),
        Level.MAJOR,
        What.GONE,
        "panels/customer",
    ),
    ("kind", lambda f: f.update(kind="composite"), Level.MAJOR, What.OTHER_MEANING, "kind"),
]


@pytest.mark.parametrize(
    ("edit", "level", "what", "where"), [row[1:] for row in RULES], ids=[row[0] for row in RULES]
)
def test_change_is_found_with_its_level(edit: Edit, level: Level, what: What, where: str) -> None:
    found = compare(FACE, edited(edit))

    assert found.level == level
    assert (what, where) in {(one.what, one.where) for one in found.changes}


@pytest.mark.parametrize(
    ("edit", "where"),
    [
        (lambda f: f["permissions"].append("panel.agent"), "permissions/panel.agent"),
        (lambda f: f["egress"].append("https://x.example"), "egress/https://x.example"),
        (lambda f: f["secrets"].append("otp_api"), "secrets/otp_api"),
        (lambda f: f["media"]["requires"].append("video.recv"), "media/requires/video.recv"),
        (lambda f: f["outputs"]["otp.score"].update(privacy="none"), "outputs/otp.score"),
    ],
)
def test_whatever_it_may_do_that_it_could_not_is_to_be_agreed_to(edit: Edit, where: str) -> None:
    assert [one.where for one in compare(FACE, edited(edit)).to_agree] == [where]


def test_migration_makes_a_renamed_and_a_required_setting_a_minor_change() -> None:
    def renamed(face: dict[str, Any]) -> None:
        settings(face)["way"] = settings(face).pop("channel")
        settings(face)["limit"] = {"type": "integer"}
        face["config"]["schema"]["required"] += ["way", "limit"]
        step = {"from": "1.0", "rename": {"channel": "way"}, "default": {"limit": 3}}
        face["config"]["migrations"].append(step)

    without = edited(renamed)
    without["config"]["migrations"] = []

    assert compare(FACE, edited(renamed)).level == Level.MINOR
    assert compare(FACE, without).level == Level.MAJOR


@pytest.mark.parametrize("path", sorted(CATALOGUE.glob("*/*/manifest.json")), ids=str)
def test_component_is_no_change_to_itself(path: Path) -> None:
    face = json.loads(path.read_text())

    assert compare(face, copy.deepcopy(face)).changes == ()


@given(st.sampled_from(RULES), st.sampled_from(RULES))
def test_two_changes_are_as_grave_as_the_graver(
    one: tuple[str, Edit, Level, What, str], other: tuple[str, Edit, Level, What, str]
) -> None:
    assume(one[4].split("/")[0] != other[4].split("/")[0])

    both = edited(lambda face: (one[1](face), other[1](face)))

    assert compare(FACE, both).level == max(one[2], other[2])


@pytest.mark.parametrize(
    ("old", "new", "level"),
    [
        ("1.2.3", "1.2.4", Level.PATCH),
        ("1.2.3", "1.3.0", Level.MINOR),
        ("1.2.3", "2.0.0", Level.MAJOR),
        ("1.9.0", "1.10.0", Level.MINOR),
        ("1.2.3", "1.2.3", None),
        ("1.2.3", "1.1.9", None),
    ],
)
def test_version_grows_by_its_numbers(old: str, new: str, level: Level | None) -> None:
    assert level_of(old, new) == level


def ask(tmp_path: Path, new: dict[str, Any]) -> tuple[int, str]:
    for name, face in (("old", FACE), ("new", new)):
        (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / name / "component.json").write_text(json.dumps(face))
    out = io.StringIO()
    try:
        call_command("component", "diff", str(tmp_path / "old"), str(tmp_path / "new"), stdout=out)
    except SystemExit as ended:
        return int(str(ended.code)), out.getvalue()
    return 0, out.getvalue()


def test_author_is_told_what_the_version_must_say(tmp_path: Path) -> None:
    code, told = ask(tmp_path, edited(lambda f: (f["outcomes"].pop(), f.update(version="1.3.0"))))

    assert code == 1
    assert "outcomes/failed" in told
    assert "2.0.0" in told


def test_version_that_says_enough_passes(tmp_path: Path) -> None:
    grown = edited(lambda f: (f["egress"].append("https://x.example"), f.update(version="1.3.0")))

    code, told = ask(tmp_path, grown)

    assert code == 0
    assert "to be agreed to again" in told
