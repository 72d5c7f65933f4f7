"""Who is told that something changed: `{run, seq}` and the like, never data.

Losing one costs a poll.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from channels.layers import get_channel_layer

from runtime import bus
from runtime.layers import LocalLayer


def run_group(run_id: object) -> str:
    """Whoever shows the run."""
    return f"run.{run_id}"


def worker_group(worker_id: object) -> str:
    """The socket of the worker."""
    return f"worker.{worker_id}"


def desk_group(workspace_id: object) -> str:
    """The desks of the workspace."""
    return f"desk.{workspace_id}"


def person_group(user_id: object) -> str:
    """Every socket of the person."""
    return f"person.{user_id}"


def tell_run(run_id: object, seq: int) -> None:
    """The run has events up to `seq` (0: something beside its log has changed)."""
    run = str(run_id)
    _tell(run_group(run), {"type": "run.hint", "run": run, "seq": seq})


def tell_worker(worker_id: object) -> None:
    """Something is asked of the worker."""
    _tell(worker_group(worker_id), {"type": "worker.hint", "worker": str(worker_id), "seq": 0})


def tell_desk(workspace_id: object) -> None:
    """A queue or somebody's presence has changed."""
    _tell(desk_group(workspace_id), {"type": "desk.hint", "desk": str(workspace_id), "seq": 0})


def tell_person(user_id: object) -> None:
    """Something about this person's rights has changed: their sockets ask again."""
    _tell(person_group(user_id), {"type": "person.hint", "desk": str(user_id), "seq": 0})


def wake_dispatcher() -> None:
    """There are new jobs."""
    gathered = getattr(_gathering, "hints", None)
    if gathered is not None:
        gathered.is_dispatcher_woken = True
        return
    bus.tell(bus.DISPATCH, {"wake": True})


@dataclass
class _Gathered:
    messages: dict[str, dict[str, Any]] = field(default_factory=dict)
    """By group: the last one is enough, who gets it reads the database."""
    is_dispatcher_woken: bool = False


_gathering = threading.local()


@contextmanager
def gathered() -> Iterator[None]:
    """What this thread tells meanwhile goes out at the end, each only once."""
    hints = _gathering.hints = _Gathered()
    try:
        yield
    finally:
        _gathering.hints = None
        for group, message in hints.messages.items():
            _tell(group, message)
        if hints.is_dispatcher_woken:
            wake_dispatcher()


def _tell(group: str, message: dict[str, Any]) -> None:
    gathered = getattr(_gathering, "hints", None)
    if gathered is not None:
        gathered.messages[group] = message
        return
    layer = get_channel_layer()
    if isinstance(layer, LocalLayer):
        layer.spread(group, message)
