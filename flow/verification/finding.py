"""What verification says, in words of the business, with the way that leads there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

from flow.graph import LocalText, NodeId

Severity: TypeAlias = Literal["error", "warning"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """An error forbids publishing, a warning does not."""

    rule: str
    """Stable id: `CORE-…` are rules every service keeps, `FLOW-…` the grammar of the language."""
    severity: Severity = "error"
    message: LocalText
    node: NodeId | None = None
    outcome: str | None = None
    field: str | None = None
    """JSON pointer into the node's config; `/boundaries/<kind>` for a boundary of `node`, or of the
    whole flow; `/settings/<key>` for a setting of the flow."""
    path: tuple[NodeId, ...] = ()
    """Witness: the nodes of a way that shows it, or of a loop."""


def said(en: str, zh: str) -> LocalText:
    """A message in both languages."""
    return {"en": en, "zh-Hans": zh}
