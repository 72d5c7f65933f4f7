"""Can a live run go on under another version of its flow: what would be lost or have no meaning.

Checked against the run's state as it is, not against every state it could be in: most changes of a
flow harm nobody who is not standing right there.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flow.graph import NodeId, Privacy
from flow.interpreter.bound import BoundGraph
from flow.state import ActivityState, RunState, RunStatus
from flow.verification.finding import Finding, said

NodeMap = Mapping[NodeId, NodeId]
"""Node of the old version -> node of the new one; a node that is left out keeps its id."""


def migration_findings(
    old: BoundGraph, new: BoundGraph, state: RunState, nodes: NodeMap
) -> tuple[Finding, ...]:
    """Why the run cannot go on under `new`; without findings it can."""
    return tuple(_findings(old, new, state, nodes))


def guess_nodes(old: BoundGraph, new: BoundGraph) -> NodeMap:
    """What renamed nodes are probably called now: the only one alike among those that are new.

    Alike is a node of the same component with the same title and settings, else with one of both,
    else any. Where two would do, none is guessed.
    """
    gone = [one for one in old.graph.nodes if one not in new.graph.nodes]
    fresh = [one for one in new.graph.nodes if one not in old.graph.nodes]
    guessed: dict[NodeId, NodeId] = {}
    for likeness in (3, 2, 1):
        for source in (one for one in gone if one not in guessed):
            free = [one for one in fresh if one not in guessed.values()]
            alike = [one for one in free if _likeness(old, source, new, one) >= likeness]
            if len(alike) == 1:
                guessed[source] = alike[0]
    return guessed


def _likeness(old: BoundGraph, source: NodeId, new: BoundGraph, target: NodeId) -> int:
    before, after = old.graph.nodes[source], new.graph.nodes[target]
    if (before.component, before.version) != (after.component, after.version):
        return 0
    return 1 + (before.title == after.title) + (before.config == after.config)


def _findings(
    old: BoundGraph, new: BoundGraph, state: RunState, nodes: NodeMap
) -> Iterator[Finding]:
    if state.status is not RunStatus.OPEN:
        yield _found(
            "Only a run that is open and going on can be moved to another version.",
            "只有进行中的办理才能切换到其他版本。",
        )
        return
    yield from _unknown(old, new, nodes)
    for activity in state.activities.values():
        yield from _standing(old, new, activity, nodes)
    for fork, one in state.forks.items():
        yield from _splitting(old, new, NodeId(fork.rpartition(".")[0]), one.branches)
    yield from _undoing(old, new, state, nodes)
    yield from _variables(new, state)
    yield from _exposed(old, new, state)


def _unknown(old: BoundGraph, new: BoundGraph, nodes: NodeMap) -> Iterator[Finding]:
    """Entries of the map that name nothing, and two steps that would become one."""
    targets: dict[NodeId, NodeId] = {}
    for source in old.graph.nodes:
        target = nodes.get(source, source)
        if target in targets and target in new.graph.nodes:
            en, zh = _named(target, new)
            yield _found(
                f"Two steps would become {en} at once.", f"两个步骤会同时对应{zh}。", target
            )
        targets[target] = source
    for source in (one for one, target in nodes.items() if one != target):
        if source in new.graph.nodes:
            (en, zh), (en_to, zh_to) = _named(source, old), _named(nodes[source], new, old)
            yield _found(
                f"{en} would become {en_to}, but the new version still has that step itself.",
                f"{zh}将对应{zh_to}，但新版本中仍有该步骤本身。",
                source,
            )
    for source, target in nodes.items():
        if source not in old.graph.nodes or target not in new.graph.nodes:
            (en, zh), (en_to, zh_to) = _named(source, old), _named(target, new, old)
            yield _found(
                f"{en} cannot become {en_to}: one of them does not exist.",
                f"{zh}无法对应{zh_to}：其中之一不存在。",
                source,
            )


def _standing(
    old: BoundGraph, new: BoundGraph, activity: ActivityState, nodes: NodeMap
) -> Iterator[Finding]:
    """An active step goes on with its own data, so it must be the same kind of step."""
    node = nodes.get(activity.node, activity.node)
    en, zh = _named(activity.node, old)
    if node not in new.graph.nodes:
        yield _found(
            f"The run is at {en}, which the new version does not have.",
            f"当前步骤{zh}在新版本中不存在。",
            activity.node,
        )
        return
    before, after = old.graph.nodes[activity.node], new.graph.nodes[node]
    if (before.component, before.version) != (after.component, after.version):
        yield _found(
            f"The run is at {en}, which is another kind of step in the new version.",
            f"当前步骤{zh}在新版本中是另一类步骤。",
            activity.node,
        )


def _splitting(
    old: BoundGraph, new: BoundGraph, split: NodeId, branches: tuple[str, ...]
) -> Iterator[Finding]:
    """Branches under way must be those of the same split, or a join would wait for ever.

    The fork bears the split's name, so a split with branches under way keeps it.
    """
    found = split in new.graph.nodes and new.components[split].manifest.splits
    if not found or tuple(new.outcomes(split)) != branches:
        en, zh = _named(split, old)
        yield _found(
            f"Branches of {en} are under way, and the new version has others.",
            f"{zh}的并行分支正在进行，新版本的分支与之不同。",
            split,
        )


def _undoing(
    old: BoundGraph, new: BoundGraph, state: RunState, nodes: NodeMap
) -> Iterator[Finding]:
    for done in state.done:
        node = nodes.get(done.node, done.node)
        kept = node in new.graph.nodes and new.components[node].manifest.compensation
        if kept != done.operation:
            en, zh = _named(done.node, old)
            yield _found(
                f"{en} has done something the new version does not know how to undo.",
                f"{zh}已办理的内容在新版本中无法撤销。",
                done.node,
            )


def _variables(new: BoundGraph, state: RunState) -> Iterator[Finding]:
    """Values keep their types; a variable the new version does not know is simply not read."""
    for name, value in state.variables.items():
        kind = new.types.get(name)
        if kind is not None and value is not None and not is_of_type(kind.value, value):
            yield _found(
                f"“{name}” is of another type in the new version.",
                f"变量“{name}”在新版本中的类型不同。",
            )


def _exposed(old: BoundGraph, new: BoundGraph, state: RunState) -> Iterator[Finding]:
    """What was guarded stays guarded; a variable the new version does not know is `personal`."""
    order = list(Privacy)
    for name, value in state.variables.items():
        before, after = old.variables.get(name), new.variables.get(name)
        if value is None or before is None:
            continue
        then = after.privacy if after is not None else Privacy.PERSONAL
        if order.index(then) < order.index(before.privacy):
            yield _found(
                f"“{name}” is kept less carefully in the new version.",
                f"变量“{name}”在新版本中的保护级别降低。",
            )


def is_of_type(kind: str, value: object) -> bool:
    """Whether the JSON value is one of a variable of that type."""
    if isinstance(value, bool):
        return kind == "bool"
    kinds: Mapping[str, tuple[type, ...]] = {
        "string": (str,),
        "int": (int,),
        "number": (int, float),
        "list": (list,),
        "object": (dict,),
    }
    return isinstance(value, kinds.get(kind, ()))


def _named(node: NodeId, *versions: BoundGraph) -> tuple[str, str]:
    """What people call the step, in quotes: its title in the first of the versions that has it.

    The id stands beside a title that another step of that version has too.
    """
    bound = next((one for one in versions if node in one.graph.nodes), None)
    if bound is None:
        return f"“{node}”", f"“{node}”"
    title = bound.title(node)
    en = title.get("en") or node
    is_shared = any(bound.title(one) == title for one in bound.graph.nodes if one != node)
    beside_en, beside_zh = (f" ({node})", f"（{node}）") if is_shared else ("", "")
    return f"“{en}”{beside_en}", f"“{title.get('zh-Hans') or en}”{beside_zh}"


def _found(en: str, zh: str, node: NodeId | None = None) -> Finding:
    return Finding(rule="MIGRATE-01", message=said(en, zh), node=node)
