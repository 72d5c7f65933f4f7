"""End: the service is completed."""

from __future__ import annotations

from components.catalogue.ending import Ending


class EndSuccess(Ending):
    """The service is completed."""
