"""What an auditor reads of a filled form: options in words, personal values, no secrets."""

from __future__ import annotations

from typing import Any

import pytest

from flow.events import Acted, ActivityId, ParticipantId
from flow.projection import MASK
from runtime import driver
from runtime.clock import now_ms
from runtime.evidence import story
from runtime.models import Run
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
    """A submitted form: a name, a secret typed in two goes, a choice."""
    fields = [
        field("name", privacy="personal"),
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
    for name, value in (("name", "Hanna"), ("pin", "90"), ("pin", "9017"), ("wish", "mobile")):
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


def test_answers_show_options_in_words_and_personal_values_but_no_secret(filled):
    snapshot = driver.read_run(filled.pk)

    told = story.story_of(filled, snapshot.bound, snapshot.state)

    answers = [(one["value"], one["shown"]) for one in told["forms"][0]["fields"]]
    assert answers == [("Hanna", None), (MASK, None), ("mobile", MOBILE)]
    values = {one["name"]: one["value"] for one in told["variables"]}
    assert (values["form.name"], values["form.pin"]) == ("Hanna", MASK)


def test_events_hide_a_secret_while_it_was_being_typed(filled):
    snapshot = driver.read_run(filled.pk)

    events = story.events_of(filled, snapshot.bound, snapshot.state, after=0, limit=100)

    edits = [one["data"]["data"] for one in events if one["data"].get("action") == "edit"]
    assert [one["value"] for one in edits] == ["Hanna", MASK, MASK, "mobile"]
