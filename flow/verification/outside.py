"""Does the workspace have the connections that a flow's steps name.

A setting marked `x-connection` in its component's schema names one; the mark lists the kinds that
will do. Which there are is told by whoever asks (`Neighbours.connections`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from flow.graph import JsonObject, JsonValue, Node
from flow.shapes import member
from flow.verification.finding import Finding, said
from flow.verification.subject import Subject


def check_connections(subject: Subject) -> Iterator[Finding]:
    """FLOW-19."""
    if subject.neighbours.connections is None:
        return
    for node in subject.graph.nodes.values():
        manifest = subject.manifest(node.id)
        if manifest is not None:
            yield from _check(subject, node, manifest.config_schema)


def named_connections(
    schema: JsonObject, config: Mapping[str, JsonValue]
) -> Iterator[tuple[str, str, list[JsonValue]]]:
    """(setting, the connection it names, the kinds that will do) of a step with this config."""
    settings = schema.get("properties")
    for key, setting in settings.items() if isinstance(settings, dict) else ():
        kinds = setting.get("x-connection") if isinstance(setting, dict) else None
        name = config.get(key)
        if isinstance(kinds, list) and isinstance(name, str) and name:
            yield key, name, kinds


def _check(subject: Subject, node: Node, schema: JsonObject) -> Iterator[Finding]:
    known = subject.neighbours.connections or {}
    for key, name, kinds in named_connections(schema, node.config):
        if known.get(name) not in kinds:
            yield _finding(subject, node, key, name, is_there=name in known)


def _finding(subject: Subject, node: Node, key: str, name: str, *, is_there: bool) -> Finding:
    en, zh = (
        ("which is of another kind", "但它的类型不符")
        if is_there
        else ("which is not there or switched off", "但它不存在或已停用")
    )
    message = said(
        f"“{subject.title(node.id, 'en')}” uses the connection “{name}”, {en}.",
        f"“{subject.title(node.id, 'zh-Hans')}”使用连接“{name}”，{zh}。",
    )
    return Finding(rule="FLOW-19", message=message, node=node.id, field=member("", key))
