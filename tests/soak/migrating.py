"""Proof 7: a new version is published and runs are moved to it while their customers act."""

from __future__ import annotations

import random
import time
from uuid import UUID

from django.utils import timezone

from designer.models import FlowVersion
from flow.codec import graph_from_json
from flow.errors import EventRefusedError
from flow.events import RunMigrated
from flow.graph import to_json
from flow.interpreter.bound import BoundGraph
from flow.verification.migration import guess_nodes, migration_findings
from runtime import driver
from runtime.clock import now_ms
from runtime.models import RunEvent
from runtime.versions import bound_graph
from tests.runtime.builders import edge, node, published
from tests.soak.customers import Customer, acts_of, served_flow
from tests.soak.draining import settle
from tests.soak.examination import examine
from tests.soak.processes import Edge, Process, dispatch_jobs, new_run
from tests.soak.result import Result


def prove(result: Result, trials: int) -> None:
    """`trials` live runs; another process moves each, at any moment of its life."""
    chance = random.Random(result.seed)
    first = published(served_flow())
    edge_, mover, dispatcher = Edge(), Edge(), Process(dispatch_jobs, crash=None)
    try:
        people = [
            Customer(edge_.ask(new_run, first.pk), acts_of(now_ms() + n)) for n in range(trials)
        ]
        second = mover.ask(publish_next, first.pk)
        waiting = chance.sample(people, len(people))
        while living := [one for one in people if one.present]:
            one = waiting.pop() if waiting else None
            if one is not None:
                mover.begin(move, one.run, second)
            for acting in chance.sample(living, min(4, len(living))):
                acting.step(edge_)
            if one is not None:
                result.cases[mover.finish()] += 1
        result.trials = trials
        result.figures["drained_s"] = settle()
    finally:
        for process in (edge_.process, mover.process, dispatcher):
            process.kill()
    examine(result, [ack for one in people for ack in one.journal])
    result.figures["moved"] = RunEvent.objects.filter(kind="RunMigrated").count()


def publish_next(version_id: UUID) -> UUID:
    """The same service with one step more before the queue."""
    first = FlowVersion.objects.select_related("flow").get(pk=version_id)
    document = served_flow()
    document["nodes"].append(node("pause", "logic.set", assignments=[]))
    for one in document["edges"]:
        if one["to"] == "queue":
            one["to"] = "pause"
    document["edges"].append(edge("pause", "ok", "queue"))
    graph = graph_from_json(document)
    made = FlowVersion.objects.create(
        flow=first.flow,
        number=2,
        hash=graph.content_hash,
        graph=to_json(graph),
        published_at=timezone.now(),
    )
    return made.pk


def move(run_id: UUID, version_id: UUID) -> str:
    """What came of moving the run: asked again when it went on in between, as staff would."""
    target = bound_graph(version_id)
    for _ in range(20):
        outcome = _try_move(run_id, target)
        if outcome != "went on meanwhile":
            return outcome
        time.sleep(0.001)
    return "went on meanwhile"


def _try_move(run_id: UUID, target: BoundGraph) -> str:
    snapshot = driver.read_run(run_id)
    nodes = guess_nodes(snapshot.bound, target)
    if migration_findings(snapshot.bound, target, snapshot.state, nodes):
        return "spoken against"
    event = RunMigrated(
        at_ms=now_ms(),
        by="test",
        to=target.graph.content_hash,
        nodes={str(old): str(new) for old, new in nodes.items()},
    )
    try:
        driver.advance_run(run_id, event, key="moved", actor="test")
    except EventRefusedError as refusal:
        return f"refused: {refusal.reason}"
    return "moved"
