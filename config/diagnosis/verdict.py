"""What a check of the deployment comes to: one line, and how to mend what is wrong."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """`warn`: people would notice sooner or later. `fail`: something does not work or is unsafe."""

    OK = "ok"
    WARN = "warn"
    FAIL = "fail"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """`detail` holds no secret; `mend` is what a person does, empty when all is well."""

    name: str
    level: Level
    detail: str
    mend: str = ""


def ok(name: str, detail: str) -> Verdict:
    """All is well."""
    return Verdict(name=name, level=Level.OK, detail=detail)


def warn(name: str, detail: str, mend: str) -> Verdict:
    """People would notice sooner or later."""
    return Verdict(name=name, level=Level.WARN, detail=detail, mend=mend)


def fail(name: str, detail: str, mend: str) -> Verdict:
    """Something does not work, or is unsafe."""
    return Verdict(name=name, level=Level.FAIL, detail=detail, mend=mend)
