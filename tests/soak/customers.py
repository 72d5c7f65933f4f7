"""Clients that live a flow and keep a journal of what they were told is stored."""

from __future__ import annotations

import random
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from flow.events import Acted, ActivityId, Event, ParticipantId, ParticipantJoined
from tests.runtime.builders import consent, edge, end, graph, node
from tests.soak.examination import Ack
from tests.soak.processes import Edge, RefusedError, TooLateError, bring, new_run

ASKED = 4
PATIENCE_S = 24 * 3600
"""Longer than any clock is made to jump: nobody is sent away over it."""
CUSTOMER = ParticipantId("customer")
FINISH_LIMIT_S = 60.0
"""Without a single act being taken: the database does not come back."""


def served_flow(*, wait_s: int = 1) -> dict[str, Any]:
    """link → four consents → a queue nobody serves, left after `wait_s` → end.

    Each step sets and cancels timers; the queue asks for effects that leave rows behind.
    """
    asks = [f"ask_{number}" for number in range(1, ASKED + 1)]
    nodes = [node("link", "entry.link"), *(consent(one, timeout_s=PATIENCE_S) for one in asks)]
    nodes += [node("queue", "queue.wait", queue="retail", max_wait_s=wait_s), end("done", "defer")]
    edges = [edge("link", "ok", asks[0]), edge("link", "expired", "done")]
    for one, following in zip(asks, [*asks[1:], "queue"], strict=True):
        edges.append(edge(one, "ok", following))
        edges += [edge(one, outcome, "done") for outcome in ("declined", "timeout")]
    edges += [
        edge("queue", outcome, "done") for outcome in ("assigned", "timeout", "abandoned", "closed")
    ]
    return graph(nodes, edges)


@dataclass
class Customer:
    """One at a time, each act under an id of its own, sent again until it is acknowledged."""

    run: UUID
    acts: Iterator[Event]
    waiting: tuple[Event, str] | None = None
    journal: list[Ack] = field(default_factory=list)
    present: bool = True

    def step(self, through: Edge) -> bool:
        """Send the next act, or the unanswered one again. False when nothing is left to do."""
        if self.waiting is None:
            event = next(self.acts, None)
            self.waiting = None if event is None else (event, uuid.uuid4().hex)
        if self.waiting is None:
            self.present = False
            return False
        event, key = self.waiting
        try:
            seq = through.ask(bring, self.run, event, key)
        except TooLateError:
            self.present = False
            return False
        self.journal.append(Ack(self.run, key, seq))
        self.waiting = None
        return True


def acts_of(at_ms: int) -> Iterator[Event]:
    yield ParticipantJoined(at_ms=at_ms, participant=CUSTOMER, role="customer", name="Anna")
    for number in range(1, ASKED + 1):
        yield Acted(
            at_ms=at_ms + number,
            activity=ActivityId(f"ask_{number}.1"),
            action="agree",
            participant=CUSTOMER,
            role="customer",
        )


class Crowd:
    """Customers coming in one after the other, `size` of them in the middle of something."""

    def __init__(self, version: UUID, size: int, chance: random.Random) -> None:
        self._version, self._size, self._chance = version, size, chance
        self._present: list[Customer] = []
        self.journal: list[Ack] = []

    @property
    def stored(self) -> int:
        """Acts acknowledged so far."""
        return len(self.journal) + sum(len(one.journal) for one in self._present)

    def step(self, through: Edge, now_ms: int) -> None:
        """One of them does the next thing. Raises EOFError when the edge died over it."""
        if len(self._present) < self._size:
            run = through.ask(new_run, self._version)
            self._present.append(Customer(run, acts_of(now_ms)))
            return
        one = self._chance.choice(self._present)
        if not one.step(through):
            self._leave(one)

    def finish(self, through: Edge) -> None:
        """All of them to their end, also while the database is still coming back."""
        until = time.monotonic() + FINISH_LIMIT_S
        while self._present:
            one = self._present[0]
            try:
                if not one.step(through):
                    self._leave(one)
                until = time.monotonic() + FINISH_LIMIT_S
            except RefusedError:
                if time.monotonic() > until:
                    raise
                time.sleep(0.05)

    def _leave(self, one: Customer) -> None:
        self._present.remove(one)
        self.journal += one.journal
