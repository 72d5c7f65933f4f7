"""Findings, versions and join links over REST, as the designer's screens use them."""

from __future__ import annotations

import uuid
from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.utils import timezone

from accounts import audit, links
from accounts.models import AuditEvent, JoinLink
from designer import publishing
from designer.models import Flow, FlowVersion, FrozenVersionError
from flow.codec import graph_from_json
from tests.accounts.people import workspace
from tests.designer.asking import FLOWS, JSON, created, draft_of, publish, save, template

pytestmark = pytest.mark.django_db


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

    closure = publishing.closure_of(graph, uuid.uuid4())

    assert len(closure) == len({one.component for one in graph.nodes.values()})
