"""Frames of a socket: one JSON object each, within bounds, its fields read by name and shape."""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import Any, TypeVar

from runtime.errors import MalformedMessageError

INTEGER_LIMIT = 2**53
_DEPTH_LIMIT = 32
_ID_LIMIT = 64
_ADDRESS_LIMIT = 10

Message = TypeVar("Message")


class Reader:
    """Takes fields out of one message, refusing what is missing or of the wrong shape."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content
        named = content.get("id")
        self.id = named if isinstance(named, str) and len(named) <= _ID_LIMIT else None

    def text(self, name: str, *, limit: int = 200, default: str | None = None) -> str:
        value = self._content.get(name, default)
        if not isinstance(value, str) or len(value) > limit:
            raise self.wrong(name, f"a text of at most {limit} characters")
        return value

    def one_of(self, name: str, *known: str) -> str:
        value = self.text(name)
        if value not in known:
            raise self.wrong(name, " or ".join(known))
        return value

    def identity(self, name: str = "id") -> str:
        return str(self.uuid(name))

    def uuid(self, name: str = "id") -> uuid.UUID:
        try:
            return uuid.UUID(self.text(name, limit=40))
        except ValueError:
            raise self.wrong(name, "a UUID") from None

    def whole(
        self, name: str, *, low: int = 0, high: int = INTEGER_LIMIT, default: Any = None
    ) -> int:
        value = self._content.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, *, high: float = 1e12) -> float:
        value = self._content.get(name, 0)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
            raise self.wrong(name, f"a number from 0 to {high:g}")
        return float(value)

    def has(self, name: str) -> bool:
        return name in self._content

    def flag(self, name: str, *, default: bool | None = None) -> bool:
        value = self._content.get(name, default)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def object(self, name: str, *, default: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        value = self._content.get(name, default)
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return value

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        value = self._content.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.wrong(name, "a list of objects")
        return value

    def addresses(self, name: str) -> tuple[str, ...]:
        """IP addresses, at most ten."""
        value = self._content.get(name, [])
        if not isinstance(value, list) or len(value) > _ADDRESS_LIMIT:
            raise self.wrong(name, f"a list of at most {_ADDRESS_LIMIT} IP addresses")
        try:
            return tuple(str(ip_address(str(one))) for one in value)
        except ValueError:
            raise self.wrong(name, "a list of IP addresses") from None

    def wrong(self, name: str, expected: str) -> MalformedMessageError:
        return MalformedMessageError(f"/{name}: expected {expected}", field=f"/{name}", id_=self.id)


def parse(text: str, known: Mapping[str, Callable[[Reader], Message]], limit: int) -> Message:
    """The message of a frame of at most `limit` bytes, read by the function of its type.

    Raises MalformedMessageError.
    """
    content = read_object(text, limit)
    kind = content.get("type")
    reader = Reader(content)
    if not isinstance(kind, str) or kind not in known:
        raise MalformedMessageError(
            "no such message", reason="unknown_type", field="/type", id_=reader.id
        )
    return known[kind](reader)


def read_object(text: str, limit: int) -> dict[str, Any]:
    """The JSON object in a frame, within the limits of size and depth.

    Raises MalformedMessageError.
    """
    if len(text.encode("utf-8", "surrogatepass")) > limit:
        raise MalformedMessageError(f"at most {limit} bytes", reason="too_large")
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise MalformedMessageError("not JSON") from None
    if not isinstance(content, dict) or not _is_sound(content):
        raise MalformedMessageError("not an object of this protocol")
    return content


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _is_sound(content: dict[str, Any]) -> bool:
    """Nested at most _DEPTH_LIMIT deep, whole numbers exact in every language.

    Texts encodable and without NUL.
    """
    level: list[Any] = [content]
    for _ in range(_DEPTH_LIMIT):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                inner += value
            elif not _is_sound_value(value):
                return False
        if not inner:
            return True
        level = inner
    return False


def _is_sound_value(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, float):
        return math.isfinite(value)  # 1e999 is JSON, and infinite
    return not isinstance(value, int) or abs(value) <= INTEGER_LIMIT
