"""The site where every hint is lost: what its sockets show, they have looked for themselves."""

from __future__ import annotations

from typing import Any

from config.asgi import application
from runtime import hints


def _lose(group: str, message: dict[str, Any]) -> None:
    pass


hints._tell = _lose

__all__ = ["application"]
