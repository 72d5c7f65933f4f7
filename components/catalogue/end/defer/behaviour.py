"""End: to be continued later or elsewhere."""

from __future__ import annotations

from components.catalogue.ending import Ending


class EndDefer(Ending):
    """The service is continued later or elsewhere."""
