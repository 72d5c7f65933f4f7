"""Somebody measures the way to a worker before there is a call: plain STUN, answered plainly."""

from __future__ import annotations

import asyncio
from struct import pack

import pytest
from typing_extensions import override

from runtime.media import stun
from tests.media.site import Site, WorkerProcess


async def test_somebody_who_measures_the_way_is_told_their_address(
    site: Site, worker: WorkerProcess
) -> None:
    loop = asyncio.get_running_loop()
    heard: asyncio.Queue[bytes] = asyncio.Queue()

    class Browser(asyncio.DatagramProtocol):
        @override
        def datagram_received(self, data: bytes, addr: object) -> None:
            heard.put_nowait(data)

    transport, _ = await loop.create_datagram_endpoint(
        Browser, remote_addr=("127.0.0.1", worker.port)
    )
    asked = pack("!HHI", 1, 0, stun.COOKIE) + bytes(range(12))
    transport.sendto(asked)
    answer = await asyncio.wait_for(heard.get(), 60)
    host, port = transport.get_extra_info("sockname")
    transport.close()

    assert answer == stun.mapped(asked[8:20], host, port)
    assert len(answer) == 32


@pytest.mark.parametrize("kind", [0x0011, 0x0101, 0x0003])
def test_only_a_plain_binding_request_measures(kind: int) -> None:
    assert stun.find_probe(pack("!HHI", kind, 0, stun.COOKIE) + bytes(12)) is None
    assert stun.find_probe(pack("!HHI", 1, 4, stun.COOKIE) + bytes(12)) is None
    assert stun.find_probe(b"\x00\x01") is None
