"""Flows and drafts over REST, as the designer's screens use them."""

from __future__ import annotations

import threading
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import connections
from django.test import Client
from django.utils import timezone

from accounts.models import AuditEvent, Role
from designer import drafts
from designer.errors import StaleDraftError
from designer.models import Draft, Flow
from designer.shipped import all_templates, get_template
from tests.accounts.people import person, signed_in, workspace
from tests.designer.asking import FLOWS, JSON, TEMPLATE, created, draft_of, publish, save, template

pytestmark = pytest.mark.django_db


# Flows


def test_a_flow_begins_empty_or_from_a_template(analyst: Client):
    empty = created(analyst, "Empty", template=None)
    shipped = created(analyst, "Shipped")

    assert draft_of(analyst, empty)["graph"]["nodes"] == []
    assert empty["problems"] > 0
    assert draft_of(analyst, shipped)["graph"] == template()
    assert (shipped["problems"], shipped["draft_revision"], shipped["versions"]) == (0, 1, [])
    assert shipped["updated_by"]["name"] == "Lea Martin"
    assert shipped["summary"] == get_template(TEMPLATE).summary["en"]


def test_the_list_shows_the_latest_first_and_only_ours(analyst: Client):
    created(analyst, "First")
    created(analyst, "Second")
    other = signed_in(person(Role.ANALYST, where=workspace("Hillbank")))
    created(other, "Theirs")

    assert [one["name"] for one in analyst.get(FLOWS).json()] == ["Second", "First"]
    assert [one["name"] for one in other.get(FLOWS).json()] == ["Theirs"]


def test_a_name_is_taken_once_in_a_workspace(analyst: Client):
    created(analyst)

    again = analyst.post(FLOWS, {"name": "Account call"}, JSON)

    assert (again.status_code, again.json()["code"]) == (409, "name_taken")
    created(signed_in(person(Role.ANALYST, where=workspace("Hillbank"))))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "/name"),
        ({"name": ""}, "/name"),
        ({"name": "x" * 121}, "/name"),
        ({"name": "x", "template": "none"}, "/template"),
    ],
)
def test_what_cannot_be_created_is_said_by_field(analyst: Client, body: object, field: str):
    answer = analyst.post(FLOWS, body, JSON)

    assert answer.status_code == 400
    assert answer.json()["field"] == field
    assert not Flow.objects.exists()


def test_a_flow_is_renamed_and_described_and_the_trail_says_by_whom(analyst: Client):
    flow = created(analyst, "Account call")

    named = change(analyst, flow, name="Account video call")
    described = change(analyst, flow, summary="For customers who have moved.")

    assert named.json()["name"] == "Account video call"
    assert named.json()["summary"] == flow["summary"]
    assert described.json()["name"] == "Account video call"
    assert described.json()["summary"] == "For customers who have moved."
    trail = AuditEvent.objects.filter(action="flow.change", target=flow["id"]).order_by("seq")
    assert [one.data["after"]["name"] for one in trail] == ["Account video call"] * 2
    assert trail[0].data["before"]["name"] == "Account call"
    assert described.json()["draft_revision"] == flow["draft_revision"]


def test_saying_the_same_again_changes_nothing(analyst: Client):
    flow = created(analyst)

    again = change(analyst, flow, name=flow["name"])

    assert again.status_code == 200
    assert not AuditEvent.objects.filter(action="flow.change").exists()


@pytest.mark.parametrize(
    ("body", "status", "field"),
    [
        ({"name": " "}, 400, "/name"),
        ({"name": "x" * 121}, 400, "/name"),
        ({"summary": "x" * 301}, 400, "/summary"),
        ({"name": "Another call"}, 409, "/name"),
    ],
)
def test_a_name_that_cannot_be_given_changes_nothing(
    analyst: Client, body: dict[str, str], status: int, field: str
):
    created(analyst, "Another call")
    flow = created(analyst, "Account call")

    answer = change(analyst, flow, **body)

    assert (answer.status_code, answer.json()["field"]) == (status, field)
    assert analyst.get(f"{FLOWS}/{flow['id']}").json()["name"] == "Account call"


def change(client: Client, flow: Any, **body: str):
    return client.patch(f"{FLOWS}/{flow['id']}", body, JSON)


def test_flows_of_another_workspace_are_not_there(analyst: Client):
    flow = created(signed_in(person(Role.ANALYST, where=workspace("Hillbank"))))
    graph = template()

    answers = [
        analyst.get(f"{FLOWS}/{flow['id']}"),
        change(analyst, flow, name="Ours"),
        analyst.get(f"{FLOWS}/{flow['id']}/draft"),
        save(analyst, flow, 1, graph),
        publish(analyst, flow),
        analyst.get(f"{FLOWS}/{flow['id']}/versions/1"),
        analyst.post(f"{FLOWS}/{flow['id']}/links", {}, JSON),
    ]

    assert [one.status_code for one in answers] == [404] * 7
    assert len({one.content for one in answers}) == 1
    assert Draft.objects.get().revision == 1


def test_templates_are_listed_and_every_one_can_be_published(analyst: Client):
    listed = analyst.get("/api/v1/templates").json()

    assert TEMPLATE in [one["key"] for one in listed]
    assert all(one["title"]["zh-Hans"] and one["summary"]["en"] for one in listed)
    for key in all_templates():
        flow = created(analyst, key, template=key)
        assert publish(analyst, flow).status_code == 201, key


# Drafts


def test_saving_makes_the_next_revision(analyst: Client):
    flow = created(analyst, template=None)
    graph = template()

    answer = save(analyst, flow, 1, graph, {"nodes": {"link": {"x": 4, "y": 8}}})

    assert (answer.status_code, answer.headers["ETag"]) == (200, '"2"')
    assert answer.json() == {"revision": 2, "saved_at": ANY, "findings": []}
    stored = analyst.get(f"{FLOWS}/{flow['id']}/draft")
    assert stored.headers["ETag"] == '"2"'
    assert stored.json()["graph"] == graph
    assert stored.json()["layout"] == {"nodes": {"link": {"x": 4, "y": 8}}}


def test_a_stale_draft_is_refused_with_what_stands_now(analyst: Client):
    flow = created(analyst)
    graph, other = (
        draft_of(analyst, flow)["graph"],
        signed_in(person(Role.ANALYST, display_name="Tom")),
    )
    assert save(other, flow, 1, graph, {"by": "tom"}).status_code == 200

    answer = save(analyst, flow, 1, graph, {"by": "lea"})

    assert (answer.status_code, answer.json()["code"]) == (412, "stale_draft")
    current = answer.json()["current"]
    assert (current["revision"], current["layout"]) == (2, {"by": "tom"})
    assert current["saved_by"]["name"] == "Tom"
    assert draft_of(analyst, flow)["layout"] == {"by": "tom"}
    assert save(analyst, flow, 2, graph, {"by": "lea"}).status_code == 200


@pytest.mark.parametrize("if_match", [None, "1", "*", '"x"', '""', '"1", "2"'])
def test_a_save_must_name_the_revision_it_began_from(analyst: Client, if_match: str | None):
    flow = created(analyst)
    headers = {} if if_match is None else {"if-match": if_match}

    answer = analyst.put(
        f"{FLOWS}/{flow['id']}/draft", {"graph": {}, "layout": {}}, JSON, headers=headers
    )

    assert (answer.status_code, answer.json()["code"]) == (428, "revision_needed")


@pytest.mark.parametrize(
    ("graph", "field"),
    [
        ({}, "/graph/schema"),
        ({"schema": "graph/9", "start": "", "nodes": [], "edges": []}, "/graph/schema"),
        ({"schema": "graph/1", "start": "", "nodes": {}, "edges": []}, "/graph/nodes"),
    ],
)
def test_what_is_no_graph_is_not_kept(analyst: Client, graph: object, field: str):
    flow = created(analyst)

    answer = save(analyst, flow, 1, graph)

    assert (answer.status_code, answer.json()["code"]) == (422, "malformed_graph")
    assert answer.json()["field"] == field
    assert draft_of(analyst, flow)["revision"] == 1


def test_a_request_of_more_than_two_mebibytes_is_refused(analyst: Client):
    flow = created(analyst)
    graph = draft_of(analyst, flow)["graph"]

    answer = save(analyst, flow, 1, graph, {"note": "x" * (2 * 1024 * 1024)})

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")


@pytest.mark.parametrize(
    "text", ["{", '{"graph": NaN}', "[" * 100_000, '"' + "\\ud800" + '"', "[]"]
)
def test_a_body_that_is_no_object_is_refused_plainly(analyst: Client, text: str):
    answer = analyst.generic("POST", "/api/v1/verify", text, JSON)

    assert answer.status_code == 400
    assert set(answer.json()) <= {"code", "message", "field"}


@pytest.mark.timeout(60)
@pytest.mark.django_db(transaction=True)
def test_of_many_saves_from_one_revision_one_wins():
    author = person(Role.ANALYST)
    graph = template()
    flow = drafts.begin(
        workspace=workspace(), name="Race", template=None, person=author, now=timezone.now()
    )
    start = threading.Barrier(8)
    outcomes: list[int] = []

    def tab(number: int) -> None:
        start.wait()
        try:
            drafts.save(
                flow,
                revision=1,
                graph=graph,
                layout={"tab": number},
                person=author,
                now=timezone.now(),
            )
            outcomes.append(number)
        except StaleDraftError as error:
            outcomes.append(error.current.revision)
        connections.close_all()

    threads = [threading.Thread(target=tab, args=(10 + n,)) for n in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(outcomes)[:7] == [2] * 7
    assert Draft.objects.get().layout == {"tab": max(outcomes)}
