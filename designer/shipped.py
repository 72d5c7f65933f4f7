"""The flows we ship to start from: data in `templates/flows/`, read once."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from designer.errors import UnknownTemplateError
from flow.graph import JsonObject, LocalText

FOLDER = Path(__file__).parent / "templates" / "flows"


@dataclass(frozen=True, slots=True, kw_only=True)
class Template:
    """A flow to start from. `graph` is a `graph/1` document."""

    key: str
    title: LocalText
    summary: LocalText
    graph: JsonObject
    layout: JsonObject
    calls: tuple[str, ...] = ()
    """Shipped flows that it calls, by key; whoever begins it gets those too."""


@cache
def all_templates() -> Mapping[str, Template]:
    """Every shipped template by its key, in order of file name."""
    found = (_read(path) for path in sorted(FOLDER.glob("*.json")))
    return {one.key: one for one in found}


def get_template(key: str) -> Template:
    """Raises UnknownTemplateError."""
    template = all_templates().get(key)
    if template is None:
        raise UnknownTemplateError(key=key)
    return template


def _read(path: Path) -> Template:
    document = json.loads(path.read_text(encoding="utf-8"))
    return Template(
        key=document.get("key", path.stem),
        title=document["title"],
        summary=document["summary"],
        graph=document["graph"],
        layout=document.get("layout", {}),
        calls=tuple(document.get("calls", ())),
    )
