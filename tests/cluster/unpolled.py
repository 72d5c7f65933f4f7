"""The site with sockets that never poll: what they learn, they learn by hints alone."""

from __future__ import annotations

from config.asgi import application
from runtime.consumers import rounds

rounds.ROUND_S = (3_600.0, 7_200.0)

__all__ = ["application"]
