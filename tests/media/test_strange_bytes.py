"""Nothing that anybody can send raises, stops a worker or ends the call of another."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.bench.media_party import Party
from tests.media.parsers import PARSERS, SEEDS
from tests.media.site import Site, WorkerProcess

STRANGE = 300


@pytest.mark.parametrize("name", PARSERS)
def test_parser_takes_any_bytes(name: str) -> None:
    @given(st.binary(max_size=300))
    def read(data: bytes) -> None:
        PARSERS[name](data)

    read()


@pytest.mark.parametrize("name", PARSERS)
def test_parser_takes_damaged_messages(name: str) -> None:
    @given(
        seed=st.sampled_from(SEEDS[name]),
        changes=st.lists(st.tuples(st.integers(0, 400), st.integers(0, 255)), max_size=8),
        cut=st.integers(0, 400),
        tail=st.binary(max_size=20),
    )
    def read(seed: bytes, changes: list[tuple[int, int]], cut: int, tail: bytes) -> None:
        data = bytearray(seed)
        for at, value in changes:
            data[at % len(data)] = value
        PARSERS[name](bytes(data[: max(1, cut)]) + tail)

    read()


async def test_connected_browser_may_send_anything_and_is_still_heard(
    site: Site, worker: WorkerProcess
) -> None:
    await site.ask("room.open")
    party = Party("r1", "agent")
    asked = {"party": "agent", "peer": party.id, "sdp": party.describe("actpass")}
    answer = await site.ask("peer.offer", "r1", 1, **asked)
    await party.connect(answer["sdp"], ("127.0.0.1", worker.port))
    chance = random.Random(3)

    for number in range(STRANGE):
        strange = chance.randbytes(chance.randrange(1, 400))
        await party._dtls._send_data(strange)  # as SCTP would come
        party.socket.send(bytes([chance.choice([20, 22, 23, 63, 128, 144, 191])]) + strange)
        sealed = party._protect(b"\x90\x60" + strange + bytes(12))
        if sealed is not None:
            party.socket.send(sealed)
        head = bytes([0x80 | number % 32, 200 + number % 8])
        party.socket.send(party._dtls._tx_srtp.protect_rtcp(head + strange + bytes(8)))
    for _ in range(10):
        party.send("audio")

    async def has_heard() -> bool:
        party.send("audio")
        stats = await site.ask("stats.read")
        tracks = stats["parties"][0]["tracks"]
        return any(track["kind"] == "audio" and track["packets"] > 0 for track in tracks)

    while not await has_heard():
        await site.until(lambda: True)
    assert (await site.ask("stats.read"))["parties"][0]["state"] == "connected"
    assert "Traceback" not in worker.log_text()
    assert "datagram_failed" not in worker.log_text()
