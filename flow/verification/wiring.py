"""Is it a flow at all: start, components, edges, boundaries, and a way to an end from each node."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator

from flow.graph import Boundary, BoundaryKind, LocalText, NodeId, Outcome
from flow.verification.finding import Finding, said
from flow.verification.groups import check_groups
from flow.verification.subject import Subject, path_to


def check_wiring(subject: Subject) -> Iterator[Finding]:
    """FLOW-01 … FLOW-06, FLOW-11, FLOW-15 and CORE-01."""
    yield from _start(subject)
    yield from _components(subject)
    yield from _edges(subject)
    yield from _outcomes(subject)
    yield from _boundaries(subject)
    yield from check_groups(subject.graph)
    yield from _unreached(subject)
    yield from _endless(subject)


def _start(subject: Subject) -> Iterator[Finding]:
    start = subject.graph.start
    if start not in subject.graph.nodes:
        yield Finding(rule="FLOW-01", message=said("The flow has no start.", "流程没有起点。"))
        return
    manifest = subject.manifest(start)
    if manifest is not None and not manifest.entry:
        en, zh = subject.title(start, "en"), subject.title(start, "zh-Hans")
        message = said(
            f"A flow cannot start with “{en}”: start with a step of the group Entry.",
            f"流程不能以“{zh}”开始，请以“入口”类步骤开始。",
        )
        yield Finding(rule="FLOW-02", message=message, node=start)


def _components(subject: Subject) -> Iterator[Finding]:
    for node in subject.graph.nodes.values():
        if node.id not in subject.components:
            what = f"{node.component} {node.version}"
            message = said(
                f"“{subject.title(node.id, 'en')}” uses {what}, which is not installed here.",
                f"“{subject.title(node.id, 'zh-Hans')}”使用的 {what} 未在此安装。",
            )
            yield Finding(rule="FLOW-03", message=message, node=node.id)


def _edges(subject: Subject) -> Iterator[Finding]:
    nodes = subject.graph.nodes
    for edge in subject.graph.edges:
        if edge.source not in nodes or edge.target not in nodes:
            message = said("A connection leads to a step that is gone.", "有连线指向已删除的步骤。")
            known = edge.source if edge.source in nodes else None
            yield Finding(rule="FLOW-04", message=message, node=known, outcome=edge.outcome)
        elif edge.source in subject.components and not _declares(
            subject, edge.source, edge.outcome
        ):
            en, zh = subject.title(edge.source, "en"), subject.title(edge.source, "zh-Hans")
            message = said(
                f"“{en}” no longer has the outcome “{edge.outcome}” that is connected here.",
                f"“{zh}”已没有此处连接的结果“{edge.outcome}”。",
            )
            yield Finding(rule="FLOW-05", message=message, node=edge.source, outcome=edge.outcome)


def _declares(subject: Subject, node: NodeId, outcome: str) -> bool:
    return outcome in subject.outcomes(node)


def _outcomes(subject: Subject) -> Iterator[Finding]:
    wires = Counter((edge.source, edge.outcome) for edge in subject.graph.edges)
    for node in subject.graph.nodes:
        for outcome in subject.outcomes(node).values():
            count = wires[(node, outcome.id)]
            if count != 1:
                yield _wired_wrong(subject, node, outcome, count)


def _wired_wrong(subject: Subject, node: NodeId, outcome: Outcome, count: int) -> Finding:
    en, zh = subject.title(node, "en"), subject.title(node, "zh-Hans")
    label, label_zh = subject.label(outcome, "en"), subject.label(outcome, "zh-Hans")
    if count == 0:
        message = said(
            f"The outcome “{label}” of “{en}” leads nowhere.",
            f"“{zh}”的结果“{label_zh}”没有接到任何步骤。",
        )
        path = path_to(node, subject.reached)
        return Finding(rule="CORE-01", message=message, node=node, outcome=outcome.id, path=path)
    message = said(
        f"The outcome “{label}” of “{en}” leads to {count} steps; one can be next.",
        f"“{zh}”的结果“{label_zh}”接到了 {count} 个步骤，只能接一个。",
    )
    return Finding(rule="FLOW-06", message=message, node=node, outcome=outcome.id)


def _boundaries(subject: Subject) -> Iterator[Finding]:
    seen: set[tuple[BoundaryKind, NodeId | None]] = set()
    for one in subject.graph.boundaries:
        where = one.scope if one.scope in subject.graph.nodes else None
        field = f"/boundaries/{one.kind.value}"
        for message in _faults(subject, one, seen):
            yield Finding(rule="FLOW-11", message=message, node=where, field=field)
        seen.add((one.kind, one.scope))


def _faults(
    subject: Subject, one: Boundary, seen: set[tuple[BoundaryKind, NodeId | None]]
) -> Iterator[LocalText]:
    name = _NAMES[one.kind]
    if one.target not in subject.graph.nodes:
        yield said(
            f"“{name['en']}” leads to a step that is gone.",
            f"“{name['zh-Hans']}”指向已删除的步骤。",
        )
    if one.scope is not None and not subject.nodes_of(one.scope):
        yield said(
            f"“{name['en']}” belongs to a step that is gone.",
            f"“{name['zh-Hans']}”所属的步骤已删除。",
        )
    if (one.kind, one.scope) in seen:
        yield said(
            f"“{name['en']}” is set twice for the same step.",
            f"同一步骤重复设置了“{name['zh-Hans']}”。",
        )
    has_limit = one.scope is None and "max_duration_s" in subject.graph.settings
    if one.kind is BoundaryKind.TIMEOUT and one.after_s == 0 and not has_limit:
        yield said(
            "A time limit of 0 seconds never acts: set how long it may last.",
            "0 秒的时限不会生效，请设置时长。",
        )


_NAMES = {
    BoundaryKind.CUSTOMER_DROP: {"en": "Customer drops", "zh-Hans": "客户掉线"},
    BoundaryKind.AGENT_DROP: {"en": "Agent drops", "zh-Hans": "柜员掉线"},
    BoundaryKind.WEAK_NETWORK: {"en": "Weak network", "zh-Hans": "网络不佳"},
    BoundaryKind.PROVIDER_ERROR: {"en": "A service fails", "zh-Hans": "外部服务出错"},
    BoundaryKind.SUPERVISOR: {"en": "Supervisor steps in", "zh-Hans": "主管介入"},
    BoundaryKind.TIMEOUT: {"en": "Time limit", "zh-Hans": "时限"},
}


def _unreached(subject: Subject) -> Iterator[Finding]:
    if subject.graph.start not in subject.graph.nodes:
        return
    for node in subject.graph.nodes:
        if node not in subject.reached:
            message = said(
                f"No way leads to “{subject.title(node, 'en')}”.",
                f"没有任何路径通向“{subject.title(node, 'zh-Hans')}”。",
            )
            yield Finding(rule="CORE-01", message=message, node=node)


def _endless(subject: Subject) -> Iterator[Finding]:
    """Reached nodes from which no outcome and no boundary of their own ever leads to an end."""
    ending = _can_end(subject)
    for node in subject.reached:
        if node not in ending and node in subject.components:
            message = said(
                f"From “{subject.title(node, 'en')}” no way leads to an end.",
                f"从“{subject.title(node, 'zh-Hans')}”出发没有通向结束的路径。",
            )
            path = path_to(node, subject.reached)
            yield Finding(rule="CORE-01", message=message, node=node, path=path)


def _can_end(subject: Subject) -> set[NodeId]:
    sources: dict[NodeId, list[NodeId]] = {node: [] for node in subject.graph.nodes}
    for ways in subject.ways.values():
        for way in ways:
            sources[way.target].append(way.source)
    ends = [node for node, one in subject.components.items() if one.manifest.end]
    found, queue = set(ends), deque(ends)
    while queue:
        for source in sources[queue.popleft()]:
            if source not in found:
                found.add(source)
                queue.append(source)
    return found
