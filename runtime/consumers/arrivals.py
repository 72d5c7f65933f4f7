"""Who is coming in just now; when they are too many, more are asked to come later.

After a failure everybody returns at once, and each return costs a sign-in, a seat and a view. Those
beyond the limit are refused before any of that is done (see `config.serving`), so that those within
it are soon through.
"""

from __future__ import annotations

import time
from collections import Counter
from typing import Protocol

AT_ONCE = 200
"""About two seconds of work for one process."""
COMING_S = 2.0
"""Who connects and says nothing is counted no longer than this."""


class Comer(Protocol):
    """A socket, or a handshake that becomes one."""

    kind: str


class Arrivals:
    """Counts handshakes under way, and sockets that have not been welcomed yet, of each kind."""

    def __init__(self) -> None:
        self._coming: dict[object, tuple[str, float]] = {}

    def are_full(self, kind: str) -> bool:
        since = time.monotonic() - COMING_S
        for one, (_, at) in tuple(self._coming.items()):
            if at >= since:
                break  # they stand in the order in which they came
            del self._coming[one]
        return Counter(found for found, _ in self._coming.values())[kind] >= AT_ONCE

    def come(self, one: Comer) -> None:
        self._coming[one] = (one.kind, time.monotonic())

    def settle(self, one: object) -> None:
        """Welcomed, refused or gone."""
        self._coming.pop(one, None)


arrivals = Arrivals()
