"""Typed reading of settings and of what people send: JSON in, plain values out.

Settings are read leniently (they were checked against the schema when the flow was published);
what a person sends is read strictly and refused with the field's JSON pointer.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import NoReturn, TypeAlias

from flow.errors import EventRefusedError
from flow.graph import JsonObject, JsonValue, LocalText

Values: TypeAlias = Mapping[str, JsonValue]

_PLACEHOLDER = re.compile(r"\{\{ ?([a-z0-9_.]{1,80}) ?\}\}")
_BLANK = "____"
"""Stands for a variable that is not set, so a reader sees that something is missing."""


def text(values: Values, key: str, default: str = "") -> str:
    """Only a text, else `default`."""
    value = values.get(key)
    return value if isinstance(value, str) else default


def integer(values: Values, key: str, default: int = 0) -> int:
    """A number without its decimals; never a truth value."""
    value = values.get(key)
    return int(value) if isinstance(value, int | float) and not isinstance(value, bool) else default


def number(values: Values, key: str, default: float = 0.0) -> float:
    """A number as it is; never a truth value."""
    value = values.get(key)
    return value if isinstance(value, int | float) and not isinstance(value, bool) else default


def flag(values: Values, key: str) -> bool:
    """True only for `true`."""
    return values.get(key) is True


def texts(values: Values, key: str) -> tuple[str, ...]:
    """The texts of a list, others left out."""
    value = values.get(key)
    return tuple(one for one in value if isinstance(one, str)) if isinstance(value, list) else ()


def objects(values: Values, key: str) -> tuple[JsonObject, ...]:
    """The objects of a list, others left out."""
    value = values.get(key)
    return tuple(one for one in value if isinstance(one, dict)) if isinstance(value, list) else ()


def mapping(values: Values, key: str) -> JsonObject:
    """An object, else {}."""
    value = values.get(key)
    return value if isinstance(value, dict) else {}


def local(values: Values, key: str) -> JsonObject:
    """A text by locale; {} when it is not set."""
    return {tag: one for tag, one in mapping(values, key).items() if isinstance(one, str)}


def in_locale(texts_by_locale: Values | LocalText, locale: str) -> str:
    """The text for `locale`, else English, else ""."""
    chosen = texts_by_locale.get(locale) or texts_by_locale.get("en")
    return chosen if isinstance(chosen, str) else ""


def placed(template: str, value_of: Callable[[str], str]) -> str:
    """`template` with each `{{name}}` replaced by what `value_of` says of the name."""
    return _PLACEHOLDER.sub(lambda found: value_of(found.group(1)), template)


def filled(template: str, variables: Values) -> str:
    """`template` with each `{{name}}` replaced by the variable, or by a visible blank."""
    return placed(template, lambda name: _shown(variables.get(name)))


def _shown(value: JsonValue) -> str:
    if value is None or value == "" or isinstance(value, list | dict):
        return _BLANK
    if isinstance(value, bool):
        return "✓" if value else "✗"
    return str(value)


def refuse(field: str, message: str) -> NoReturn:
    """Refuse what a person sent because of `field` (a key of the action's data)."""
    raise EventRefusedError(reason="invalid_data", message=message, field=f"/{field}")


def sent_text(data: Values, key: str, *, at_least: int = 0, at_most: int = 200) -> str:
    """A text of a bounded length. Raises EventRefusedError."""
    value = data.get(key)
    if not isinstance(value, str) or not at_least <= len(value) <= at_most:
        refuse(key, f"{key} must be a text of {at_least} to {at_most} characters")
    return value


def sent_choice(data: Values, key: str, choices: tuple[str, ...]) -> str:
    """One of `choices`. Raises EventRefusedError."""
    value = data.get(key)
    if not isinstance(value, str) or value not in choices:
        refuse(key, f"{key} must be one of {', '.join(choices)}")
    return value


def sent_number(data: Values, key: str, *, at_most: float) -> float:
    """A number in 0..at_most. Raises EventRefusedError."""
    value = data.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value <= at_most:
        refuse(key, f"{key} must be a number between 0 and {at_most:g}")
    return value


def sent_flag(data: Values, key: str, *, default: bool | None = None) -> bool:
    """A truth value; `default` when it is missing. Raises EventRefusedError."""
    value = data.get(key, default)
    if not isinstance(value, bool):
        refuse(key, f"{key} must be true or false")
    return value
