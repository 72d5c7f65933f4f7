"""The REST of flows as the designer's screens use it: drafts, findings, versions, links."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any
from unittest.mock import ANY

import pytest
from django.db import IntegrityError, connections, transaction
from django.test import Client
from django.utils import timezone

from accounts import audit, links
from accounts.models import AuditEvent, JoinLink, Role
from designer import drafts, publishing
from designer.errors import StaleDraftError
from designer.models import Draft, Flow, FlowVersion, FrozenVersionError
from designer.shipped import all_templates, get_template
from flow.codec import graph_from_json
from tests.accounts.people import person, signed_in, workspace

pytestmark = pytest.mark.django_db
FLOWS = "/api/v1/flows"
TEMPLATE = "account-service-call"
JSON = "application/json"


def template() -> Any:
    """The graph of the shipped flow."""
    return get_template(TEMPLATE).graph


@pytest.fixture
def analyst() -> Client:
    return signed_in(person(Role.ANALYST, display_name="Lea Martin"))


def created(client: Client, name: str = "Account call", template: str | None = TEMPLATE) -> Any:
    answer = client.post(FLOWS, {"name": name, "template": template}, JSON)
    assert answer.status_code == 201, answer.content
    return answer.json()


def draft_of(client: Client, flow: Any) -> Any:
    return client.get(f"{FLOWS}/{flow['id']}/draft").json()


def save(client: Client, flow: Any, revision: int | None, graph: object, layout: object = None):
    headers = {} if revision is None else {"if-match": f'"{revision}"'}
    body = {"graph": graph, "layout": layout if layout is not None else {}}
    return client.put(f"{FLOWS}/{flow['id']}/draft", body, JSON, headers=headers)


def publish(client: Client, flow: Any, revision: int = 1, note: str = ""):
    body = {"revision": revision, "note": note}
    return client.post(f"{FLOWS}/{flow['id']}/publish", body, JSON)


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


def test_flows_of_another_workspace_are_not_there(analyst: Client):
    flow = created(signed_in(person(Role.ANALYST, where=workspace("Hillbank"))))
    graph = template()

    answers = [
        analyst.get(f"{FLOWS}/{flow['id']}"),
        analyst.get(f"{FLOWS}/{flow['id']}/draft"),
        save(analyst, flow, 1, graph),
        publish(analyst, flow),
        analyst.get(f"{FLOWS}/{flow['id']}/versions/1"),
        analyst.post(f"{FLOWS}/{flow['id']}/links", {}, JSON),
    ]

    assert [one.status_code for one in answers] == [404] * 6
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


# Verification


def test_verification_names_the_node_and_describes_what_nodes_offer(analyst: Client):
    graph = template()
    unwired = {**graph, "edges": graph["edges"][1:]}
    lost = graph["edges"][0]

    answer = analyst.post("/api/v1/verify", {"graph": unwired}, JSON).json()

    spots = {
        (one["node"], one["outcome"]) for one in answer["findings"] if one["severity"] == "error"
    }
    assert (lost["from"], lost["outcome"]) in spots
    assert all(one["message"]["en"] and one["message"]["zh-Hans"] for one in answer["findings"])
    nodes = {one["id"] for one in graph["nodes"]}
    assert set(answer["outcomes"]) == set(answer["outputs"]) == set(answer["summaries"]) == nodes
    assert lost["outcome"] in [one["id"] for one in answer["outcomes"][lost["from"]]]
    assert not Flow.objects.exists()


def test_a_node_of_an_unknown_component_is_a_finding_not_a_failure(analyst: Client):
    graph = template()
    nodes = [{**graph["nodes"][0], "component": "no.such"}, *graph["nodes"][1:]]

    answer = analyst.post("/api/v1/verify", {"graph": {**graph, "nodes": nodes}}, JSON)

    assert answer.status_code == 200
    assert graph["nodes"][0]["id"] in {one["node"] for one in answer.json()["findings"]}
    assert graph["nodes"][0]["id"] not in answer.json()["summaries"]


def test_settings_half_filled_break_nothing(analyst: Client):
    graph = template()
    for config in ({}, {"fields": 7, "cases": "x", "text": [None], "assign": 3, "min_view_s": {}}):
        nodes = [{**one, "config": config} for one in graph["nodes"]]

        answer = analyst.post("/api/v1/verify", {"graph": {**graph, "nodes": nodes}}, JSON)

        assert answer.status_code == 200
        assert answer.json()["findings"]


# Versions


def test_publishing_freezes_the_draft_under_the_next_number(analyst: Client):
    flow = created(analyst)
    graph = draft_of(analyst, flow)["graph"]

    first, second = publish(analyst, flow, note="for the pilot"), publish(analyst, flow)

    assert (first.status_code, first.json()["number"]) == (201, 1)
    assert second.json() == {"number": 2, "hash": first.json()["hash"]}
    assert first.json()["hash"] == graph_from_json(graph).content_hash
    version = analyst.get(f"{FLOWS}/{flow['id']}/versions/1").json()
    assert version["graph"] == graph
    assert version["note"] == "for the pilot"
    assert version["published_by"]["name"] == "Lea Martin"
    assert [one["number"] for one in analyst.get(f"{FLOWS}/{flow['id']}").json()["versions"]] == [
        1,
        2,
    ]
    closure = FlowVersion.objects.get(number=1).closure
    assert closure == sorted(set(closure))
    assert "entry.link@1.0.0" in closure


def test_a_draft_changed_later_leaves_the_version_alone(analyst: Client):
    flow = created(analyst)
    graph = draft_of(analyst, flow)["graph"]
    publish(analyst, flow)

    save(analyst, flow, 1, {**graph, "nodes": [], "edges": [], "boundaries": [], "start": ""})

    assert analyst.get(f"{FLOWS}/{flow['id']}/versions/1").json()["graph"] == graph


def test_a_stale_revision_is_not_published(analyst: Client):
    flow = created(analyst)
    save(analyst, flow, 1, draft_of(analyst, flow)["graph"])

    answer = publish(analyst, flow, revision=1)

    assert (answer.status_code, answer.json()["code"]) == (409, "stale_draft")
    assert answer.json()["current"]["revision"] == 2
    assert not FlowVersion.objects.exists()


def test_a_flow_with_errors_is_not_published(analyst: Client):
    flow = created(analyst, template=None)

    answer = publish(analyst, flow)

    assert (answer.status_code, answer.json()["code"]) == (422, "has_errors")
    assert {one["severity"] for one in answer.json()["findings"]} >= {"error"}
    assert not FlowVersion.objects.exists()


def test_a_published_version_does_not_change(analyst: Client):
    flow = created(analyst)
    publish(analyst, flow)
    version = FlowVersion.objects.get()
    version.note = "changed"

    with pytest.raises(FrozenVersionError):
        version.save()
    with pytest.raises(IntegrityError), transaction.atomic():
        FlowVersion.objects.create(
            flow=version.flow, number=1, hash="x", graph={}, published_at=timezone.now()
        )


def test_what_analysts_do_is_in_the_trail(analyst: Client):
    flow = created(analyst)
    publish(analyst, flow)
    analyst.post(f"{FLOWS}/{flow['id']}/links", {}, JSON)
    chain = str(workspace().pk)

    actions = (
        AuditEvent.objects.filter(chain=chain).order_by("seq").values_list("action", flat=True)
    )

    assert list(actions) == ["flow.create", "flow.publish", "link.create"]
    assert audit.verify(chain).broken_at is None


# Links


def test_a_link_opens_the_newest_version_and_shows_its_token_once(analyst: Client):
    flow = created(analyst)
    publish(analyst, flow)
    publish(analyst, flow)

    answer = analyst.post(f"{FLOWS}/{flow['id']}/links", {}, JSON)

    assert answer.status_code == 201
    assert answer.headers["Cache-Control"] == "no-store"
    address, _, token = answer.json()["url"].partition("#")
    assert address == "http://testserver/join"
    assert answer.json()["qr_svg"].startswith("<svg")
    link = JoinLink.objects.get()
    assert link.token_hash == links.hash_of(token)
    assert link.target == FlowVersion.objects.get(number=2).pk
    assert link.workspace == workspace()


def test_a_link_takes_its_life_from_the_flow_or_from_the_request(analyst: Client):
    flow = created(analyst)
    publish(analyst, flow)
    config = next(n for n in template()["nodes"] if n["id"] == "link")["config"]

    for body, minutes in (({}, config["ttl_min"]), ({"version": 1, "ttl_min": 5}, 5)):
        answer = analyst.post(f"{FLOWS}/{flow['id']}/links", body, JSON)
        link = JoinLink.objects.latest("created_at")
        assert link.expires_at - link.created_at == timedelta(minutes=minutes)
        assert answer.json()["max_uses"] == config["max_uses"] == link.max_uses


def test_no_link_without_a_version(analyst: Client):
    flow = created(analyst)
    unpublished = analyst.post(f"{FLOWS}/{flow['id']}/links", {}, JSON)
    publish(analyst, flow)
    unknown = analyst.post(f"{FLOWS}/{flow['id']}/links", {"version": 9}, JSON)

    for answer in (unpublished, unknown):
        assert (answer.status_code, answer.json()["code"]) == (409, "not_published")


def test_the_address_of_a_link_may_be_another_than_the_request_came_to(settings, analyst: Client):
    settings.SITE_URL = "https://video.example/"
    flow = created(analyst)
    publish(analyst, flow)

    answer = analyst.post(f"{FLOWS}/{flow['id']}/links", {}, JSON)

    assert answer.json()["url"].startswith("https://video.example/join#")


def test_closure_lists_each_component_once():
    graph = graph_from_json(template())

    closure = publishing.closure_of(graph)

    assert len(closure) == len({one.component for one in graph.nodes.values()})
