"""Groups of steps: made of steps that exist, and either apart or one inside the other."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from flow.graph import Graph, Group
from flow.verification.finding import Finding, said


def check_groups(graph: Graph) -> Iterator[Finding]:
    """FLOW-15."""
    names = Counter(one.id for one in graph.groups)
    for index, one in enumerate(graph.groups):
        en, zh = _title(one)
        if names[one.id] > 1 or one.id in graph.nodes:
            yield _finding(
                f"“{en}” has the name of another step or group.", f"“{zh}”与其他步骤或分组重名。"
            )
        if not one.nodes or any(node not in graph.nodes for node in one.nodes):
            yield _finding(
                f"The group “{en}” is empty or holds a step that is gone.",
                f"分组“{zh}”为空或包含已删除的步骤。",
            )
        for other in graph.groups[index + 1 :]:
            if _overlap(one, other):
                yield _finding(
                    f"The groups “{en}” and “{_title(other)[0]}” share some steps and not others.",
                    f"分组“{zh}”与“{_title(other)[1]}”部分重叠。",
                )


def _overlap(one: Group, other: Group) -> bool:
    mine, theirs = set(one.nodes), set(other.nodes)
    return bool(mine & theirs) and not (mine <= theirs or theirs <= mine)


def _title(group: Group) -> tuple[str, str]:
    en = group.title.get("en") or group.id
    return en, group.title.get("zh-Hans") or en


def _finding(en: str, zh: str) -> Finding:
    return Finding(rule="FLOW-15", message=said(en, zh))
