"""The other flows of a workspace as far as a flow that calls them must know them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from flow.graph import Variable


@dataclass(frozen=True, slots=True, kw_only=True)
class Callee:
    """A published flow as its callers see it; made by `flow.verification.calls.callee_of`."""

    key: str
    is_called: bool
    """Whether it begins with a step for flows that are called."""
    inputs: tuple[Variable, ...] = ()
    """What every caller must give it."""
    needs: tuple[str, ...] = ()
    """What must hold when it is called: "agent", "room", "recording"."""
    returns: Mapping[str, Variable] = field(default_factory=dict)
    """What is surely set whenever it ends in success."""
    calls: frozenset[str] = frozenset()
    """Keys of the flows it calls, and of those that these call."""
    depth: int = 1
    """Runs within one another when it runs, itself among them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Neighbours:
    """What is around the flow under verification."""

    key: str = ""
    """Its own; "" while it has none."""
    callees: Mapping[str, Callee] = field(default_factory=dict)
    """By key: those of the flows it calls that are published."""
    connections: Mapping[str, str] | None = None
    """Name -> kind of the connections its workspace can use; None where nobody knows them."""
