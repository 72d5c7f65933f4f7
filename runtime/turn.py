"""Ways round a network that lets no UDP through: TURN servers and ten minutes' leave to use them.

The credentials are those of the "REST API for access to TURN services" (§2.2 of the draft
uberti-behave-turn-rest), which coturn knows as `use-auth-secret`: who is named, until when, and an
HMAC over both with a secret that site and TURN server share. No server is asked.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from typing import TypedDict

from django.conf import settings

LIFE_S = 600
AGAIN_MS = 240_000
"""A page that stays open gets new ones this often."""
ANY_ZONE = "*"


class Relay(TypedDict):
    """An entry of `RTCConfiguration.iceServers`."""

    urls: list[str]
    username: str
    credential: str


def relays_for(person: object, zone: str, now_ms: int) -> list[Relay]:
    """The TURN servers of the zone with credentials for one person; none where none are set up."""
    urls = urls_of(zone)
    if not urls:
        return []
    username = f"{now_ms // 1000 + LIFE_S}:{person}"
    return [Relay(urls=urls, username=username, credential=credential_of(username))]


def urls_of(zone: str) -> list[str]:
    """Those of the zone, else those of every zone."""
    known = settings.TURN_URLS
    return list(known.get(zone) or known.get(ANY_ZONE) or ())


def credential_of(username: str) -> str:
    """What proves to the TURN server that we made this username. The draft asks for SHA-1."""
    digest = hmac.new(settings.TURN_SECRET.encode(), username.encode(), hashlib.sha1)
    return base64.b64encode(digest.digest()).decode("ascii")
