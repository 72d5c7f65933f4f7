"""End: the service is refused, with a reason."""

from __future__ import annotations

from components.catalogue.ending import Ending


class EndReject(Ending):
    """The service is refused."""
