"""Runs with a sub-flow for the runtime's tests: begun, acted on, looked at."""

from __future__ import annotations

import uuid
from typing import Any

from django.utils import timezone

from designer.models import FlowVersion
from flow.codec import graph_from_json
from flow.events import Acted, ActivityId, ParticipantId
from flow.graph import to_json
from flow.state import RunState
from runtime import driver, family, screens
from runtime.clock import now_ms
from runtime.models import Run, RunEvent
from runtime.standing import Seat
from tests.runtime import builders
from tests.runtime.builders import edge, end, graph, node

FIELD = {"name": "limit", "label": {"en": "Limit"}, "type": "number", "required": True}
LIMIT_OLD = {"name": "limit.old", "type": "int"}


def child_graph(**settings: Any) -> dict[str, Any]:
    """call → form → granted | refused."""
    nodes = [
        node("call", "entry.call", given=[], inputs=[LIMIT_OLD]),
        node("form", "doc.form", fields=[FIELD]),
        end("granted"),
        end("refused", "reject"),
    ]
    edges = [
        edge("call", "ok", "form"),
        edge("form", "ok", "granted"),
        edge("form", "cancelled", "refused"),
    ]
    return graph(nodes, edges, settings=settings)


def caller_graph(flow: str = "child", **settings: Any) -> dict[str, Any]:
    """link → service (the child) → thanks → done, or failed."""
    service = node(
        "service",
        "logic.subflow",
        flow=flow,
        version="latest",
        inputs=[{"name": "limit.old", "value": "200"}],
        outputs=[{"name": "limit.new", "from": "form.limit", "type": "number"}],
    )
    nodes = [node("link", "entry.link"), service, builders.consent("thanks"), end(), end("failed")]
    edges = [
        edge("link", "ok", "service"),
        edge("link", "expired", "failed"),
        edge("service", "ok", "thanks"),
        edge("service", "fail", "failed"),
        *(edge("thanks", one, "done") for one in ("ok", "declined", "timeout")),
    ]
    return graph(nodes, edges, settings=settings)


def entered(document: dict[str, Any] | None = None) -> Run:
    """A run that has come to its sub-flow, with the jobs done that were due."""
    builders.published(child_graph(), key="child")
    run = builders.entered(document or caller_graph())
    builders.perform_all()
    return run


def child_of(run: Run) -> Run:
    return Run.objects.get(parent=run)


def marked(child: Run, activity: str) -> str:
    return f"{family.mark_of(child.pk)}/{activity}"


def acted(activity: str, action: str, **data: Any) -> Acted:
    return Acted(
        at_ms=now_ms(),
        activity=ActivityId(activity),
        action=action,
        participant=ParticipantId("p1"),
        role="customer",
        data=data,
    )


def act(root: Run, child: Run, action: str, *, key: str = "", **data: Any) -> int:
    event = acted("form.1", action, **data)
    key = key or f"act:{uuid.uuid4()}"
    return family.advance(root.pk, marked(child, "form.1"), event, key=key, actor="test")


def fill(root: Run, child: Run) -> None:
    act(root, child, "edit", field="limit", value=900)
    act(root, child, "submit")


def bring(run: Run, event: Any) -> driver.Advanced:
    return driver.advance_run(run.pk, event, key=str(uuid.uuid4()), actor="test")


def state_of(run: Run) -> RunState:
    return driver.read_run(run.pk).state


def seen(run: Run, role: str = "agent") -> screens.Shown:
    someone = Seat(participant=uuid.uuid4(), run=run.pk, role=role, name="")  # type: ignore[arg-type]
    return screens.look(someone, 0, None, now_ms())


def kinds_of(run: Run) -> list[str]:
    events = RunEvent.objects.filter(run=run).order_by("seq")
    return list(events.values_list("kind", flat=True))


def newer(version: FlowVersion, document: dict[str, Any]) -> FlowVersion:
    """The next version of the same flow."""
    parsed = graph_from_json(document)
    return FlowVersion.objects.create(
        flow=version.flow,
        number=version.number + 1,
        hash=parsed.content_hash,
        graph=to_json(parsed),
        published_at=timezone.now(),
    )
