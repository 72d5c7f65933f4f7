"""Setting items of a mapping without copying it: for what grows with the graph.

Copying a dict of 10,000 nodes at each step would make the cost of a step grow with the flow. Here a
step copies only a small top layer; the bulk is shared with the mapping it came from.
"""

from __future__ import annotations

from collections.abc import ItemsView, Iterator, Mapping
from typing import TypeVar

from typing_extensions import override

K = TypeVar("K")
V = TypeVar("V")
FEW = 64
"""So many items are copied sooner than they are layered."""


class Layered(Mapping[K, V]):
    """A large dict with a small one over it; neither changes any more."""

    __slots__ = ("_base", "_count", "_top")

    def __init__(self, base: dict[K, V], top: dict[K, V], count: int) -> None:
        self._base, self._top, self._count = base, top, count

    @override
    def __getitem__(self, key: K) -> V:
        return self._top[key] if key in self._top else self._base[key]

    @override
    def __iter__(self) -> Iterator[K]:
        return iter(self.whole())

    @override
    def __len__(self) -> int:
        return self._count

    @override
    def items(self) -> ItemsView[K, V]:
        return self.whole().items()

    def whole(self) -> dict[K, V]:
        """Everything in one dict, a fresh one."""
        return {**self._base, **self._top}

    def with_items(self, items: Mapping[K, V]) -> Mapping[K, V]:
        top = {**self._top, **items}
        if len(top) ** 2 > len(self._base):
            return {**self._base, **top}
        count = self._count + sum(key not in self for key in items)
        return Layered(self._base, top, count)


def with_items(mapping: Mapping[K, V], items: Mapping[K, V]) -> Mapping[K, V]:
    """`mapping` with these set; `mapping` itself stays as it was and must never change again."""
    if isinstance(mapping, Layered):
        return mapping.with_items(items)
    if len(mapping) <= FEW or not isinstance(mapping, dict):
        return {**mapping, **items}
    return Layered(mapping, {}, len(mapping)).with_items(items)
