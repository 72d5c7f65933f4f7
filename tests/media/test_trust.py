"""A worker believes the site it dials by the certificate it was given, and by no other."""

from __future__ import annotations

import ssl
from pathlib import Path

import pytest
from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

from config.certificate import ensure_certificate
from runtime.media.link import trust


async def greet(socket: ServerConnection) -> None:
    await socket.send("hello")


async def test_only_the_given_certificate_is_believed(tmp_path: Path) -> None:
    certificate, key = ensure_certificate(tmp_path / "site", [])
    other, _ = ensure_certificate(tmp_path / "other", [])
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(certificate, key)

    async with serve(greet, "localhost", 0, ssl=tls) as server:
        site = f"wss://localhost:{server.sockets[0].getsockname()[1]}/"
        async with connect(site, ssl=trust(site, certificate)) as socket:
            assert await socket.recv() == "hello"
        for wrong in (other, None):
            with pytest.raises(ssl.SSLCertVerificationError):
                await connect(site, ssl=trust(site, wrong))


def test_without_tls_there_is_nothing_to_believe(tmp_path: Path) -> None:
    assert trust("ws://localhost:8000/ws/worker/", tmp_path / "unused.pem") is None
