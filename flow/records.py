"""Frozen records as `dataclasses` has them, but made and replaced many times sooner.

A step makes some twenty records and changes the state of its run some ten times, and the library's
own sets each field by a call. A record without slots keeps its fields in one dict, which can be
filled and copied as a whole.
"""

from __future__ import annotations

import dataclasses
from typing import TYPE_CHECKING, TypeVar

__all__ = ["amend", "quick", "replace"]

T = TypeVar("T")

if TYPE_CHECKING:  # by this name the checker knows what may be replaced by what
    from dataclasses import replace
    from dataclasses import replace as amend
else:

    def amend(record, /, **changes):
        """Change these fields of a record without slots that nobody else has seen yet."""
        record.__dict__.update(changes)

    def replace(record, /, **changes):
        """A copy of `record` with these fields changed."""
        try:
            members = record.__dict__
        except AttributeError:
            return dataclasses.replace(record, **changes)
        copy = object.__new__(record.__class__)
        copy.__dict__.update(members, **changes)
        return copy


def quick(kind: type[T]) -> type[T]:
    """Makes the records of a class sooner: over `@dataclass(frozen=True, kw_only=True)`."""
    known: dict[str, object] = {"unsaid": object()}
    taken, kept = [], []
    for one in dataclasses.fields(kind):  # type: ignore[arg-type]
        given = name = one.name
        if one.default_factory is not dataclasses.MISSING:
            known[f"make_{name}"] = one.default_factory
            taken.append(f"{name}=unsaid")
            given = f"make_{name}() if {name} is unsaid else {name}"
        elif one.default is not dataclasses.MISSING:
            known[f"plain_{name}"] = one.default
            taken.append(f"{name}=plain_{name}")
        else:
            taken.append(name)
        kept.append(f" members[{name!r}] = {given}")
    head = f"def __init__(self, *, {', '.join(taken)}):"
    lines = [head, " members = self.__dict__", *kept]
    exec("\n".join(lines), known)  # noqa: S102 - made of the names of our own fields alone
    kind.__init__ = known["__init__"]  # type: ignore[assignment]
    return kind
