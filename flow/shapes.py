"""JSON <-> frozen dataclasses by their declared field types; knows no word of the flow language.

A reader and a writer are made once for each class, so that neither costs reflection. What a field
type can be: text, whole number, number, truth, None beside another, a list of one type, a map from
text, one of several words, an enum, another dataclass, or any JSON.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import (
    Literal,
    NewType,
    TypeAlias,
    TypeVar,
    Union,
    cast,
    get_args,
    get_origin,
    get_type_hints,
)

from flow.errors import MalformedDocumentError
from flow.graph import JsonObject, JsonValue

T = TypeVar("T")
Reader: TypeAlias = Callable[[JsonValue], object]
"""Raises MalformedDocumentError with the JSON pointer from the value it was given."""
Writer: TypeAlias = Callable[[object], JsonObject]
MAX_DEPTH = 64
SPARSE: Mapping[str, bool] = {"sparse": True}
"""Metadata of a field that is written only when it is not its default, and so may come later."""
MAX_INT = 2**53 - 1
"""Whole numbers beyond this are not the same in every JSON reader (RFC 8259 §6)."""


def to_json(value: object) -> JsonValue:
    """The JSON of a dataclass, an enum, a mapping, a sequence or a plain value."""
    if value is None or type(value) is str or type(value) is int:  # most are; looked at soonest
        return value
    if isinstance(value, str | bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, dict | Mapping):  # the former is found sooner
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return record_json(value)


def record_json(value: object) -> JsonObject:
    """The JSON object of a dataclass."""
    kind = value.__class__
    if kind not in _WRITERS:
        _WRITERS[kind] = _new_writer(kind)
    return _WRITERS[kind](value)


def from_json(kind: type[T], value: JsonValue, path: str = "") -> T:
    """A `kind` from its JSON. Raises MalformedDocumentError for a missing or wrong member."""
    made = _at(path, _reader(kind), value)
    if not isinstance(made, kind):
        raise AssertionError(f"the reader of {kind.__name__} made {made!r}")
    return made


def any_json(value: JsonValue, path: str = "") -> JsonValue:
    """The value itself when it is JSON that every reader takes alike; a fresh copy, all through."""
    return cast("JsonValue", _at(path, _any, value))


def member(path: str, key: object) -> str:
    """The JSON pointer of a member (RFC 6901 §3)."""
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def text_map(value: JsonValue, path: str) -> dict[str, str]:
    """The value, which must be an object with texts only."""
    return cast("dict[str, str]", _at(path, _TEXTS, value))


def an_object(value: JsonValue, path: str) -> JsonObject:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise MalformedDocumentError(path=path, expected="an object", found=value)
    return value


def _at(path: str, read: Reader, value: JsonValue) -> object:
    try:
        return read(value)
    except MalformedDocumentError as error:
        raise _below(path, error) from error


def _below(path: str, error: MalformedDocumentError) -> MalformedDocumentError:
    """The error as it is seen from further up."""
    return MalformedDocumentError(
        path=path + error.path, expected=error.expected, found=error.found
    )


def _wrong(expected: str, found: object, key: str | None = None) -> MalformedDocumentError:
    path = "" if key is None else member("", key)
    return MalformedDocumentError(path=path, expected=expected, found=found)


# reading


def _text(value: JsonValue) -> str:
    if not isinstance(value, str):
        raise _wrong("text", value)
    if not value.isascii():
        _check_unicode(value)
    return value


def _check_unicode(value: str) -> None:
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise _wrong("Unicode text", "") from error


def _whole(value: JsonValue) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_INT:
        raise _wrong("a whole number below 2^53", value)
    return value


def _finite(value: JsonValue) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise _wrong("a finite number", value)
    return value


def _truth(value: JsonValue) -> bool:
    if not isinstance(value, bool):
        raise _wrong("true or false", value)
    return value


def _any(value: JsonValue, depth: int = 0) -> JsonValue:
    if depth > MAX_DEPTH:
        raise _wrong(f"depth up to {MAX_DEPTH}", "deeper")
    match value:
        case str():
            return _text(value)
        case None | bool():
            return value
        case int():
            return _whole(value)
        case float():
            return _finite(value)
        case list():
            return [_any_at(n, one, depth) for n, one in enumerate(value)]
        case dict():
            return {_text(key): _any_at(key, one, depth) for key, one in value.items()}
    raise _wrong("a JSON value", value)


def _any_at(key: str | int, value: JsonValue, depth: int) -> JsonValue:
    try:
        return _any(value, depth + 1)
    except MalformedDocumentError as error:
        raise _below(member("", key), error) from error


_PLAIN: Mapping[object, Reader] = {str: _text, int: _whole, float: _finite, bool: _truth}
_READERS: dict[object, Reader] = {}


def _reader(kind: object) -> Reader:
    """The reader of a declared type, made at its first use."""
    if kind not in _READERS:
        _READERS[kind] = _new_reader(kind)
    return _READERS[kind]


def _new_reader(kind: object) -> Reader:
    kind, arguments = _base(kind), get_args(kind)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _word_reader({one.value: one for one in kind})
    if isinstance(kind, type) and is_dataclass(kind):
        return _record_reader(kind)
    if get_origin(kind) is Literal:
        return _word_reader({one: one for one in arguments})
    if get_origin(kind) is tuple:
        return _list_reader(_reader(arguments[0]))
    if _is_map(kind):
        return _map_reader(_reader(arguments[1]))
    other = _beside_none(kind)
    return _PLAIN.get(kind, _any) if other is None else _optional_reader(_reader(other))


def _base(kind: object) -> object:
    return kind.__supertype__ if isinstance(kind, NewType) else kind


def _is_map(kind: object) -> bool:
    origin = get_origin(kind)
    return isinstance(origin, type) and issubclass(origin, Mapping)


def _beside_none(kind: object) -> object:
    """The other type of an optional one; None for any other."""
    others = [one for one in get_args(kind) if one is not type(None)]
    is_union = get_origin(kind) in (Union, types.UnionType)
    return others[0] if is_union and len(others) == 1 else None


def _word_reader(words: Mapping[object, object]) -> Reader:
    def read(value: JsonValue) -> object:
        if not isinstance(value, str) or value not in words:
            raise _wrong("one of " + ", ".join(map(str, words)), value)
        return words[value]

    return read


def _list_reader(item: Reader) -> Reader:
    def read(value: JsonValue) -> object:
        if not isinstance(value, list):
            raise _wrong("a list", value)
        return tuple(_at(f"/{n}", item, one) for n, one in enumerate(value))

    return read


def _map_reader(item: Reader) -> Reader:
    def read(value: JsonValue) -> object:
        made = {}
        for key, one in an_object(value, "").items():
            try:
                made[_text(key)] = item(one)
            except MalformedDocumentError as error:
                raise _below(member("", key), error) from error
        return made

    return read


def _optional_reader(item: Reader) -> Reader:
    def read(value: JsonValue) -> object:
        return None if value is None else item(value)

    return read


def _record_reader(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = {one.name: _reader(hints[one.name]) for one in fields(kind)}
    required = {one.name for one in fields(kind) if _default(one) is MISSING}

    def read(value: JsonValue) -> object:
        document, made = an_object(value, ""), {}
        if not required <= document.keys():
            raise _wrong("a value", None, min(required - document.keys()))
        for name, one in document.items():
            if name not in readers:
                raise _wrong("no such member", name, name)
            try:
                made[name] = readers[name](one)
            except MalformedDocumentError as error:
                raise _below(member("", name), error) from error
        return kind(**made)

    return read


def _default(one: Field[object]) -> object:
    """What the field is when nothing is said, or MISSING."""
    return one.default if one.default_factory is MISSING else one.default_factory()


_TEXTS = _map_reader(_text)

# writing

_WRITERS: dict[type, Writer] = {}


def _new_writer(kind: type) -> Writer:
    """A function that spells out the fields of the class, made as `dataclasses` makes its own."""
    if not is_dataclass(kind):
        raise TypeError(f"{kind.__name__} has no JSON form")
    hints = get_type_hints(kind)
    known: dict[str, object] = {"to_json": to_json, "record_json": record_json}
    always, sparse = [], []
    for one in fields(kind):
        said = _spelled(hints[one.name], f"value.{one.name}")
        if one.metadata.get("sparse"):
            known[f"plain_{one.name}"] = _default(one)
            sparse.append(f" if value.{one.name} != plain_{one.name}:")
            sparse.append(f"  members[{one.name!r}] = {said}")
        else:
            always.append(f"{one.name!r}: {said}")
    lines = ["def write(value):", f" members = {{{', '.join(always)}}}", *sparse, " return members"]
    exec("\n".join(lines), known)  # noqa: S102 - made of the names of our own fields alone
    return cast("Writer", known["write"])


def _spelled(kind: object, spot: str) -> str:
    """The expression for the JSON of a value of that type, which `spot` gives."""
    kind, arguments = _base(kind), get_args(kind)
    if kind in _PLAIN or get_origin(kind) is Literal:
        return spot
    if isinstance(kind, type) and is_dataclass(kind):
        return f"record_json({spot})"
    if get_origin(kind) is tuple:
        return f"[{_spelled(arguments[0], 'one')} for one in {spot}]"
    if _is_map(kind):
        return f"{{key: {_spelled(arguments[1], 'one')} for key, one in {spot}.items()}}"
    if (other := _beside_none(kind)) is not None:
        return f"(None if {spot} is None else {_spelled(other, spot)})"
    return f"to_json({spot})"
