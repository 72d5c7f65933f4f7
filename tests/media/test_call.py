"""Calls of stock aiortc peers through the real worker process."""

from __future__ import annotations

import pytest

from tests.media.conftest import Dial
from tests.media.site import RefusedError, Site, WorkerProcess


async def test_two_peers_see_and_hear_each_other(dial: Dial, worker: WorkerProcess) -> None:
    first = await dial("agent")
    second = await dial("customer")

    await first.until_frames()
    await second.until_frames()

    assert "Traceback" not in worker.log_text()


async def test_first_party_gets_the_others_tracks_by_an_offer(dial: Dial) -> None:
    first = await dial("agent")
    assert first.streams == {}

    second = await dial("customer")
    await first.until_frames(1)

    assert "a=msid:customer customer-video" in first.offers[0]
    assert "a=msid:agent agent-video" in second.connection.remoteDescription.sdp
    assert second.offers == []


async def test_page_loaded_again_is_back_under_the_same_peer_id(dial: Dial, site: Site) -> None:
    first, second = await dial("agent"), await dial("customer")
    await first.until_frames(1)

    second.vanish()
    again = await dial("customer", peer=second.peer)

    await again.until_frames()
    await first.until_frames()
    assert len(first.offers) == 1
    assert site.find("peer_state", peer=second.peer, state="closed") == []


async def test_third_party_reaches_the_others_on_new_lines(dial: Dial, site: Site) -> None:
    first = await dial("agent")
    await dial("customer")
    await first.until_frames(1)

    await dial("supervisor")

    await site.until(lambda: len(first.connection.getTransceivers()) == 4)
    assert "a=msid:supervisor supervisor-video" in first.offers[-1]


async def test_removed_party_frees_its_lines(dial: Dial, site: Site) -> None:
    first = await dial("agent")
    second = await dial("customer")
    await first.until_frames(1)

    await second.ask("party.remove")

    await site.until(lambda: len(site.find("offer", party="agent")) == 2)
    assert "a=msid:customer" not in site.find("offer", party="agent")[-1]["data"]["sdp"]


async def test_peer_states_are_told(dial: Dial, site: Site) -> None:
    caller = await dial("agent")
    await site.until(lambda: site.find("peer_state", peer=caller.peer, state="connected"))

    await caller.hang_up()

    await site.until(lambda: site.find("peer_state", peer=caller.peer, state="closed"))


async def test_stats_tell_what_each_party_sends(dial: Dial, site: Site) -> None:
    first = await dial("agent")
    second = await dial("customer")
    await first.until_frames()
    await second.until_frames()

    stats = await site.ask("stats.read")

    by_party = {told["party"]: told for told in stats["parties"]}
    assert by_party["agent"]["state"] == "connected"
    assert {track["kind"] for track in by_party["customer"]["tracks"]} == {"audio", "video"}
    assert all(track["packets"] > 0 for track in by_party["customer"]["tracks"])


async def test_older_generation_is_refused(dial: Dial, site: Site) -> None:
    await dial("agent", generation=3)

    with pytest.raises(RefusedError) as old:
        await site.ask("party.add", "r1", 2, party="customer", role="customer")
    with pytest.raises(RefusedError) as reopened:
        await site.ask("room.open", "r1", 2)

    assert old.value.code == reopened.value.code == "stale_generation"


async def test_newer_generation_replaces_the_room(dial: Dial, site: Site) -> None:
    await dial("agent", generation=1)

    await site.ask("room.open", "r1", 2)

    assert (await site.ask("stats.read", "r1", 2))["parties"] == []
    with pytest.raises(RefusedError) as stale:
        await site.ask("stats.read", "r1", 1)
    assert stale.value.code == "stale_generation"


@pytest.mark.parametrize(
    ("sdp", "code"),
    [
        ("", "bad_sdp"),
        ("v=0\r\nm=audio x\r\n", "bad_sdp"),
        ("v=0\r\nm=", "bad_sdp"),
        (7, "malformed"),
    ],
)
async def test_unreadable_offer_is_refused(
    site: Site, worker: WorkerProcess, sdp: object, code: str
) -> None:
    await site.ask("room.open")

    with pytest.raises(RefusedError) as refused:
        await site.ask("peer.offer", party="agent", peer="p1", sdp=sdp)

    assert refused.value.code == code


@pytest.mark.parametrize(
    ("kind", "code"),
    [
        ("party.remove", "unknown_room"),
        ("room.dance", "unknown_request"),
        ("record.stop", "unknown_room"),
    ],
)
async def test_impossible_request_is_refused_with_its_code(
    site: Site, worker: WorkerProcess, kind: str, code: str
) -> None:
    with pytest.raises(RefusedError) as refused:
        await site.ask(kind, "nowhere", 1, party="agent", recording="rec1")

    assert refused.value.code == code
