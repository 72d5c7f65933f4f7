"""The one contract every component of the catalogue keeps."""

from __future__ import annotations

import ast
import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from components.registry import CATALOGUE, check_manifest, entries, get_entry
from flow.codec import request_to_json, state_from_json, state_to_json
from flow.commands import Command
from flow.component import Reaction, StopReason
from flow.errors import EventRefusedError
from flow.events import Role
from flow.graph import JsonValue, ValueType, Variable
from flow.interpreter.advance import advance, initial_state
from flow.state import RunStatus
from tests.catalogue.stage import VERSION, Stage, Way
from tests.catalogue.ways import WAYS
from tests.flow.parts import Scripted

KEYS = sorted(key for key, _ in entries())
EACH_WAY = [
    pytest.param(key, way, id=f"{key}-{way.outcome or 'end'}-{number}")
    for key, ways in WAYS.items()
    for number, way in enumerate(ways)
]
MOMENTS = [
    (key, way, until, f"{key}-{way.outcome or 'end'}-{number}-after-{until}")
    for key, ways in WAYS.items()
    for number, way in enumerate(ways)
    for until in range(len(way.lines))
]
EACH_MOMENT = [pytest.param(*one[:3], id=one[3]) for one in MOMENTS]
WITH_THE_CUSTOMER = [
    pytest.param(*one[:3], id=one[3]) for one in MOMENTS if "customer" in one[1].present
]
BEFORE_AN_ACTION = [
    pytest.param(*one[:3], id=one[3]) for one in MOMENTS if one[1].lines[one[2]][0] == "act"
]
ROLES: tuple[Role, ...] = ("customer", "agent", "supervisor", "auditor", "system")
TIDYING = {
    "Dequeue",
    "StopRinging",
    "StopRecording",
    "CancelTimer",
    "EndChildRun",
    "UndoCore",
}
LOCALES = {"en", "zh-Hans"}


def folder(key: str) -> Path:
    return CATALOGUE.joinpath(*key.split("."))


def manifest(key: str) -> Any:
    return json.loads((folder(key) / "manifest.json").read_text(encoding="utf-8"))


def test_every_component_has_ways():
    assert sorted(WAYS) == KEYS


@pytest.mark.parametrize("key", KEYS)
class TestFiles:
    def test_manifest_is_valid_and_lies_where_its_key_says(self, key: str):
        document = manifest(key)

        check_manifest(document)

        assert document["key"] == key
        assert document["version"] == VERSION

    def test_readme_names_every_outcome(self, key: str):
        text = (folder(key) / "README.md").read_text(encoding="utf-8")

        assert text.startswith(f"# {get_entry(key, VERSION).component.manifest.title['en']}\n")
        missing = [one["id"] for one in manifest(key)["outcomes"] if f"`{one['id']}`" not in text]
        assert not missing

    def test_icon_is_drawn_on_the_grid_in_the_current_colour(self, key: str):
        icon = get_entry(key, VERSION).icon

        assert icon.startswith('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"')
        assert 'stroke="currentColor"' in icon
        assert 'stroke-width="1.5"' in icon
        colours = set(re.findall(r'(?:fill|stroke)="([^"]+)"', icon))
        assert colours <= {"none", "currentColor"}
        assert "<script" not in icon

    def test_both_languages_are_complete(self, key: str):
        document = manifest(key)
        texts = [document["title"], document["summary"]]
        texts += [one["label"] for one in document["outcomes"]]
        texts += [one["title"] for one in document["outputs"].values()]

        assert all(set(one) == LOCALES and all(one.values()) for one in texts)
        assert list(untranslated(document["config"]["schema"])) == []
        assert list(half_translated(document["config"]["defaults"])) == []

    def test_outputs_name_outcomes_that_exist(self, key: str):
        document = manifest(key)
        known = {one["id"] for one in document["outcomes"]}

        assert all(set(one.get("on", known)) <= known for one in document["outputs"].values())

    def test_behaviour_has_no_clock_no_chance_and_no_way_out(self, key: str):
        plain = ("__future__", "abc", "collections.abc", "dataclasses", "re", "typing")
        allowed = ("flow.", "components.catalogue.", *plain)
        modules = [folder(key) / "behaviour.py", *CATALOGUE.glob("*.py")]

        imported = {name for path in modules for name in imports_of(path)}

        assert {one for one in imported if not one.startswith(allowed)} == set()


def untranslated(schema: Any, path: str = "") -> list[str]:
    """Pointers of titled settings that lack Chinese, and of settings without a title."""
    found: list[str] = []
    if isinstance(schema, list):
        return [
            one
            for index, item in enumerate(schema)
            for one in untranslated(item, f"{path}/{index}")
        ]
    if not isinstance(schema, dict):
        return found
    chinese = schema.get("x-i18n", {}).get("zh-Hans", {})
    found += [
        f"{path}/{word}"
        for word in ("title", "description")
        if word in schema and word not in chinese
    ]
    if schema.get("x-widget") == "localtext":
        return found
    for name, one in schema.get("properties", {}).items():
        found += [] if "title" in one else [f"{path}/{name} has no title"]
        found += untranslated(one, f"{path}/{name}")
    found += untranslated(schema.get("items"), f"{path}/*")
    found += untranslated(schema.get("oneOf"), f"{path}/oneOf")
    return found


def half_translated(value: Any) -> list[Any]:
    """Texts by locale that lack one."""
    if isinstance(value, list):
        return [one for item in value for one in half_translated(item)]
    if not isinstance(value, dict):
        return []
    if "en" in value:
        return [] if set(value) == LOCALES and all(value.values()) else [value]
    return [one for item in value.values() for one in half_translated(item)]


def imports_of(path: Path) -> list[str]:
    names: list[str] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [one.name for one in node.names]
        if isinstance(node, ast.ImportFrom):
            names.append(node.module or "")
    return [f"{one}." if one in {"flow"} else one for one in names if one != "typing_extensions"]


@pytest.mark.parametrize("key", KEYS)
def test_each_outcome_is_reached(key: str):
    ways = WAYS[key]
    declared = {
        one.id
        for way in ways
        for one in get_entry(key, VERSION).component.behaviour.outcomes(way.config)
    }

    assert {way.outcome for way in ways if way.outcome} == declared


@pytest.mark.parametrize(("key", "way"), EACH_WAY)
def test_a_way_leaves_by_its_outcome(key: str, way: Way):
    stage = way.stage(key)

    assert stage.incident is None
    assert way.outcome in (stage.outcome or "").split("+")  # a split leaves by all of them
    assert stage.state.status is RunStatus.CLOSED


@pytest.mark.parametrize(("key", "way"), EACH_WAY)
def test_a_way_sets_what_is_declared_for_its_outcome_in_its_type(key: str, way: Way):
    stage = way.stage(key)
    declared = stage.behaviour.outputs(stage.config)
    sure = {one.name for one in declared if not one.outcomes or way.outcome in one.outcomes}

    assert sure <= set(stage.outputs)
    assert {one.name for one in declared if not is_of_type(one, stage.outputs)} == set()


def is_of_type(variable: Variable, values: dict[str, JsonValue]) -> bool:
    if variable.name not in values:
        return True
    kinds: dict[ValueType, tuple[type, ...]] = {
        ValueType.STRING: (str,),
        ValueType.INT: (int,),
        ValueType.NUMBER: (int, float),
        ValueType.BOOL: (bool,),
        ValueType.LIST: (list,),
        ValueType.OBJECT: (dict,),
    }
    return isinstance(values[variable.name], kinds[variable.type])


@pytest.mark.parametrize(("key", "way"), EACH_WAY)
def test_the_same_events_give_the_same_run(key: str, way: Way):
    stage, again = way.stage(key), way.stage(key)
    replayed = initial_state()
    commands: list[Command] = []

    for event in stage.events:
        step = advance(stage.bound, replayed, event)
        replayed = step.state
        commands += step.commands

    assert again.state == stage.state == replayed
    assert again.commands == stage.commands == commands


@pytest.mark.parametrize(("key", "way"), EACH_WAY)
def test_settings_of_the_way_fit_the_schema(key: str, way: Way):
    stage = way.stage(key, until=0)
    validator = Draft202012Validator(stage.manifest.config_schema)

    assert list(validator.iter_errors(stage.config)) == []


@pytest.mark.parametrize(("key", "way", "until"), EACH_MOMENT)
class TestAtAnyMoment:
    def test_everything_kept_is_json(self, key: str, way: Way, until: int):
        stage = way.stage(key, until=until)

        assert state_from_json(state_to_json(stage.state)) == stage.state
        assert all(request_to_json(one.request) for one in stage.commands)

    def test_roles_with_a_panel_see_one_and_the_others_nothing(
        self, key: str, way: Way, until: int
    ):
        stage = way.stage(key, until=until)

        shown = {role for role in ROLES if stage.panel(role)}

        assert shown & set(stage.manifest.panels) == set(stage.manifest.panels)
        assert key in {"rec.start", "rec.stop"} or shown == set(stage.manifest.panels)

    @pytest.mark.parametrize("reason", ["interrupted", "run_ended", "closed"])
    def test_it_can_be_stopped_and_only_tidies_up(
        self, key: str, way: Way, until: int, reason: StopReason
    ):
        stage = way.stage(key, until=until)

        reaction = stage.behaviour.stop(stage.seen(), reason)

        assert reaction.outcome is None
        assert {type(one).__name__ for one in reaction.requests} <= TIDYING

    def test_every_timer_may_come_due(self, key: str, way: Way, until: int):
        for name in way.stage(key, until=until).activity().timers:
            stage = way.stage(key, until=until).time(name)

            assert stage.incident is None

    def test_an_unknown_action_is_refused(self, key: str, way: Way, until: int):
        stage = way.stage(key, until=until)

        assert stage.refuses("customer", "no_such_action").startswith(
            ("unknown_action", "not_allowed")
        )


@pytest.mark.parametrize(("key", "way", "until"), BEFORE_AN_ACTION)
class TestActions:
    @pytest.mark.parametrize("role", ["supervisor", "auditor"])
    def test_onlookers_may_do_nothing(self, key: str, way: Way, until: int, role: Role):
        stage = way.stage(key, until=until)
        _, args, named = way.lines[until]
        data: dict[str, Any] = {**named}

        assert stage.refuses(role, str(args[1]), **data).startswith("not_allowed")

    @pytest.mark.parametrize(
        "value", [None, "", [], {}, -1, "x" * 5_000, True, {"a": [{}]}], ids=repr
    )
    def test_rubbish_for_data_is_taken_or_refused_but_never_breaks(
        self, key: str, way: Way, until: int, value: JsonValue
    ):
        stage = way.stage(key, until=until)
        names = ("field", "value", "phrase", "reason", "side", "camera", "kbps")
        role, action = way.lines[until][1]
        data: dict[str, Any] = dict.fromkeys(names, value)

        with suppress(EventRefusedError):
            stage.act(cast("Role", role), str(action), ms=5_000, **data)

        assert stage.incident is None
        assert state_from_json(state_to_json(stage.state)) == stage.state


ASKED_ANEW = {"people.connect": frozenset({"agent"})}
"""What a drop takes back and asks for again: no agent rings for a customer who is away."""


@pytest.mark.parametrize(("key", "way", "until"), WITH_THE_CUSTOMER)
class TestDropAtAnyMoment:
    def test_a_customer_who_drops_and_returns_finds_the_same_step(
        self, key: str, way: Way, until: int
    ):
        stage = way.stage(key, until=until)
        before = stage.activity().data

        stage.leaves("customer").joins("customer", ms=5_000)

        assert stage.is_active()
        asked_anew = ASKED_ANEW.get(key, frozenset())
        after = stage.activity().data
        assert {k: one for k, one in after.items() if k not in asked_anew} == {
            k: one for k, one in before.items() if k not in asked_anew
        }

    def test_a_customer_who_stays_away_ends_it(self, key: str, way: Way, until: int):
        stage = way.stage(key, until=until)

        stage.leaves("customer", deliberate=True)

        assert stage.state.status is RunStatus.CLOSED
        assert stage.outcome == "boundary:customer_drop"


@pytest.mark.parametrize("key", KEYS)
def test_an_output_that_is_not_declared_halts_the_run(key: str):
    honest = get_entry(key, VERSION).component.behaviour

    liar = Scripted(
        outcomes_=honest.outcomes(WAYS[key][0].config),
        outputs_=honest.outputs(WAYS[key][0].config),
        at_start=Reaction(outputs={"not.declared": 1}),
    )

    stage = Stage(key, WAYS[key][0].config, behaviour=liar)

    assert stage.incident == "undeclared_output"


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("locale", ["en", "zh-Hans"])
def test_the_card_says_its_settings_in_one_line(key: str, locale: str):
    entry = get_entry(key, VERSION)

    text = entry.component.behaviour.summary({}, locale)

    assert "\n" not in text
    assert "{" not in text
    assert text
