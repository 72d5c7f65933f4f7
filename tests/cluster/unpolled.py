"""The site with sockets that never poll: what they learn, they learn by hints alone."""

from __future__ import annotations

from config.asgi import application
from runtime.consumers import base

base.POLL_S = 3_600.0

__all__ = ["application"]
