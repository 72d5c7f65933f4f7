"""Setting one item of a mapping without copying it: for what grows with the graph.

Copying a dict of 10,000 nodes at each step would make the cost of a step grow with the flow. Here a
step copies only a small top layer; the bulk is shared with the mapping it came from.
"""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Mapping
from typing import TypeVar

K = TypeVar("K")
V = TypeVar("V")


def with_item(mapping: Mapping[K, V], key: K, value: V) -> Mapping[K, V]:
    """`mapping` with `key` set; `mapping` itself stays as it was and must never change again."""
    top, base = _layers(mapping)
    top = {**top, key: value}
    if len(top) ** 2 > len(base) + 64:
        return {**base, **top}
    return ChainMap(top, base)


def _layers(mapping: Mapping[K, V]) -> tuple[dict[K, V], dict[K, V]]:
    if isinstance(mapping, ChainMap):
        top, base = mapping.maps
        return dict(top), base if isinstance(base, dict) else dict(base)
    return {}, mapping if isinstance(mapping, dict) else dict(mapping)
