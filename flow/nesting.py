"""The view of a run with the views of its sub-flows in it: one screen for the whole family.

What belongs to a sub-flow bears its mark, `<mark>/<id>`: so ids never meet, and whoever takes an
action on one finds the run that has it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from flow.graph import JsonObject, JsonValue

MARK_END = "/"


@dataclass(frozen=True, slots=True, kw_only=True)
class Nested:
    """The view of a sub-flow's run, its own sub-flows in it already."""

    run: str
    mark: str
    activity: str
    """The activity of its caller that waits for it."""
    view: JsonObject


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """The steps of a sub-flow that has ended."""

    mark: str
    activity: str
    steps: Sequence[JsonObject]


def nest(view: JsonObject, inner: Sequence[Nested], past: Sequence[Past] = ()) -> JsonObject:
    """The view with what `inner` shows; people, room and ending stay those of the view.

    Steps the run is not at hold those of the sub-flow that ran in their place last, of `past`.
    """
    for gone in past:
        view = {**view, "steps": [_past_step(step, gone) for step in _objects(view, "steps")]}
    for one in inner:
        view = {
            **view,
            "steps": [_step(step, one) for step in _objects(view, "steps")],
            "activities": [
                *_objects(view, "activities"),
                *_marked(one, "activities", "id", "node"),
            ],
            "spans": [*_objects(view, "spans"), *_marked(one, "spans", "activity")],
            "early": [*_objects(view, "early"), *_objects(one.view, "early")],
            "other": one.view["other"] or view["other"],
            "incident": view["incident"] or _incident(one),
        }
    return view


def split_mark(marked: str) -> tuple[str, str]:
    """The mark ("" for the run at the top) and the id of what is shown as `marked`."""
    mark, _, plain = marked.rpartition(MARK_END)
    return mark, plain


def _step(step: JsonObject, inner: Nested) -> JsonValue:
    """The step in whose place the sub-flow runs holds its steps."""
    node = inner.activity.rpartition(".")[0]
    if step["node"] != node or step["state"] != "current":
        return step
    return {**step, "steps": [*_marked(inner, "steps", "node")]}


def _past_step(step: JsonObject, past: Past) -> JsonValue:
    """One that is done, or has been and may come again."""
    if step["node"] != past.activity.rpartition(".")[0] or step["state"] == "current":
        return step
    return {**step, "steps": [*_with_marks(past.mark, past.steps, "node")]}


def _marked(inner: Nested, name: str, *ids: str) -> Iterator[JsonValue]:
    return _with_marks(inner.mark, _objects(inner.view, name), *ids)


def _with_marks(mark: str, shown: Sequence[JsonObject], *ids: str) -> Iterator[JsonValue]:
    for one in shown:
        yield {**one, **{key: _with_mark(mark, one[key]) for key in ids}}


def _with_mark(mark: str, value: JsonValue) -> JsonValue:
    """What a sub-flow of a sub-flow shows has a mark already."""
    return value if not isinstance(value, str) or MARK_END in value else f"{mark}{MARK_END}{value}"


def _incident(inner: Nested) -> JsonValue:
    incident = inner.view["incident"]
    if not isinstance(incident, dict):
        return None
    return {"run": inner.run, **incident, "node": _with_mark(inner.mark, incident["node"])}


def _objects(view: JsonObject, name: str) -> list[JsonObject]:
    value = view[name]
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []
