"""Three servers that can join two parties: ours, Janus, aiortc's MediaRelay."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

from tests.bench.curve_page import Party
from tests.bench.janus import janus
from tests.media.site import Site, WorkerProcess, grant
from tests.rig.link import SERVER

ROLES = ("agent", "customer")
Pair = list[Party]
Way = Callable[[Pair, Path], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def ours(pair: Pair, folder: Path) -> AsyncIterator[None]:
    """Our worker, recording; the parties offer what our own pages offer."""
    site = Site()
    await site.start()
    worker = WorkerProcess(site, folder, advertise=(SERVER,))
    await worker.start()
    await site.ask("room.open")
    for role, party in zip(ROLES, pair, strict=True):
        await party.begin(has_audio_nack=True)
        told = await site.ask("peer.offer", party=role, peer=role, sdp=await party.offer())
        await party.take_answer(told["sdp"])
    answering = asyncio.create_task(_answer_offers(site, pair))
    recorded = [{"party": role, "role": role} for role in ROLES]
    await site.ask("record.start", recording="rec", parties=recorded, grant=grant("r1", 1))
    try:
        yield
    finally:
        answering.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await answering
        await worker.kill()  # who is told to leave waits for its rooms to go first
        await site.stop()


async def _answer_offers(site: Site, pair: Pair) -> None:
    """The worker offers each party the tracks of the other as they come."""
    answered = 0
    while True:
        for event in (offers := site.find("offer"))[answered:]:
            role = event["data"]["party"]
            sdp = await pair[ROLES.index(role)].take_offer(event["data"]["sdp"])
            known = {"party": role, "peer": role, "offer": event["id"]}
            await site.ask("peer.answer", **known, sdp=sdp)
        answered = len(offers)
        await asyncio.sleep(0.02)


@asynccontextmanager
async def by_janus(pair: Pair, folder: Path) -> AsyncIterator[None]:
    """Janus's `videocall`, recording."""
    async with janus(folder) as server:
        caller, callee = await server.call()
        for party in pair:
            await party.begin()
        await caller.ring(callee, await pair[0].offer())
        incoming = await callee.event("incomingcall")
        await callee.accept(await pair[1].take_offer(incoming["jsep"]["sdp"]))
        accepted = await caller.event("accepted")
        await pair[0].take_answer(accepted["jsep"]["sdp"])
        for leg in (caller, callee):
            await leg.record()
        yield


@asynccontextmanager
async def by_relay(pair: Pair, _folder: Path) -> AsyncIterator[None]:
    """Stock aiortc with MediaRelay: it decodes and encodes, and does not record here."""
    child = await asyncio.create_subprocess_exec(
        sys.executable,
        str(Path(__file__).with_name("media_baseline.py")),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        limit=1 << 20,
    )
    assert child.stdin is not None
    assert child.stdout is not None
    for party in pair:
        await party.begin()
    offers = [await party.offer() for party in pair]
    child.stdin.write((json.dumps({"folder": "", "offers": offers}) + "\n").encode())
    try:
        told = json.loads(await asyncio.wait_for(child.stdout.readline(), 30))
        for party, answer in zip(pair, told["answers"], strict=True):
            await party.take_answer(answer)
        yield
    finally:
        child.stdin.close()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), 10)
        if child.returncode is None:
            child.kill()


WAYS: dict[str, Way] = {"ours": ours, "janus": by_janus, "relay": by_relay}
