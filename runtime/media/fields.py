"""Reading the fields of a request; whatever is not as it should be is a MalformedRequestError."""

from __future__ import annotations

import re
from base64 import b64decode

from runtime.media.errors import MalformedRequestError
from runtime.media.link import Message

NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")  # ids stand in file names and in SDP


def objects_of(params: Message, key: str) -> list[Message]:
    """A list of objects, empty when there is none."""
    value = params.get(key, [])
    if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
        raise MalformedRequestError(f"{key!r} must be a list of objects")
    return value


def name_of(params: object, key: str) -> str:
    """An id."""
    value = params.get(key) if isinstance(params, dict) else None
    if not isinstance(value, str) or not NAME.fullmatch(value):
        raise MalformedRequestError(f"{key!r} must be an id of letters, digits, '_' and '-'")
    return value


def text_of(params: Message, key: str) -> str:
    """A text."""
    value = params.get(key)
    if not isinstance(value, str):
        raise MalformedRequestError(f"{key!r} must be a text")
    return value


def bytes_of(params: Message, key: str) -> bytes:
    """What base64 stands for."""
    try:
        return b64decode(text_of(params, key), validate=True)
    except ValueError as error:
        raise MalformedRequestError(f"{key!r} is base64") from error


def number_of(params: Message, key: str, low: float, high: float) -> float:
    """A number from `low` to `high`."""
    value = params.get(key)
    if not isinstance(value, int | float) or isinstance(value, bool) or not low <= value <= high:
        raise MalformedRequestError(f"{key!r} is a number from {low:g} to {high:g}")
    return float(value)


def names_of(params: Message, key: str) -> frozenset[str] | None:
    """Those whom something is for; None for all."""
    value = params.get(key)
    return frozenset(map(str, value)) if isinstance(value, list) else None
