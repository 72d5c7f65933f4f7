"""Branches that run at once are apart, meet at one join, and bring what they set."""

from __future__ import annotations

import pytest

from flow.graph import Boundary, BoundaryKind, JsonObject, NodeId
from tests.flow.findings import AMOUNT, findings, only, rules
from tests.flow.parts import branches, ends, enters, joins, passes, sets, splits, waits

SOUND = (
    "enter ok split",
    "split a one",
    "split b two",
    "one ok join",
    "one fail refused",
    "two ok join",
    "two fail refused",
    "join all after",
    "join timeout refused",
    "after ok done",
    "after fail refused",
)
PARTS = {
    "enter": enters(),
    "split": splits(),
    "one": waits(),
    "two": waits(),
    "join": joins(),
    "after": waits(),
    "done": ends(),
    "refused": ends("reject"),
}


def changed(*instead: str) -> tuple[str, ...]:
    """The sound block with some edges led elsewhere."""
    keys = {one.rsplit(" ", 1)[0] for one in instead}
    return (*(one for one in SOUND if one.rsplit(" ", 1)[0] not in keys), *instead)


def test_a_sound_block_has_no_findings() -> None:
    assert findings(PARTS, *SOUND) == ()


def test_a_branch_may_be_empty() -> None:
    parts = {key: one for key, one in PARTS.items() if key != "two"}
    edges = [one for one in changed("split b join") if not one.startswith("two")]

    assert findings(parts, *edges) == ()


@pytest.mark.parametrize(
    ("edges", "node", "said"),
    [
        (changed("one fail two"), "two", "two branches"),
        (changed("after fail one"), "one", "from outside"),
        (changed("one fail split"), "split", "from outside"),
    ],
)
def test_a_block_that_is_not_closed_is_found(edges: tuple[str, ...], node: str, said: str) -> None:
    found = [one for one in findings(PARTS, *edges) if one.rule == "FLOW-14"]

    assert any(one.node == node and said in one.message["en"] for one in found)
    assert all(one.severity == "error" and one.message["zh-Hans"] for one in found)


def test_a_boundary_into_a_branch_is_found() -> None:
    for scope in (None, NodeId("after"), NodeId("split")):
        drop = Boundary(kind=BoundaryKind.AGENT_DROP, target=NodeId("one"), scope=scope)
        found = findings(PARTS, *SOUND, boundaries=(drop,))
        assert only(found, "FLOW-14").node == "one"


def test_branches_that_meet_at_different_joins_are_found() -> None:
    parts = {**PARTS, "other": joins()}
    edges = (*changed("two ok other"), "other all after", "other timeout refused")

    assert "different joins" in only(findings(parts, *edges), "FLOW-14").message["en"]


def test_a_join_without_a_split_is_found() -> None:
    parts = {"enter": enters(), "join": joins(), "done": ends()}

    finding = only(
        findings(parts, "enter ok join", "join all done", "join timeout done"), "FLOW-14"
    )

    assert (finding.node, finding.path) == ("join", ("enter", "join"))


def test_a_way_out_of_an_inner_block_past_its_join_is_found() -> None:
    parts = {
        **PARTS,
        "inner": splits("c", "d"),
        "c": waits(),
        "d": waits(),
        "meet": joins(),
        "last": passes(),
    }
    inner = ("inner c c", "inner d d", "c ok meet", "d ok meet", "d fail refused")
    rest = ("meet all last", "meet timeout refused", "last ok join")
    edges = (*changed("split a inner"), *inner, *rest)
    edges = tuple(one for one in edges if not one.startswith("one "))
    parts.pop("one")

    assert findings(parts, *edges, "c fail refused") == ()
    astray = [one for one in findings(parts, *edges, "c fail last") if one.rule == "FLOW-14"]
    assert {one.node for one in astray} == {"inner", "last"}


# what is surely set

READER: JsonObject = {"when": "form.amount > 1"}


def reading(where: str, mode: str = "all") -> set[str]:
    """Rules broken when branch `a` sets form.amount and the step `where` reads it."""
    parts = {**PARTS, "one": sets(AMOUNT, 5), "join": joins(mode), where: branches()}
    edges = [one for one in SOUND if not one.startswith("one fail")]
    edges = [one.replace("join all", f"join {mode}") for one in edges]
    return rules(findings(parts, *edges, config={where: READER}))


def test_after_all_have_come_what_each_branch_set_is_set() -> None:
    assert reading("after") == set()


def test_after_the_first_has_come_only_what_each_sets_is_set() -> None:
    assert reading("after", "any") == {"CORE-15"}


def test_a_branch_does_not_count_on_what_another_sets() -> None:
    assert reading("two") == {"CORE-15"}


def test_what_one_branch_may_lose_the_others_cannot_count_on() -> None:
    drop = Boundary(kind=BoundaryKind.AGENT_DROP, target=NodeId("join"), scope=NodeId("two"))
    parts = {
        **PARTS,
        "enter": enters(),
        "agent": waits(provides=("agent",)),
        "one": waits(requires=("agent",)),
        "after": waits(requires=("agent",)),
    }
    edges = (*changed("enter ok agent"), "agent ok split", "agent fail refused")

    assert findings(parts, *edges) == ()
    found = findings(parts, *edges, boundaries=(drop,))
    assert {one.node for one in found if one.rule == "CORE-19"} == {"one", "after"}
