"""What each reader of a run's record sees of a filled form: as much as their part in it takes."""

from __future__ import annotations

from typing import Any

import pytest
from django.conf import settings
from django.test import Client as Browser

from flow.events import Acted, ActivityId, ExternalEventReceived, ParticipantId, Role
from flow.graph import JsonValue
from flow.privacy import MASK
from runtime import driver
from runtime.clock import now_ms
from runtime.evidence import log, story
from runtime.models import Participant, Run
from tests.runtime import builders
from tests.runtime.builders import edge, end, graph, node

pytestmark = pytest.mark.django_db
MOBILE = {"en": "Change the mobile number", "zh-Hans": "变更手机号码"}


def field(name: str, **more: Any) -> dict[str, Any]:
    label = {"en": name.title(), "zh-Hans": name}
    return {
        "name": name,
        "label": label,
        "type": "text",
        "required": False,
        "privacy": "none",
        **more,
    }


@pytest.fixture
def filled() -> Run:
    """A submitted form: a name, a state of health, a secret typed in two goes, a choice."""
    fields = [
        field("name", privacy="personal"),
        field("health", privacy="special"),
        field("pin", privacy="secret"),
        field("wish", type="choice", options=[{"value": "mobile", "label": MOBILE}]),
    ]
    heading = {"en": "Details", "zh-Hans": "信息"}
    nodes = [
        node("link", "entry.link"),
        node("form", "doc.form", heading=heading, fields=fields),
        end(),
        end("away", "defer"),
    ]
    edges = [
        edge("link", "ok", "form"),
        edge("link", "expired", "away"),
        edge("form", "ok", "done"),
    ]
    edges += [edge("form", outcome, "away") for outcome in ("cancelled", "timeout")]
    run = builders.entered(graph(nodes, edges))
    typed = ("name", "Hanna"), ("health", "sound"), ("pin", "90"), ("pin", "9017")
    for name, value in (*typed, ("wish", "mobile")):
        act(run, "edit", field=name, value=value)
    act(run, "submit")
    run.refresh_from_db()
    return run


def act(run: Run, action: str, **data: Any) -> None:
    acted = Acted(
        at_ms=now_ms(),
        activity=ActivityId("form.1"),
        action=action,
        participant=ParticipantId("p1"),
        role="customer",
        data=data,
    )
    driver.advance_run(run.pk, acted, key=f"{action}:{data}", actor="test")


def read(run: Run, reader: Role) -> dict[str, Any]:
    snapshot = driver.read_run(run.pk)
    hidden = story.veil_for(reader, snapshot.bound, snapshot.state)
    told = story.story_of(run, snapshot.bound, snapshot.state, hidden)
    events = log.events_of(run, driver.graphs_of(run.pk), hidden, after=0, limit=100)
    return {**told, "events": events}


SEEN: dict[Role, list[Any]] = {
    "agent": ["Hanna", MASK, MASK, "mobile"],
    "supervisor": [MASK, MASK, MASK, "mobile"],
    "auditor": [MASK, MASK, MASK, "mobile"],
}
"""Of name (personal), health (special), pin (secret) and wish (none)."""


@pytest.mark.parametrize("reader", SEEN)
def test_answers_and_variables_show_what_the_reader_may_see(filled, reader):
    told = read(filled, reader)

    answers = [one["value"] for one in told["forms"][0]["fields"]]
    assert answers == SEEN[reader]
    assert told["forms"][0]["fields"][3]["shown"] == MOBILE
    values = {one["name"]: (one["value"], one["privacy"]) for one in told["variables"]}
    classes = ["personal", "special", "secret", "none"]
    names = ["form.name", "form.health", "form.pin", "form.wish"]
    assert [values[one] for one in names] == list(zip(SEEN[reader], classes, strict=True))


@pytest.mark.parametrize("reader", SEEN)
def test_events_hide_a_value_while_it_was_being_typed(filled, reader):
    events = read(filled, reader)["events"]

    edits = [one["data"]["data"] for one in events if one["data"].get("action") == "edit"]
    name, health, pin, wish = SEEN[reader]
    assert [one["value"] for one in edits] == [name, health, pin, pin, wish]
    assert [one["field"] for one in edits] == ["name", "health", "pin", "pin", "wish"]


def test_a_customers_name_is_shown_to_who_served_them_only(filled):
    builders.be_present(filled)
    Participant.objects.filter(run=filled, role="customer").update(name="Hanna Vogel")
    builders.seat(filled, builders.staff("lea"))

    names = {one: [who["name"] for who in read(filled, one)["people"]] for one in SEEN}

    assert names == {
        "agent": ["Hanna Vogel", "Lea"],
        "supervisor": [MASK, "Lea"],
        "auditor": [MASK, "Lea"],
    }


@pytest.mark.parametrize(
    ("username", "roles", "sees"),
    [("lea", ["agent"], "Hanna"), ("sue", ["supervisor"], MASK), ("aud", ["auditor"], MASK)],
)
def test_the_interface_asks_whether_the_reader_served_the_run(filled, username, roles, sees):
    user = builders.staff(username, *roles)
    if "agent" in roles:
        builders.seat(filled, user)
    browser = Browser()
    browser.cookies[settings.SESSION_COOKIE_NAME] = builders.session_of(user)

    told = browser.get(f"/api/v1/runs/{filled.pk}").json()
    events = browser.get(f"/api/v1/runs/{filled.pk}/events").json()

    assert told["forms"][0]["fields"][0]["value"] == sees
    assert next(one for one in events if one["kind"] == "Acted")["data"]["data"]["value"] == sees


def test_what_was_sent_to_a_step_that_keeps_hidden_values_shows_its_shape_only(filled):
    data: dict[str, JsonValue] = {"who": {"card": 4}, "ok": True}
    told = ExternalEventReceived(at_ms=now_ms(), name="score", data=data)
    run = builders.entered(waiting())
    driver.advance_run(run.pk, told, key="score", actor="test")

    shown = {one: read(run, one)["events"][-1]["data"]["data"] for one in SEEN}

    assert shown["agent"] == data
    assert shown["auditor"] == shown["supervisor"] == {"who": {"card": MASK}, "ok": True}


def waiting() -> dict[str, Any]:
    step = node("wait", "logic.wait", event="score", outputs=[])
    edges = [
        edge("link", "ok", "wait"),
        edge("link", "expired", "done"),
        edge("wait", "ok", "done"),
    ]
    return graph([node("link", "entry.link"), step, end()], edges)


def test_what_only_the_house_says_is_shown_whatever_the_step(filled):
    said: dict[str, Any] = {
        "evidence": "e1", "sha256": "a" * 64, "values": {"n": "x"}, "name": "N",
        "agent": {"name": "Lea", "staff_no": "A-1"}, "list": [1, None],
    }  # fmt: skip

    assert log._blanked(said, str | int) == {
        **said, "values": {"n": MASK}, "name": MASK, "list": [MASK, None]
    }  # fmt: skip
