"""Everything that can be said against a flow before it runs."""

from __future__ import annotations

from collections.abc import Mapping

from flow.component import Component
from flow.graph import Graph, NodeId
from flow.verification.calls import check_calls
from flow.verification.finding import Finding
from flow.verification.loops import check_loops
from flow.verification.media import check_media
from flow.verification.needs import check_needs
from flow.verification.neighbours import Neighbours
from flow.verification.outside import check_connections
from flow.verification.parallel import blocks, check_parallel
from flow.verification.settings import check_settings
from flow.verification.subject import Subject
from flow.verification.wiring import check_wiring

RULES: Mapping[str, str] = {
    "FLOW-01": "The flow has a start.",
    "FLOW-02": "It starts with an entry.",
    "FLOW-03": "Every node is of a component that is installed, in that version.",
    "FLOW-04": "Every edge joins nodes that exist.",
    "FLOW-05": "Every edge is of an outcome its node declares.",
    "FLOW-06": "An outcome leads to one node.",
    "FLOW-07": "Settings fit the component's schema.",
    "FLOW-08": "Expressions parse, fit their types and read variables that exist.",
    "FLOW-09": "A span is ended by a step.",
    "FLOW-10": "A step that ends a span comes when it is open.",
    "FLOW-11": "Boundaries have a scope, a target and a time, once each.",
    "FLOW-13": "A variable has one type.",
    "FLOW-14": "Branches that run at once are apart and meet at one join.",
    "FLOW-15": "Groups hold steps that exist, apart or one inside the other.",
    "FLOW-16": "A flow that is called is published, is there to be called, and never comes back.",
    "FLOW-17": "What a sub-flow is given and what is taken back fits its variables.",
    "FLOW-18": "A flow that others call brings nobody in.",
    "FLOW-19": "Connections that steps name are there, and of a kind that serves.",
    "FLOW-20": "What is said about the media of the call fits together.",
    "CORE-01": "Every outcome is wired, every node reachable, every node on a way to an end.",
    "CORE-02": "Every loop passes a step that counts.",
    "CORE-03": "No recording starts before the customer agreed to it.",
    "CORE-15": "What is read was set on every way.",
    "CORE-19": "Steps that need an agent or a call come when they are there.",
}


def verify(
    graph: Graph, components: Mapping[NodeId, Component], neighbours: Neighbours | None = None
) -> tuple[Finding, ...]:
    """Findings on the flow, errors first, else by rule. Without errors it can be published.

    `components` are those of the nodes; a node that is missing in it gets a finding of its own.
    `neighbours` has the flows that it calls, and the connections that it can use.
    """
    known = {node: one for node, one in components.items() if node in graph.nodes}
    subject = Subject(graph=graph, components=known, neighbours=neighbours or Neighbours())
    split = blocks(subject)
    found = [
        *check_wiring(subject),
        *check_loops(subject),
        *check_settings(subject),
        *check_media(subject),
        *check_calls(subject),
        *check_connections(subject),
        *check_parallel(subject, split),
        *check_needs(subject, split),
    ]
    return tuple(sorted(found, key=lambda one: one.severity != "error"))
