"""JSON <-> frozen dataclasses by their declared field types; knows no word of the flow language.

A reader is built once for each class, so that reading costs no reflection. What a field type can
be: text, whole number, number, truth, None beside another, a list of one type, a map from text, one
of several words, an enum, another dataclass, or any JSON.
"""

from __future__ import annotations

import math
import types
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from enum import Enum
from typing import Literal, NewType, TypeAlias, TypeVar, Union, get_args, get_origin, get_type_hints

from flow.errors import MalformedDocumentError
from flow.graph import JsonObject, JsonValue

T = TypeVar("T")
Reader: TypeAlias = Callable[[JsonValue, str], object]
MAX_DEPTH = 64
SPARSE: Mapping[str, bool] = {"sparse": True}
"""Metadata of a field that is written only when it is not its default, and so may come later."""
MAX_INT = 2**53 - 1
"""Whole numbers beyond this are not the same in every JSON reader (RFC 8259 §6)."""


def to_json(value: object) -> JsonValue:
    """The JSON of a dataclass, an enum, a mapping, a sequence or a plain value."""
    if value is None or type(value) is str or type(value) is int:  # most are; looked at soonest
        return value
    kind = value.__class__
    if kind in _NAMES:
        return _record_json(value, kind)
    if isinstance(value, str | bool | int | float):
        return value.value if isinstance(value, Enum) else value
    if isinstance(value, Mapping):
        return {str(key): to_json(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [to_json(one) for one in value]
    return _record_json(value, kind)


def _record_json(value: object, kind: type) -> JsonObject:
    members = {name: to_json(getattr(value, name)) for name in _names(kind)}
    for name, plain in _SPARSE[kind]:
        if getattr(value, name) == plain:
            del members[name]
    return members


def from_json(kind: type[T], value: JsonValue, path: str = "") -> T:
    """A `kind` from its JSON. Raises MalformedDocumentError for a missing or wrong member."""
    made = _reader(kind)(value, path)
    if not isinstance(made, kind):
        raise AssertionError(f"the reader of {kind.__name__} made {made!r}")
    return made


def any_json(value: JsonValue, path: str = "", depth: int = 0) -> JsonValue:
    """The value itself when it is JSON that every reader takes alike; a fresh copy, all through."""
    if depth > MAX_DEPTH:
        raise MalformedDocumentError(path=path, expected=f"depth up to {MAX_DEPTH}", found="deeper")
    match value:
        case None | bool():
            return value
        case str():
            return _text(value, path)
        case int():
            return _whole(value, path)
        case float():
            return _finite(value, path)
        case list():
            return [any_json(one, f"{path}/{n}", depth + 1) for n, one in enumerate(value)]
        case dict():
            return {
                _text(key, path): any_json(one, member(path, key), depth + 1)
                for key, one in value.items()
            }
    raise MalformedDocumentError(path=path, expected="a JSON value", found=value)


def member(path: str, key: object) -> str:
    """The JSON pointer of a member (RFC 6901 §3)."""
    return f"{path}/{str(key).replace('~', '~0').replace('/', '~1')}"


def text_map(value: JsonValue, path: str) -> dict[str, str]:
    """The value, which must be an object with texts only."""
    return {
        _text(key, path): _text(one, member(path, key))
        for key, one in an_object(value, path).items()
    }


def an_object(value: JsonValue, path: str) -> JsonObject:
    """The value, which must be an object."""
    if not isinstance(value, dict):
        raise MalformedDocumentError(path=path, expected="an object", found=value)
    return value


def _text(value: JsonValue, path: str) -> str:
    if not isinstance(value, str):
        raise MalformedDocumentError(path=path, expected="text", found=value)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise MalformedDocumentError(path=path, expected="Unicode text", found="") from error
    return value


def _whole(value: JsonValue, path: str) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or abs(value) > MAX_INT:
        raise MalformedDocumentError(path=path, expected="a whole number below 2^53", found=value)
    return value


def _finite(value: JsonValue, path: str) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise MalformedDocumentError(path=path, expected="a finite number", found=value)
    return value


def _truth(value: JsonValue, path: str) -> bool:
    if not isinstance(value, bool):
        raise MalformedDocumentError(path=path, expected="true or false", found=value)
    return value


def _names(kind: type) -> tuple[str, ...]:
    if kind not in _NAMES:
        if not is_dataclass(kind):
            raise TypeError(f"{kind.__name__} has no JSON form")
        _NAMES[kind] = tuple(one.name for one in fields(kind))
        _SPARSE[kind] = tuple(
            (one.name, _default(one)) for one in fields(kind) if one.metadata.get("sparse")
        )
    return _NAMES[kind]


def _default(one: Field[object]) -> object:
    return one.default if one.default_factory is MISSING else one.default_factory()


_NAMES: dict[object, tuple[str, ...]] = {}
_SPARSE: dict[object, tuple[tuple[str, object], ...]] = {}
_READERS: dict[object, Reader] = {}
_PLAIN: Mapping[object, Reader] = {str: _text, int: _whole, float: _finite, bool: _truth}


def _reader(kind: object) -> Reader:
    """The reader of a declared type, built at its first use."""
    if kind not in _READERS:
        _READERS[kind] = _new_reader(kind)
    return _READERS[kind]


def _new_reader(kind: object) -> Reader:
    if kind in _PLAIN:
        return _PLAIN[kind]
    if isinstance(kind, NewType):
        return _reader(kind.__supertype__)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return _enum_reader(kind)
    if isinstance(kind, type) and is_dataclass(kind):
        return _record_reader(kind)
    return _generic_reader(kind)


def _generic_reader(kind: object) -> Reader:
    origin, arguments = get_origin(kind), get_args(kind)
    if origin is Literal:
        return _word_reader(arguments)
    if origin is tuple:
        return _list_reader(_reader(arguments[0]))
    if origin in (Mapping, dict) or (isinstance(origin, type) and issubclass(origin, Mapping)):
        return _map_reader(arguments[1])
    others = [one for one in arguments if one is not type(None)]
    if origin in (Union, types.UnionType) and len(others) == 1:
        return _optional_reader(_reader(others[0]))
    return any_json


def _enum_reader(kind: type[Enum]) -> Reader:
    known = {one.value: one for one in kind}

    def read(value: JsonValue, path: str) -> object:
        if not isinstance(value, str) or value not in known:
            raise MalformedDocumentError(path=path, expected=_one_of(known), found=value)
        return known[value]

    return read


def _word_reader(words: tuple[object, ...]) -> Reader:
    def read(value: JsonValue, path: str) -> object:
        if value not in words:
            raise MalformedDocumentError(path=path, expected=_one_of(words), found=value)
        return value

    return read


def _one_of(words: Mapping[str, object] | tuple[object, ...]) -> str:
    return "one of " + ", ".join(str(one) for one in words)


def _list_reader(item: Reader) -> Reader:
    def read(value: JsonValue, path: str) -> object:
        if not isinstance(value, list):
            raise MalformedDocumentError(path=path, expected="a list", found=value)
        return tuple(item(one, f"{path}/{n}") for n, one in enumerate(value))

    return read


def _map_reader(value_type: object) -> Reader:
    item = _reader(value_type)

    def read(value: JsonValue, path: str) -> object:
        pairs = an_object(value, path).items()
        return {_text(key, path): item(one, member(path, key)) for key, one in pairs}

    return read


def _optional_reader(item: Reader) -> Reader:
    def read(value: JsonValue, path: str) -> object:
        return None if value is None else item(value, path)

    return read


def _record_reader(kind: type) -> Reader:
    hints = get_type_hints(kind)
    readers = {name: _reader(hints[name]) for name in _names(kind)}
    required = [
        one.name
        for one in fields(kind)
        if one.default is MISSING and one.default_factory is MISSING
    ]

    def read(value: JsonValue, path: str) -> object:
        document = an_object(value, path)
        for name in required:
            if name not in document:
                raise MalformedDocumentError(
                    path=member(path, name), expected="a value", found=None
                )
        for name in document:
            if name not in readers:
                raise MalformedDocumentError(
                    path=member(path, name), expected="no such member", found=name
                )
        return kind(
            **{name: readers[name](one, member(path, name)) for name, one in document.items()}
        )

    return read
