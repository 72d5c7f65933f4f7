"""Wake-ups between processes, lossy on purpose: datagrams on one host, Redis between hosts.

Nothing here is a record: who is woken reads the database, and everybody polls as well.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Protocol

from django.conf import settings

from runtime import datagrams

WEB = "web"
DISPATCH = "dispatch"


class Listener(Protocol):
    """Hears in a thread of its own until it is closed."""

    def close(self) -> None: ...


def listen(kind: str, heard: Callable[[Mapping[str, Any]], None]) -> Listener:
    """Call `heard` for every wake-up of `kind`; an empty one says that some may have been lost."""
    if settings.REDIS_URL:
        from runtime import pubsub  # noqa: PLC0415 - its library is an extra

        return pubsub.Listener(settings.REDIS_URL, kind, heard)
    return datagrams.Listener(kind, heard)


def tell(kind: str, wakeup: Mapping[str, Any]) -> None:
    """Send to everybody who listens for `kind`. Never raises because nobody hears."""
    if settings.REDIS_URL:
        from runtime import pubsub  # noqa: PLC0415 - its library is an extra

        pubsub.tell(settings.REDIS_URL, kind, wakeup)
    else:
        datagrams.tell(kind, wakeup)
