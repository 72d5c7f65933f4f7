"""What a workspace can reach outside: told by the floor above, which has the connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeAlias
from uuid import UUID

Connections: TypeAlias = Mapping[str, str]
"""Name -> kind."""

_sources: list[Callable[[UUID], Connections]] = []


def tell_by(source: Callable[[UUID], Connections]) -> None:
    """Let `source` say which connections a workspace can use; once, when the site is set up."""
    _sources[:] = [source]


def known_connections(workspace_id: UUID) -> Connections | None:
    """Those of the workspace; None while nobody can tell."""
    return _sources[0](workspace_id) if _sources else None
