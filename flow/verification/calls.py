"""Flows that call flows: does the called one exist, and do the two fit each other.

A called flow is verified by itself with what its first step says it is given; its callers are held
to that here and by the rule for needs. So each is verified once, whoever calls it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from itertools import chain

from flow import expressions
from flow.component import Component
from flow.errors import ExpressionError
from flow.graph import Graph, JsonObject, JsonValue, LocalText, NodeId, Privacy, ValueType, Variable
from flow.verification.facts import Facts
from flow.verification.finding import Finding, said
from flow.verification.neighbours import Callee, Neighbours
from flow.verification.parallel import blocks
from flow.verification.subject import Subject

DEEPEST = 8
"""Runs within one another; the runtime refuses more."""
_OPENNESS = list(Privacy)
_BRINGS_PEOPLE = "people"


def callee_of(
    key: str, graph: Graph, components: Mapping[NodeId, Component], neighbours: Neighbours
) -> Callee:
    """What callers must know of a published flow; `neighbours` are those that it calls itself."""
    subject = Subject(graph=graph, components=components, neighbours=neighbours)
    start = subject.manifest(graph.start)
    called = [subject.called_by(node) for node in subject.calls]
    inner = [one for name in called if (one := neighbours.callees.get(name)) is not None]
    return Callee(
        key=key,
        is_called=start is not None and start.called,
        inputs=tuple(subject.outputs(graph.start).values()),
        needs=subject.provides(graph.start),
        returns=_returns(subject),
        calls=frozenset(chain(called, *(one.calls for one in inner))),
        depth=1 + max((one.depth for one in inner), default=0),
    )


def _returns(subject: Subject) -> Mapping[str, Variable]:
    facts = Facts(subject=subject, blocks=blocks(subject))
    ends = [
        node
        for node, one in subject.components.items()
        if one.manifest.key == "end.success" and node in subject.reached
    ]
    return {
        name: one
        for name, one in subject.variables.items()
        if ends and all(facts.hold(node, f"var:{name}") for node in ends)
    }


def check_calls(subject: Subject) -> Iterator[Finding]:
    """FLOW-16, FLOW-17, FLOW-18."""
    for node in subject.calls:
        key = subject.called_by(node)
        if key:
            yield from _call(subject, node, key)
    start = subject.manifest(subject.graph.start)
    if start is not None and start.called:
        yield from _bringing_people(subject)


def _call(subject: Subject, node: NodeId, key: str) -> Iterator[Finding]:
    callee = subject.neighbours.callees.get(key)
    if callee is None:
        yield _unfit(
            subject,
            node,
            ("calls a flow that is not published", "调用的流程尚未发布"),
        )
        return
    if not callee.is_called:
        yield _unfit(
            subject,
            node,
            ("calls a flow that others cannot call", "调用的流程不能被其他流程调用"),
        )
        return
    own = subject.neighbours.key
    if own and (key == own or own in callee.calls):
        yield _unfit(
            subject,
            node,
            ("calls a flow that comes back to this one", "调用的流程又会回到本流程"),
        )
    elif callee.depth >= DEEPEST:
        yield _unfit(subject, node, ("calls flows too deep", "调用的流程嵌套过深"))
    yield from _given(subject, node, callee)
    yield from _taken(subject, node, callee)


def _given(subject: Subject, node: NodeId, callee: Callee) -> Iterator[Finding]:
    """What is handed to the sub-flow: all it needs, nothing it does not know, in the right type."""
    known = {one.name: one for one in callee.inputs}
    items = _items(subject, node, "inputs")
    names = Counter(str(one.get("name")) for _, one in items)
    for name in known:
        if not names[name]:
            says = (f"gives its sub-flow no “{name}”", f"没有向子流程传入“{name}”")
            yield _misfit(subject, node, "/inputs", says)
    for at, one in items:
        name = str(one.get("name"))
        if name not in known or names[name] > 1:
            says = (
                f"gives its sub-flow “{name}”, which it does not ask for once",
                f"传入的“{name}”不是子流程要求的变量，或重复传入",
            )
            yield _misfit(subject, node, f"{at}/name", says)
        elif not _fits(subject, str(one.get("value")), known[name].type):
            says = (f"gives its sub-flow “{name}” of another type", f"传入的“{name}”类型不符")
            yield _misfit(subject, node, f"{at}/value", says)


def _fits(subject: Subject, source: str, wants: ValueType) -> bool:
    try:
        gives = expressions.check(source, subject.types)
    except ExpressionError:
        return True  # the rule for expressions says so
    return gives in (None, wants) or (gives is ValueType.INT and wants is ValueType.NUMBER)


def _taken(subject: Subject, node: NodeId, callee: Callee) -> Iterator[Finding]:
    """What is taken back: surely set when it succeeds, in its type, kept no more openly."""
    for at, one in _items(subject, node, "outputs"):
        source, found = str(one.get("from")), callee.returns.get(str(one.get("from")))
        if found is None:
            says = (
                f"takes back “{source}”, which its sub-flow does not always set",
                f"取回的“{source}”并非子流程必定设置的变量",
            )
            yield _misfit(subject, node, f"{at}/from", says)
            continue
        if one.get("type") != found.type.value:
            says = (f"takes back “{source}” as another type", f"取回的“{source}”类型不符")
            yield _misfit(subject, node, f"{at}/type", says)
        openness = one.get("privacy", Privacy.NONE.value)
        if openness in set(Privacy) and _OPENNESS.index(Privacy(str(openness))) < _OPENNESS.index(
            found.privacy
        ):
            says = (
                f"takes back “{source}” with less privacy than its sub-flow keeps it",
                f"取回的“{source}”的敏感级别低于子流程中的级别",
            )
            yield _misfit(subject, node, f"{at}/privacy", says)


def _bringing_people(subject: Subject) -> Iterator[Finding]:
    """Queue and connection belong to the run that has the call."""
    for node, one in subject.components.items():
        if one.manifest.group == _BRINGS_PEOPLE:
            says = (
                "cannot stand in a flow that others call: its caller brings the people in",
                "不能用于被其他流程调用的流程，人员由调用方接入",
            )
            yield Finding(rule="FLOW-18", message=_sentence(subject, node, says), node=node)


def _items(subject: Subject, node: NodeId, name: str) -> list[tuple[str, JsonObject]]:
    """The objects of a list of settings, each with its JSON pointer."""
    value: JsonValue = subject.graph.nodes[node].config.get(name)
    items = value if isinstance(value, list) else []
    return [(f"/{name}/{n}", one) for n, one in enumerate(items) if isinstance(one, dict)]


def _unfit(subject: Subject, node: NodeId, says: tuple[str, str]) -> Finding:
    message = _sentence(subject, node, says)
    return Finding(rule="FLOW-16", message=message, node=node, field="/flow")


def _misfit(subject: Subject, node: NodeId, field: str, says: tuple[str, str]) -> Finding:
    message = _sentence(subject, node, says)
    return Finding(rule="FLOW-17", message=message, node=node, field=field)


def _sentence(subject: Subject, node: NodeId, says: tuple[str, str]) -> LocalText:
    en, zh = subject.title(node, "en"), subject.title(node, "zh-Hans")
    return said(f"“{en}” {says[0]}.", f"“{zh}”{says[1]}。")
