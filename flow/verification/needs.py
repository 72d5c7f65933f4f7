"""What must hold before a step: variables set, agent and room there, consent given, spans open."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from flow.graph import Node, NodeId
from flow.verification.facts import CONSENT, Facts
from flow.verification.finding import Finding, said
from flow.verification.parallel import Block
from flow.verification.settings import Reading, names_read, readings
from flow.verification.subject import Subject

_NEEDS: Mapping[str, tuple[str, str]] = {
    "agent": ("an agent", "柜员"),
    "room": ("a video call", "视频通话"),
    "recording": ("a running recording", "正在进行的录制"),
}


def check_needs(subject: Subject, blocks: Sequence[Block] = ()) -> Iterator[Finding]:
    """CORE-03, CORE-15, CORE-19, FLOW-09, FLOW-10, FLOW-13."""
    facts = Facts(subject=subject, blocks=blocks)
    yield from _conflicts(subject)
    for node in subject.graph.nodes.values():
        if node.id in subject.components and node.id in subject.reached:
            yield from _unset(subject, facts, node)
            yield from _required(subject, facts, node.id)
            yield from _consent(subject, facts, node.id)
            yield from _closing(subject, facts, node.id)
            yield from _opening(subject, node.id)


def _conflicts(subject: Subject) -> Iterator[Finding]:
    """Two declarations of one variable must agree on its type."""
    for node in subject.graph.nodes:
        for name, one in subject.outputs(node).items():
            if subject.types[name] is not one.type:
                message = said(
                    f"“{subject.title(node, 'en')}” sets “{name}” as another type than elsewhere.",
                    f"“{subject.title(node, 'zh-Hans')}”设置的“{name}”与别处类型不同。",
                )
                yield Finding(rule="FLOW-13", message=message, node=node)


def _unset(subject: Subject, facts: Facts, node: Node) -> Iterator[Finding]:
    manifest = subject.components[node.id].manifest
    for reading in readings(manifest.config_schema, node.config):
        if reading.kind != "name":  # a field filled from a variable stays empty without it
            for name in _unsure(subject, facts, node.id, reading):
                yield _unset_finding(subject, facts, node.id, (reading, name))


def _unsure(subject: Subject, facts: Facts, node: NodeId, reading: Reading) -> list[str]:
    """The variables that are read but not set on every way."""
    return [
        name
        for name in names_read(reading, subject.types)
        if name not in reading.before and not facts.hold(node, f"var:{name}")
    ]


def _unset_finding(
    subject: Subject, facts: Facts, node: NodeId, read: tuple[Reading, str]
) -> Finding:
    reading, name = read
    return Finding(
        rule="CORE-15",
        severity="error" if reading.kind == "expression" else "warning",
        message=said(
            f"“{subject.title(node, 'en')}” reads “{name}”, which is not set on every way to it.",
            f"“{subject.title(node, 'zh-Hans')}”读取“{name}”，但并非每条路径都已设置它。",
        ),
        node=node,
        field=reading.field,
        path=facts.way_without(node, f"var:{name}"),
    )


def _required(subject: Subject, facts: Facts, node: NodeId) -> Iterator[Finding]:
    for need in subject.requires(node):
        if facts.hold(node, f"need:{need}"):
            continue
        en, zh = _NEEDS.get(need, (need, need))
        message = said(
            f"“{subject.title(node, 'en')}” needs {en}, which is not there on every way to it.",
            f"“{subject.title(node, 'zh-Hans')}”需要{zh}，但并非每条路径都具备。",
        )
        path = facts.way_without(node, f"need:{need}")
        yield Finding(rule="CORE-19", message=message, node=node, path=path)


def _consent(subject: Subject, facts: Facts, node: NodeId) -> Iterator[Finding]:
    if subject.components[node].manifest.span != "recording" or facts.hold(node, CONSENT):
        return
    message = said(
        f"“{subject.title(node, 'en')}” can start before the customer agreed to be recorded.",
        f"“{subject.title(node, 'zh-Hans')}”可能在客户同意录制之前开始。",
    )
    path = facts.way_without(node, CONSENT)
    yield Finding(rule="CORE-03", message=message, node=node, path=path)


def _closing(subject: Subject, facts: Facts, node: NodeId) -> Iterator[Finding]:
    span = subject.components[node].manifest.closes
    if span is None or facts.hold(node, f"span:{span}"):
        return
    message = said(
        f"“{subject.title(node, 'en')}” can come when nothing is there to be ended.",
        f"到达“{subject.title(node, 'zh-Hans')}”时可能没有可结束的内容。",
    )
    path = facts.way_without(node, f"span:{span}")
    ever = any(node in _after(subject, one) for one in _openers(subject, span))
    yield Finding(
        rule="FLOW-10",
        severity="warning" if ever else "error",
        message=message,
        node=node,
        path=path,
    )


def _opening(subject: Subject, node: NodeId) -> Iterator[Finding]:
    span = subject.components[node].manifest.span
    if span is None:
        return
    after = _after(subject, node)
    if any(one.manifest.closes == span for key, one in subject.components.items() if key in after):
        return
    message = said(
        f"What “{subject.title(node, 'en')}” starts is ended by no step, only by the end.",
        f"“{subject.title(node, 'zh-Hans')}”开始的内容没有步骤结束，只会随流程结束。",
    )
    yield Finding(rule="FLOW-09", severity="warning", message=message, node=node)


def _openers(subject: Subject, span: str) -> list[NodeId]:
    return [node for node, one in subject.components.items() if one.manifest.span == span]


def _after(subject: Subject, node: NodeId) -> set[NodeId]:
    """Every node that can come after."""
    found: set[NodeId] = set()
    stack = [node]
    while stack:
        for way in subject.ways[stack.pop()]:
            if way.target not in found:
                found.add(way.target)
                stack.append(way.target)
    return found
