"""End: the run stopped; another try begins afresh."""

from __future__ import annotations

from components.catalogue.ending import Ending


class EndAbort(Ending):
    """The run stopped before it was complete."""
