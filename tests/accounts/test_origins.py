from __future__ import annotations

import pytest
from channels.testing import WebsocketCommunicator

from config.origins import OwnOrigin, is_own


async def browsers(_scope, receive, send):
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "browser"})


async def workers(_scope, receive, send):
    await receive()
    await send({"type": "websocket.accept", "subprotocol": "worker"})


async def opened_as(path: str, origin: str | None, host: str = "localhost:8000") -> str | None:
    """By which application the socket was accepted; None when it was refused."""
    headers = [(b"host", host.encode())]
    if origin is not None:
        headers.append((b"origin", origin.encode()))
    socket = WebsocketCommunicator(OwnOrigin(browsers=browsers, workers=workers), path, headers)
    accepted, by = await socket.connect()
    await socket.disconnect()
    return str(by) if accepted else None


OWN = "http://localhost:8000"


@pytest.mark.parametrize("path", ["/ws/desk/", "/ws/run/1/"])
async def test_a_browser_comes_only_from_our_own_pages(path: str):
    assert await opened_as(path, OWN) == "browser"
    for foreign in (None, "", "null", "http://evil.example", "http://localhost:9000", "file://"):
        assert await opened_as(path, foreign) is None


async def test_a_host_that_is_not_ours_is_refused_even_to_itself():
    assert await opened_as("/ws/desk/", "http://evil.example", host="evil.example") is None


async def test_a_worker_comes_without_origin_and_a_browser_never_as_worker():
    assert await opened_as("/ws/worker/", None) == "worker"
    for origin in (OWN, "http://evil.example", "null", ""):
        assert await opened_as("/ws/worker/", origin) is None


def test_an_origin_the_settings_trust_is_own(settings):
    settings.CSRF_TRUSTED_ORIGINS = ["https://portal.bank.example"]

    assert is_own("https://portal.bank.example", "localhost:8000")
    assert not is_own("https://portal.bank.example.evil.example", "localhost:8000")
