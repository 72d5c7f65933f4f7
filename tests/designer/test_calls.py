"""Flows that call flows: keys, fixed versions, what comes with a template, what has no link."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from designer.models import Flow, FlowVersion
from designer.shipped import get_template
from tests.accounts.people import workspace
from tests.designer.asking import FLOWS, JSON, created, draft_of, publish, save

pytestmark = pytest.mark.django_db

COUNTER = "counter-services"
PHONE = "change-phone-number"


def newest(key: str) -> FlowVersion:
    version = FlowVersion.objects.filter(flow__key=key).order_by("-number").first()
    assert version is not None
    return version


def node_of(version: FlowVersion, name: str) -> Any:
    return next(one for one in version.graph["nodes"] if one["id"] == name)


def changed(client: Client, flow: Any, change: Any) -> Any:
    """The answer to saving the flow's draft with its graph changed."""
    draft = draft_of(client, flow)
    graph = draft["graph"]
    change({one["id"]: one for one in graph["nodes"]})
    return save(client, flow, draft["revision"], graph).json()


def rules(answer: Any) -> set[str]:
    return {one["rule"] for one in answer["findings"]}


def test_a_flow_gets_a_key_of_its_own(analyst: Client):
    keys = [created(analyst, name, None)["key"] for name in ("Über Limits", "über  limits", "中文")]

    assert keys == ["uber-limits", "uber-limits-2", "flow"]


def test_a_template_brings_the_flows_it_calls(analyst: Client):
    flow = created(analyst, "Counter", COUNTER)

    assert flow["problems"] == 0
    called = {one["key"]: one for one in analyst.get(FLOWS).json() if one["called"]}
    assert set(called) == {PHONE, "raise-limit"}
    assert all(len(one["versions"]) == 1 for one in called.values())


def test_a_flow_that_is_there_is_not_brought_again(analyst: Client):
    created(analyst, "Counter", COUNTER)

    created(analyst, "Second counter", COUNTER)

    assert Flow.objects.filter(key=PHONE).count() == 1
    assert FlowVersion.objects.filter(flow__key=PHONE).count() == 1


def test_publishing_fixes_the_versions_that_are_called(analyst: Client):
    flow = created(analyst, "Counter", COUNTER)

    assert publish(analyst, flow).status_code == 201

    version, child = newest(COUNTER), newest(PHONE)
    pinned = {"number": 1, "hash": child.hash}
    assert node_of(version, "phone")["config"]["pinned"] == pinned
    assert f"flow:{PHONE}@1#{child.hash}" in version.closure
    assert set(child.closure) < set(version.closure)
    assert "pinned" not in str(draft_of(analyst, flow)["graph"])


def test_another_version_of_the_child_makes_another_hash_of_the_caller(analyst: Client):
    flow = created(analyst, "Counter", COUNTER)
    publish(analyst, flow)
    first = newest(COUNTER)
    child = next(one for one in analyst.get(FLOWS).json() if one["key"] == PHONE)
    changed(analyst, child, lambda nodes: nodes["number"].update(title={"en": "Its new number"}))
    publish(analyst, child, revision=2)

    publish(analyst, flow)

    second = newest(COUNTER)
    assert node_of(first, "phone")["config"]["pinned"]["number"] == 1
    assert node_of(second, "phone")["config"]["pinned"]["number"] == 2
    assert first.hash != second.hash


def test_the_newest_version_is_fixed_to_nothing(analyst: Client):
    flow = created(analyst, "Counter", COUNTER)
    changed(analyst, flow, lambda nodes: nodes["phone"]["config"].update(version="latest"))

    publish(analyst, flow, revision=2)

    assert "pinned" not in node_of(newest(COUNTER), "phone")["config"]


def test_a_version_named_in_a_draft_is_not_believed(analyst: Client):
    flow = created(analyst, "Counter", COUNTER)
    forged = {"number": 7, "hash": "ab" * 32}
    changed(analyst, flow, lambda nodes: nodes["phone"]["config"].update(pinned=forged))

    publish(analyst, flow, revision=2)

    assert node_of(newest(COUNTER), "phone")["config"]["pinned"]["number"] == 1


def test_a_flow_of_another_workspace_is_not_called(analyst: Client):
    flow = created(analyst, "Counter", COUNTER)
    Flow.objects.filter(key=PHONE).update(workspace=workspace("Elsewhere"))

    answer = changed(analyst, flow, lambda nodes: nodes["phone"].update(title={"en": "Phone"}))

    assert "FLOW-16" in rules(answer)


def test_flows_that_call_each_other_are_refused(analyst: Client):
    created(analyst, "Counter", COUNTER)
    first = next(one for one in analyst.get(FLOWS).json() if one["key"] == PHONE)
    second = next(one for one in analyst.get(FLOWS).json() if one["key"] == "raise-limit")
    _call_instead_of_form(analyst, first, "number", "raise-limit")
    publish(analyst, first, revision=2)

    answer = _call_instead_of_form(analyst, second, "wish", PHONE)

    messages = [one["message"]["en"] for one in answer["findings"] if one["rule"] == "FLOW-16"]
    assert any("comes back" in one for one in messages)
    assert publish(analyst, second, revision=2).status_code == 422


def _call_instead_of_form(client: Client, flow: Any, name: str, key: str) -> Any:
    """A draft whose form has become a call: its outcomes are wired anew."""
    draft = draft_of(client, flow)
    graph = draft["graph"]
    for one in graph["nodes"]:
        if one["id"] == name:
            inputs = [{"name": "limit.ceiling", "value": "1.0"}] if key == "raise-limit" else []
            config = {"flow": key, "version": "latest", "inputs": inputs, "outputs": []}
            one.update(component="logic.subflow", config=config)
    for one in graph["edges"]:
        if one["from"] == name and one["outcome"] == "cancelled":
            one["outcome"] = "fail"
    return save(client, flow, draft["revision"], graph).json()


def test_a_graph_is_verified_among_the_flows_of_the_workspace(analyst: Client):
    graph = get_template(COUNTER).graph

    before = analyst.post("/api/v1/verify", {"graph": graph}, JSON).json()
    created(analyst, "Counter", COUNTER)
    after = analyst.post("/api/v1/verify", {"graph": graph}, JSON).json()

    assert rules(before) == {"FLOW-16"}
    assert rules(after) == set()


def test_a_flow_for_others_to_call_has_no_links(analyst: Client):
    created(analyst, "Counter", COUNTER)
    flow = next(one for one in analyst.get(FLOWS).json() if one["key"] == PHONE)

    answer = analyst.post(f"{FLOWS}/{flow['id']}/links", {}, JSON)

    assert answer.status_code == 409
    assert answer.json()["code"] == "only_called"
