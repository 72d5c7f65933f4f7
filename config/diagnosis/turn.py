"""Whether each TURN server gives a relay to somebody with credentials of ours."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

from django.conf import settings

from config.diagnosis.verdict import Verdict, fail, ok, warn
from runtime import turn
from runtime.clock import now_ms

LIMIT_S = 5.0
_HERE = {None, "localhost", "127.0.0.1", "::1"}


def relays() -> Iterator[Verdict]:
    """Each TURN server is asked for an allocation, as a browser would."""
    if not settings.TURN_URLS:
        yield _without()
    for zone in sorted(settings.TURN_URLS):
        for url in turn.urls_of(zone):
            yield _ask(zone, url)


def _without() -> Verdict:
    if urlsplit(settings.SITE_URL).hostname in _HERE:
        return ok("turn", "not needed: the site is reached on this machine only")
    mend = "Start coturn with deploy/coturn/ and name it in COUNTERFLOW_TURN."
    return warn("turn", "no TURN server: networks without UDP get no picture and sound", mend)


def _ask(zone: str, url: str) -> Verdict:
    (relay,) = turn.relays_for("doctor", zone, now_ms())
    try:
        address = asyncio.run(_allocate(url, relay["username"], relay["credential"]))
    except (OSError, TimeoutError, ConnectionError, ssl.SSLError) as error:
        mend = "Start coturn there, and let the port through."
        return fail("turn", f"{url} does not answer ({type(error).__name__})", mend)
    except Exception as error:  # noqa: BLE001 - what the library says of a refusal
        mend = "Give coturn and COUNTERFLOW_TURN_SECRET_FILE the same secret; compare the clocks."
        return fail("turn", f"{url} refuses our credentials: {error}", mend)
    return ok("turn", f"{url} relays by {address}")


async def _allocate(url: str, username: str, credential: str) -> str:
    """The relay's address. `turns` is believed by the machine's authorities."""
    from aioice.turn import create_turn_endpoint  # noqa: PLC0415 - only here

    scheme, _, rest = url.partition(":")
    parts = urlsplit(f"//{rest}")
    words: dict[str, Any] = {
        "transport": parse_qs(parts.query).get("transport", ["udp"])[0],
        "ssl": scheme == "turns" or None,
    }
    server = (parts.hostname or "", parts.port or (5349 if scheme == "turns" else 3478))
    async with asyncio.timeout(LIMIT_S):
        transport, _ = await create_turn_endpoint(
            asyncio.DatagramProtocol, server, username, credential, **words
        )
    address = str(transport.get_extra_info("sockname")[0])
    transport.close()
    await asyncio.sleep(0.1)  # it gives the allocation back
    return address
