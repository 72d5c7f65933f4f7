"""Which version of the software this is, as its project file says."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).parents[2] / "pyproject.toml"


@cache
def version() -> str:
    """Empty where the project file did not come along."""
    try:
        told = tomllib.loads(PROJECT.read_text(encoding="utf-8"))
    except OSError:
        return ""
    return str(told["project"]["version"])
