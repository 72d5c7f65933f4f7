"""What a newer version of a component changes for the flows that use it, by their manifests.

Pure. A flow was drawn for the old face: whatever it may lean on and is gone or asks for more makes
a major version; what only adds makes a minor one. What a component may do and could not before has
to be agreed to again, whatever the version says.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Any

Face = Mapping[str, Any]
"""A `component/1` manifest."""

WIDER = frozenset({("int", "number"), ("integer", "number")})
LEAST = ("minimum", "exclusiveMinimum", "minLength", "minItems")
MOST = ("maximum", "exclusiveMaximum", "maxLength", "maxItems")
SHAPE = ("kind", "span", "closes", "entry", "end", "bounded", "splits", "joins", "calls", "called")
AGREED = (
    ("permissions",),
    ("egress",),
    ("secrets",),
    ("media", "requires"),
    ("media", "operations"),
)
"""Where a manifest says what a component may do."""
PRIVACY = ("none", "personal", "special", "secret")


class Level(IntEnum):
    """Which number of the version has to grow."""

    PATCH = 0
    MINOR = 1
    MAJOR = 2


class What(StrEnum):
    """What happened to a part of the face."""

    GONE = "gone"
    NEW = "new"
    NEW_WITHOUT_FALLBACK = "new_without_fallback"
    NEW_WITHOUT_DEFAULT = "new_without_default"
    OTHER_TYPE = "other_type"
    OTHER_MEANING = "other_meaning"
    NARROWER = "narrower"
    WIDER = "wider"
    LESS_SURE = "less_sure"
    LESS_PRIVATE = "less_private"
    ASKS_FOR_MORE = "asks_for_more"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One difference; `where` names the part, "outcomes/expired" say."""

    level: Level
    what: What
    where: str
    must_be_agreed: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """All differences, the gravest first."""

    changes: tuple[Change, ...]

    @property
    def level(self) -> Level:
        return max((one.level for one in self.changes), default=Level.PATCH)

    @property
    def to_agree(self) -> tuple[Change, ...]:
        """What somebody has to agree to before it is used."""
        return tuple(one for one in self.changes if one.must_be_agreed)


def compare(old: Face, new: Face) -> Comparison:
    """What `new` changes for whoever uses `old`."""
    found = [
        *_outcomes(old, new),
        *_outputs(old["outputs"], new["outputs"]),
        *_inputs(old["inputs"], new["inputs"]),
        *_settings(old["config"], new["config"]),
        *_shape(old, new),
        *_agreements(old, new),
    ]
    return Comparison(changes=tuple(sorted(found, key=lambda one: (-one.level, one.where))))


def level_of(old: str, new: str) -> Level | None:
    """By how much a version has grown; None when it has not."""
    before, after = ([int(part) for part in version.split(".")] for version in (old, new))
    if after <= before:
        return None
    first = next(place for place in range(3) if before[place] != after[place])
    return (Level.MAJOR, Level.MINOR, Level.PATCH)[first]


def _outcomes(old: Face, new: Face) -> Iterator[Change]:
    before = {one["id"]: one for one in old["outcomes"]}
    after = {one["id"]: one for one in new["outcomes"]}
    for name in before.keys() - after.keys():
        yield _change(Level.MAJOR, What.GONE, "outcomes", name)
    for name in after.keys() - before.keys():
        if after[name].get("fallback") in before:
            yield _change(Level.MINOR, What.NEW, "outcomes", name)
        else:
            yield _change(Level.MAJOR, What.NEW_WITHOUT_FALLBACK, "outcomes", name)
    for name in before.keys() & after.keys():
        if before[name]["polarity"] != after[name]["polarity"]:
            yield _change(Level.MAJOR, What.OTHER_MEANING, "outcomes", name)


def _outputs(old: Face, new: Face) -> Iterator[Change]:
    for name in old.keys() - new.keys():
        yield _change(Level.MAJOR, What.GONE, "outputs", name)
    for name in new.keys() - old.keys():
        yield _change(Level.MINOR, What.NEW, "outputs", name)
    for name in old.keys() & new.keys():
        before, after = old[name], new[name]
        # a flow may compare or pass on what comes: whole numbers may come where any did
        if before["type"] != after["type"] and (after["type"], before["type"]) not in WIDER:
            yield _change(Level.MAJOR, What.OTHER_TYPE, "outputs", name)
        if "on" in after and not set(before.get("on", ("",))) <= set(after["on"]):
            yield _change(Level.MAJOR, What.LESS_SURE, "outputs", name)
        if PRIVACY.index(after["privacy"]) < PRIVACY.index(before["privacy"]):
            yield Change(
                level=Level.MAJOR,
                what=What.LESS_PRIVATE,
                where=f"outputs/{name}",
                must_be_agreed=True,
            )


def _inputs(old: Face, new: Face) -> Iterator[Change]:
    for name in old.keys() - new.keys():
        yield _change(Level.MINOR, What.GONE, "inputs", name)
    for name in new.keys() - old.keys():
        yield _change(Level.MAJOR, What.ASKS_FOR_MORE, "inputs", name)
    for name in old.keys() & new.keys():
        before, after = old[name]["type"], new[name]["type"]
        if (before, after) in WIDER:
            yield _change(Level.MINOR, What.WIDER, "inputs", name)
        elif before != after:
            yield _change(Level.MAJOR, What.OTHER_TYPE, "inputs", name)


def _settings(old: Face, new: Face) -> Iterator[Change]:
    before, after = old["schema"]["properties"], new["schema"]["properties"]
    moved = {name for one in new["migrations"] for name in one.get("rename", {})}
    given = {name for one in new["migrations"] for name in one.get("default", {})}
    given |= {name for one in new["migrations"] for name in one.get("rename", {}).values()}
    mapped = {name for one in new["migrations"] for name in one.get("map", {})}
    for name in before.keys() - after.keys() - moved:
        yield _change(Level.MAJOR, What.GONE, "config", name)
    for name in after.keys() - before.keys():
        is_free = name not in new["schema"].get("required", ())
        if is_free or name in given or name in new["defaults"]:
            yield _change(Level.MINOR, What.NEW, "config", name)
        else:
            yield _change(Level.MAJOR, What.NEW_WITHOUT_DEFAULT, "config", name)
    for name in (before.keys() & after.keys()) - mapped:
        yield from _values(before[name], after[name], f"config/{name}")
    was, must = (set(one["schema"].get("required", ())) for one in (old, new))
    for name in ((must - was) & before.keys()) - given - new["defaults"].keys():
        yield _change(Level.MAJOR, What.NEW_WITHOUT_DEFAULT, "config", name)


def _values(old: Face, new: Face, where: str) -> Iterator[Change]:
    """Whether everything that was allowed in one place still is."""
    before, after = old.get("type"), new.get("type")
    if before != after and (before, after) not in WIDER and after is not None:
        yield Change(level=Level.MAJOR, what=What.OTHER_TYPE, where=where)
        return
    allowed, allows = _choices(old), _choices(new)
    if allows is not None and (allowed is None or not allowed <= allows):
        yield Change(level=Level.MAJOR, what=What.NARROWER, where=where)
    elif allowed is not None and allowed != allows:
        yield Change(level=Level.MINOR, what=What.WIDER, where=where)
    if any(_is_tighter(old, new, name) for name in (*LEAST, *MOST)) or _has_new_pattern(old, new):
        yield Change(level=Level.MAJOR, what=What.NARROWER, where=where)
    if isinstance(old.get("items"), Mapping) and isinstance(new.get("items"), Mapping):
        yield from _values(old["items"], new["items"], f"{where}/items")
    for name in _properties(old).keys() & _properties(new).keys():
        yield from _values(_properties(old)[name], _properties(new)[name], f"{where}/{name}")
    for name in _properties(old).keys() - _properties(new).keys():
        yield Change(level=Level.MAJOR, what=What.GONE, where=f"{where}/{name}")


def _choices(schema: Face) -> set[str] | None:
    """The values that are allowed, each as text; None: not by a list."""
    if "enum" in schema:
        return {repr(one) for one in schema["enum"]}
    listed = schema.get("oneOf", ())
    if listed and all("const" in one for one in listed):
        return {repr(one["const"]) for one in listed}
    return {repr(schema["const"])} if "const" in schema else None


def _is_tighter(old: Face, new: Face, name: str) -> bool:
    if name not in new:
        return False
    if name not in old:
        return True
    return bool(new[name] > old[name] if name in LEAST else new[name] < old[name])


def _has_new_pattern(old: Face, new: Face) -> bool:
    """Whether two patterns allow the same nobody can say, so another one counts as narrower."""
    return any(name in new and old.get(name) != new[name] for name in ("pattern", "format"))


def _properties(schema: Face) -> Mapping[str, Face]:
    found: Mapping[str, Face] = schema.get("properties", {})
    return found


def _shape(old: Face, new: Face) -> Iterator[Change]:
    for name in SHAPE:
        if (old.get(name) or None) != (new.get(name) or None):
            yield Change(level=Level.MAJOR, what=What.OTHER_MEANING, where=name)
    for name in sorted(set(new["requires"]) - set(old["requires"])):
        yield _change(Level.MAJOR, What.ASKS_FOR_MORE, "requires", name)
    for name in sorted(set(old["provides"]) - set(new["provides"])):
        yield _change(Level.MAJOR, What.GONE, "provides", name)
    for name in sorted(set(old["evidence"]) - set(new["evidence"])):
        yield _change(Level.MAJOR, What.GONE, "evidence", name)
    for role in old["panels"].keys() - new["panels"].keys():
        yield _change(Level.MAJOR, What.GONE, "panels", role)
    for role in new["panels"].keys() - old["panels"].keys():
        yield _change(Level.MINOR, What.NEW, "panels", role)


def _agreements(old: Face, new: Face) -> Iterator[Change]:
    for path in AGREED:
        for name in sorted(set(_listed(new, path)) - set(_listed(old, path))):
            yield Change(
                level=Level.MINOR,
                what=What.ASKS_FOR_MORE,
                where="/".join((*path, name)),
                must_be_agreed=True,
            )


def _listed(face: Face, path: Sequence[str]) -> Sequence[str]:
    found: Any = face
    for part in path:
        found = found.get(part, ())
    return tuple(found)


def _change(level: Level, what: What, part: str, name: str) -> Change:
    return Change(level=level, what=what, where=f"{part}/{name}")
