"""A web process that is told to end says so to every socket (docs/protocol.md, 1012)."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from channels.db import database_sync_to_async as in_db
from django.conf import settings
from django.db import connection
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.runtime import builders

READY_LIMIT_S = 60
SOCKETS = 3


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve(port: int) -> subprocess.Popen[bytes]:
    site = {
        "DJANGO_SETTINGS_MODULE": "config.settings.test",
        "COUNTERFLOW_VAR": str(settings.VAR),
        "COUNTERFLOW_DATABASE_URL": f"sqlite://{connection.settings_dict['NAME']}",
    }
    return subprocess.Popen(
        [sys.executable, "-m", "daphne", "-p", str(port), "config.asgi:application"],
        env={**os.environ, **site},
        cwd=Path(__file__).parents[2],
    )


async def worker_socket(port: int, server: subprocess.Popen[bytes]) -> ClientConnection:
    bearer = {"Authorization": "Bearer a-worker-token"}
    async with asyncio.timeout(READY_LIMIT_S):
        while server.poll() is None:
            try:
                return await connect(f"ws://127.0.0.1:{port}/ws/worker/", additional_headers=bearer)
            except OSError:
                await asyncio.sleep(0.1)
    raise AssertionError("the server ended before it listened")


async def code_of(one: ClientConnection) -> int | None:
    with contextlib.suppress(ConnectionClosed):
        while True:
            await one.recv()
    return one.close_code


@pytest.mark.timeout(120)  # a process that loads Django, on a machine that may be busy
@pytest.mark.usefixtures("committed")
async def test_every_socket_is_closed_with_1012_before_the_process_ends():
    await in_db(builders.worker)()
    port = free_port()
    server = serve(port)
    try:
        open_ones = [await worker_socket(port, server) for _ in range(SOCKETS)]

        server.send_signal(signal.SIGTERM)
        async with asyncio.timeout(10):
            codes = await asyncio.gather(*(code_of(one) for one in open_ones))

        assert codes == [1012] * SOCKETS
        assert await asyncio.to_thread(server.wait, 20) == 0
    finally:
        server.kill()
