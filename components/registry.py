"""(key, version) -> Component: reads and checks the manifests, joins each to its behaviour."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from pathlib import Path
from typing import Any, TypeAlias

from jsonschema import Draft202012Validator

from components.catalogue.plain import PlainBehaviour
from components.errors import FaultyManifestError
from flow.component import Component, Manifest
from flow.errors import UnknownComponentError
from flow.graph import Graph, JsonObject, NodeId, Outcome, Polarity, Privacy, ValueType, Variable

CATALOGUE = Path(__file__).parent / "catalogue"
MANIFEST_SCHEMA = Path(__file__).parent / "manifest.schema.json"

ComponentKey: TypeAlias = tuple[str, str]
"""Key and version, e.g. ("consent.ask", "1.0.0")."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A component with what only the designer needs of it."""

    component: Component
    icon: str
    """SVG text."""
    defaults: JsonObject
    """Settings of a node just dropped on the canvas."""


@cache
def catalogue() -> Mapping[ComponentKey, Component]:
    """Every component by key and version."""
    return {key: one.component for key, one in entries().items()}


def get_component(key: str, version: str) -> Component:
    """Raises UnknownComponentError."""
    return get_entry(key, version).component


def get_entry(key: str, version: str) -> Entry:
    """Raises UnknownComponentError."""
    found = entries().get((key, version))
    if found is None:
        raise UnknownComponentError(component=key, version=version)
    return found


def components_of(graph: Graph) -> dict[NodeId, Component]:
    """The component of each node, for the interpreter's `bind`; unknown ones are left out."""
    known = catalogue()
    return {
        node.id: known[(node.component, node.version)]
        for node in graph.nodes.values()
        if (node.component, node.version) in known
    }


@cache
def entries() -> Mapping[ComponentKey, Entry]:
    """The same with what the designer needs, sorted by key; read from the folders at first use."""
    folders = sorted(path.parent for path in CATALOGUE.glob("*/*/manifest.json"))
    found = [read_entry(folder) for folder in folders]
    return {(one.component.manifest.key, one.component.manifest.version): one for one in found}


def read_entry(folder: Path) -> Entry:
    """The component in `folder`. Raises FaultyManifestError naming the first thing wrong."""
    document = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
    check_manifest(document)
    manifest = manifest_from(document)
    defaults: JsonObject = document["config"]["defaults"]
    behaviour = _behaviour_class(folder, document)(
        outcomes=manifest.outcomes, outputs=_outputs_from(document), defaults=defaults
    )
    return Entry(
        component=Component(manifest=manifest, behaviour=behaviour),
        icon=(folder / document["icon"]).read_text(encoding="utf-8").strip(),
        defaults=defaults,
    )


def check_manifest(document: JsonObject) -> None:
    """Raises FaultyManifestError unless the document is a `component/1` whose own parts agree."""
    for error in _manifest_validator().iter_errors(document):
        raise FaultyManifestError(path=_pointer(error.absolute_path), message=error.message)
    config: Any = document["config"]
    Draft202012Validator.check_schema(config["schema"])
    partial = {**config["schema"], "required": []}
    for error in Draft202012Validator(partial).iter_errors(config["defaults"]):
        if error.validator not in {"minItems", "required"}:
            path = f"/config/defaults{_pointer(error.absolute_path)}"
            raise FaultyManifestError(path=path, message=error.message)


def manifest_from(document: Mapping[str, Any]) -> Manifest:
    """The face of a checked `component/1` document."""
    return Manifest(
        key=document["key"],
        version=document["version"],
        group=document["group"],
        title=document["title"],
        summary=document["summary"],
        outcomes=tuple(
            Outcome(id=one["id"], polarity=Polarity(one["polarity"]), label=one["label"])
            for one in document["outcomes"]
        ),
        config_schema=document["config"]["schema"],
        panels={role: one["kind"] for role, one in document["panels"].items()},
        span=document["span"],
        closes=document["closes"],
        entry=document["entry"],
        end=document["end"],
        bounded=document["bounded"],
        splits=document.get("splits", False),
        joins=document.get("joins", False),
        calls=document.get("calls", False),
        called=document.get("called", False),
        compensation=document.get("compensation"),
        requires=tuple(document["requires"]),
        provides=tuple(document["provides"]),
        evidence=tuple(document["evidence"]),
    )


def _outputs_from(document: Mapping[str, Any]) -> tuple[Variable, ...]:
    return tuple(
        Variable(
            name=name,
            type=ValueType(one["type"]),
            privacy=Privacy(one["privacy"]),
            outcomes=tuple(one.get("on", ())),
        )
        for name, one in document["outputs"].items()
    )


def _behaviour_class(folder: Path, document: Mapping[str, Any]) -> type[PlainBehaviour]:
    """The class named by the manifest, in `behaviour.py` beside it."""
    module = import_module(f"components.catalogue.{folder.parent.name}.{folder.name}.behaviour")
    name: str = document["runtime"]["behaviour"]
    found = getattr(module, name, None)
    if not (isinstance(found, type) and issubclass(found, PlainBehaviour)):
        raise FaultyManifestError(path="/runtime/behaviour", message=f"no behaviour {name!r}")
    return found


@cache
def _manifest_validator() -> Draft202012Validator:
    return Draft202012Validator(json.loads(MANIFEST_SCHEMA.read_text(encoding="utf-8")))


def _pointer(path: Any) -> str:
    return "".join(f"/{part}" for part in path)
