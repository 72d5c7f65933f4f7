"""The hash chains: a run's events, and the segments of a recording's file.

Formulas only, no decisions.
"""

from __future__ import annotations

import hashlib
import re
from _json import make_encoder  # what `json` makes anew at each call
from collections.abc import Callable, Iterable
from json.encoder import encode_basestring as quoted
from typing import NamedTuple

import rfc8785

from flow.graph import JsonObject, JsonValue
from runtime.models import RunEvent

GENESIS = "0" * 64
# What a number must come after, so that the search goes from one such sign to the next.
_NUMBER_MAY_DIFFER = re.compile(r"[:\[,]-?(?:\d+[.e]|\d{16})")
_LETTER_MAY_DIFFER = re.compile(r"[\ud800-\udfff\U00010000-\U0010ffff]")


def _refused(value: object) -> object:
    raise TypeError(f"{type(value).__name__} has no JSON form")


def _writer(*, is_sorted: bool) -> Callable[[JsonValue], str]:
    encode = make_encoder(
        markers=None,
        default=_refused,
        encoder=quoted,
        indent=None,
        key_separator=":",
        item_separator=",",
        sort_keys=is_sorted,
        skipkeys=False,
        allow_nan=False,
    )
    return lambda value: "".join(encode(value, 0))


compact, _sorted = _writer(is_sorted=False), _writer(is_sorted=True)
"""JSON text without blanks; raises ValueError for a number that JSON does not have."""


class Told(NamedTuple):
    """What a row of a run's log says, but for the run. `data` is canonical JSON text."""

    seq: int
    key: str
    kind: str
    data: str
    actor: str
    at_ms: int
    prev_hash: str


def canonical(value: JsonObject) -> str:
    """Canonical JSON (RFC 8785).

    Sorted JSON of the standard library is the same text many times sooner, except for numbers with
    decimals or beyond 2^53 and for member names outside the basic plane. What might hold one of
    those takes the long way.
    """
    text = _sorted(value)
    if _NUMBER_MAY_DIFFER.search(text) or (not text.isascii() and _LETTER_MAY_DIFFER.search(text)):
        return rfc8785.dumps(value).decode()
    return text


def told_hash(run: str, told: Told) -> str:
    """SHA-256 in hex over the canonical JSON of everything the row says, `prev` included.

    `data` is canonical already and stands where its name is sorted to: after `at_ms`.
    """
    whole = (
        f'{{"actor":{quoted(told.actor)},"at_ms":{told.at_ms},"data":{told.data},'
        f'"key":{quoted(told.key)},"kind":{quoted(told.kind)},"prev":{quoted(told.prev_hash)},'
        f'"run":"{run}","seq":{told.seq}}}'
    )
    return hashlib.sha256(whole.encode()).hexdigest()


def event_hash(event: RunEvent) -> str:
    """What the row's `hash` must be."""
    told = Told(
        seq=event.seq,
        key=event.key,
        kind=event.kind,
        data=canonical(event.data),
        actor=event.actor,
        at_ms=event.at_ms,
        prev_hash=event.prev_hash,
    )
    return told_hash(str(event.run_id), told)


def segment_head(  # noqa: PLR0913 - a link is made of just these
    prev: str, sha256: str, *, n: int, t0_ms: int, t1_ms: int, offset: int, size: int
) -> str:
    """The head of a recording file's chain after segment `n` (docs/protocol.md, "The chain")."""
    link = f"{prev}{sha256}{n}:{t0_ms}:{t1_ms}:{offset}:{size}"
    return hashlib.sha256(link.encode("ascii")).hexdigest()


def joint_head(heads: Iterable[str]) -> str:
    """One hash for several files: over their heads in order of the file names."""
    return hashlib.sha256("".join(heads).encode("ascii")).hexdigest()
