"""How much of a value each reader sees, and that the veil lets nothing hidden through."""

from __future__ import annotations

import json
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flow.events import ParticipantId, Role
from flow.graph import JsonValue, Privacy, ValueType, Variable
from flow.privacy import LIVE, MASK, RECORD, Sight, seen, veil
from flow.projection import RunFacts, project
from flow.state import RunState
from tests.builders import acted, joined, linear, started
from tests.flow.parts import Scripted, component

WHOLE, TAIL, NOTHING = Sight.WHOLE, Sight.TAIL, Sight.NOTHING
CLASSES = {"n": Privacy.NONE, "p": Privacy.PERSONAL, "x": Privacy.SPECIAL, "s": Privacy.SECRET}
OVERSEEN = [WHOLE, TAIL, NOTHING, NOTHING]


@pytest.mark.parametrize(
    ("table", "role", "sights"),
    [
        (LIVE, "customer", [WHOLE, WHOLE, WHOLE, WHOLE]),
        (LIVE, "agent", [WHOLE, WHOLE, WHOLE, NOTHING]),
        (LIVE, "supervisor", OVERSEEN),
        (LIVE, "auditor", OVERSEEN),
        (RECORD, "customer", [WHOLE, NOTHING, NOTHING, NOTHING]),
        (RECORD, "agent", [WHOLE, WHOLE, NOTHING, NOTHING]),
        (RECORD, "supervisor", OVERSEEN),
        (RECORD, "auditor", OVERSEEN),
    ],
)
def test_who_sees_what(table, role: Role, sights) -> None:
    assert [table[role][one] for one in Privacy] == sights


def test_every_role_has_its_sights() -> None:
    assert set(LIVE) == set(RECORD) == set(get_args(Role))


@pytest.mark.parametrize(
    ("value", "left"),
    [
        ("+49 170 5551234", f"{MASK} 1234"),
        ("6222021044714471", f"{MASK} 4471"),
        (13905551234, f"{MASK} 1234"),
        ("Hanna Vogel", MASK),
        ("1990-05-17", MASK),
        ("12345678", MASK),
        ("hanna1234567890@bank.example", MASK),
        ("0x1234567890", MASK),
        ("", MASK),
        (True, MASK),
        (["+49 170 5551234"], MASK),
        ({"phone": "+49 170 5551234"}, MASK),
        (None, None),
    ],
)
def test_of_a_long_number_the_tail_is_left_and_of_all_else_nothing(value: JsonValue, left) -> None:
    assert seen(value, TAIL) == left
    assert seen(value, WHOLE) == value
    assert seen(value, NOTHING) == (None if value is None else MASK)


def test_a_variable_nobody_declared_is_personal() -> None:
    hidden = veil(LIVE["supervisor"], {}, {"x": "Hanna Vogel"})

    assert hidden.variables({"x": "Hanna Vogel"}) == {"x": MASK}


def test_a_hidden_value_is_found_wherever_it_was_put() -> None:
    values: dict[str, JsonValue] = {
        "p": ["Hanna", {"phone": "+49 170 5551234"}],
        "x": "asthma",
        "n": "Berlin",
    }
    hidden = veil(LIVE["supervisor"], CLASSES, values, ["Vogel"])

    assert hidden.over(
        {"a": ["Dear Hanna Vogel, in Berlin"], "b": {"c": "call +49 170 5551234!"}, "d": "asthma"}
    ) == {"a": [f"Dear {MASK} {MASK}, in Berlin"], "b": {"c": f"call {MASK} 1234!"}, "d": MASK}


def test_numbers_are_hidden_as_numbers_and_in_texts() -> None:
    hidden = veil(LIVE["supervisor"], CLASSES, {"p": 125_000, "x": 47.5})

    assert hidden.over([125_000, "125000 EUR", 12, True, None]) == [
        MASK,
        f"{MASK} EUR",
        12,
        True,
        None,
    ]
    assert hidden.over("1a125000ff") == "1a125000ff"


def test_words_of_which_panels_are_made_stay_readable() -> None:
    hidden = veil(LIVE["supervisor"], CLASSES, {"p": "text", "x": "none"})

    assert hidden.over({"type": "text", "help": "a text of none"}) == {
        "type": "text",
        "help": "a text of none",
    }
    assert hidden.over("none") == MASK


def test_who_may_see_all_sees_it_untouched() -> None:
    values: dict[str, JsonValue] = {"p": "Hanna", "x": "asthma", "s": "9021"}
    value: JsonValue = {"a": ["Hanna", "asthma", "9021"]}

    assert veil(LIVE["customer"], CLASSES, values).over(value) is value


leaves = st.text(min_size=4, alphabet="ABCxyz019 é王") | st.integers(10_000, 10**12)
jsons = st.recursive(
    leaves,
    lambda inner: st.lists(inner) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=6,
)


@given(jsons, st.text(alphabet="-/ ", max_size=2))
def test_no_special_value_passes_the_veil_however_it_is_nested(value, between) -> None:
    hidden = veil({**LIVE["agent"], Privacy.SPECIAL: NOTHING}, CLASSES, {"x": value})
    texts = [str(one) for one in leaves_of(value)]

    shown = json.dumps(hidden.over([value, *(f"{between}{one}" for one in texts)]))

    told = json.loads(shown)
    assert all(one not in texts for one in leaves_of(told))


def leaves_of(value: JsonValue) -> list[JsonValue]:
    if isinstance(value, list):
        return [leaf for one in value for leaf in leaves_of(one)]
    if isinstance(value, dict):
        return [leaf for one in value.values() for leaf in leaves_of(one)]
    return [value]


# What `project` makes of it

PHONE = Variable(name="phone", type=ValueType.STRING, privacy=Privacy.PERSONAL)
HEALTH = Variable(name="health", type=ValueType.STRING, privacy=Privacy.SPECIAL)
PIN = Variable(name="pin", type=ValueType.STRING, privacy=Privacy.SECRET)
SAID: dict[str, JsonValue] = {"phone": "+49 170 5551234", "health": "Asthma", "pin": "902174"}


def view(role: Role) -> str:
    shows = Scripted(
        outputs_=(PHONE, HEALTH, PIN),
        shows=lambda activity, _role: {
            "variables": dict(activity.variables),
            "line": f"Call {SAID['phone']} about {SAID['health']}",
        },
    )
    flow = linear(component("shows", shows, panels={"agent": "x", "customer": "x"}))
    state: RunState = started(flow, joined(), acted("n1.1", "write", data=SAID)).state
    facts = RunFacts(id="r", number="N", flow="F", version=1)
    told = project(flow, state, role, ParticipantId("me"), at_ms=9_000, run=facts)
    return json.dumps(told, ensure_ascii=False)


@pytest.mark.parametrize(
    ("role", "shown"),
    [
        ("customer", ["+49 170 5551234", "Asthma", "902174"]),
        ("agent", ["+49 170 5551234", "Asthma"]),
        ("supervisor", [f"Call {MASK} 1234 about {MASK}"]),
        ("auditor", [f"Call {MASK} 1234 about {MASK}"]),
    ],
)
def test_a_view_shows_what_its_role_may_see(role: Role, shown: list[str]) -> None:
    told = view(role)

    assert all(one in told for one in shown)
    assert [one for one in SAID.values() if str(one) in told] == [
        one for one in SAID.values() if one in shown
    ]


def test_the_customers_name_is_not_for_who_looks_over_a_shoulder() -> None:
    assert '"name": "anna"' in view("agent")
    assert '"name": "anna"' not in view("supervisor")
