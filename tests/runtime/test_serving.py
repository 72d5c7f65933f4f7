"""A real web process: it sends its sockets away before it ends, and cuts who does not read."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from channels.db import database_sync_to_async as in_db
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from tests.runtime import builders

READY_LIMIT_S = 60
SOCKETS = 3
MIB = 1024 * 1024
KERNEL_KEEPS = 12 * MIB
"""Far more than the kernel takes from a sender whose peer does not read (tcp_wmem: 4 MiB)."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def serve(
    port: int, application: str = "config.asgi:application", **more: str
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-m", "daphne", "-p", str(port), application],
        env={**os.environ, **more, **builders.own_site()},
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


HANDSHAKE = (
    "GET / HTTP/1.1\r\nHost: here\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
)


def deaf_socket(port: int, server: subprocess.Popen[bytes]) -> socket.socket:
    """Connected as a WebSocket, with little room in the kernel, and never read."""
    deadline = time.monotonic() + READY_LIMIT_S
    while server.poll() is None and time.monotonic() < deadline:
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        try:
            one.connect(("127.0.0.1", port))
        except OSError:
            one.close()
            time.sleep(0.1)
        else:
            one.sendall(HANDSHAKE.encode())
            return one
    raise AssertionError("the server ended before it listened")


@pytest.mark.timeout(120)  # a process that loads Django, on a machine that may be busy
def test_who_does_not_read_is_cut_when_a_mebibyte_waits(tmp_path):
    told = tmp_path / "told"
    port = free_port()
    server = serve(port, "tests.runtime.talkative:application", TALKATIVE_FILE=str(told))
    try:
        with deaf_socket(port, server):
            deadline = time.monotonic() + 60
            while not told.exists() and time.monotonic() < deadline:
                time.sleep(0.05)

        sent = int(told.read_text())
        assert 1 * MIB < sent < 1 * MIB + KERNEL_KEEPS
    finally:
        server.kill()
