"""A run of a drawn flow, event by event, for properties."""

from __future__ import annotations

from hypothesis import strategies as st

from flow.commands import Command
from flow.errors import EventRefusedError
from flow.events import Event
from flow.interpreter.advance import advance, initial_state
from flow.interpreter.bound import BoundGraph
from flow.state import RunStatus
from tests.builders import STARTED
from tests.flow.drawn import noise, possible

_LONGEST = 200
wanderings = st.lists(st.integers(0, 10_000), max_size=25)


class Journey:
    """A run and the events it took, in order."""

    def __init__(self, flow: BoundGraph) -> None:
        self.flow = flow
        self.state = initial_state()
        self.events: list[Event] = []
        self.commands: list[Command] = []
        self.take(STARTED)

    def take(self, event: Event) -> None:
        """Advance; a refusal leaves no trace, as the caller of `advance` stores nothing then."""
        try:
            step = advance(self.flow, self.state, event)
        except EventRefusedError:
            return
        self.state = step.state
        self.events.append(event)
        self.commands.extend(step.commands)

    def wander(self, choices: list[int]) -> None:
        """What happens is chosen among what can bring the run on and what comes from outside."""
        for n, choice in enumerate(choices):
            at_ms = 2_000 + 1_000 * n
            events = [*possible(self.state, at_ms), *noise(at_ms), *self.events[-2:]]
            self.take(events[choice % len(events)])

    def finish(self) -> None:
        """Everyone does the next best thing until the end."""
        for n in range(_LONGEST):
            if self.state.status is not RunStatus.OPEN:
                return
            events = possible(self.state, 900_000 + n)
            assert events, f"stuck: nothing can bring on {self.state}"
            self.take(events[0])
