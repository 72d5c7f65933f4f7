"""Variables that a node declares by its settings, and values that fit them."""

from __future__ import annotations

from collections.abc import Mapping

from components.catalogue.reading import Values, text
from flow.errors import ExpressionError
from flow.graph import JsonValue, Privacy, ValueType, Variable

_KINDS: Mapping[ValueType, tuple[type, ...]] = {
    ValueType.STRING: (str,),
    ValueType.INT: (int,),
    ValueType.NUMBER: (int, float),
    ValueType.BOOL: (bool,),
    ValueType.LIST: (list,),
    ValueType.OBJECT: (dict,),
}


def declared(setting: Values, outcomes: tuple[str, ...] = ()) -> Variable:
    """The variable that a setting with `name`, `type` and `privacy` declares."""
    return Variable(
        name=text(setting, "name"),
        type=type_of(setting),
        privacy=Privacy(text(setting, "privacy", Privacy.NONE)),
        outcomes=outcomes,
    )


def type_of(setting: Values) -> ValueType:
    """Text when the setting does not say."""
    return ValueType(text(setting, "type", ValueType.STRING))


def fitting(source: str, value: JsonValue, kind: ValueType) -> JsonValue:
    """`value`, when it is of the declared type. Raises ExpressionError naming its `source`."""
    is_number = kind in {ValueType.INT, ValueType.NUMBER}
    if not isinstance(value, _KINDS[kind]) or (is_number and isinstance(value, bool)):
        raise ExpressionError(source=source, message=f"does not give a {kind.value}")
    return value
