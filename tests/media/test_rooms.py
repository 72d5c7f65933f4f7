"""Rooms of more than two, with stock aiortc peers: joining, leaving, hidden, on hold, in glare."""

from __future__ import annotations

import array
import asyncio
import math
from base64 import b64encode
from typing import Any

import pytest

from tests.media.conftest import Dial
from tests.media.peers import Caller, MovingPicture, Tone
from tests.media.site import RefusedError, Site, WorkerProcess, grant

MANY = ("customer", "agent", "expert", "interpreter", "supervisor", "second", "third", "fourth")


async def until_gets(caller: Caller, *tracks: str) -> None:
    """Wait until a caller decodes new frames of each of these tracks, as `expert-video`."""
    before = dict(caller.decoded)
    wanted = set(tracks)
    await caller.site.until(
        lambda: all(caller.decoded.get(name, 0) > before.get(name, 0) + 2 for name in wanted)
    )


async def test_three_see_and_hear_one_another_whoever_comes_and_goes(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    expert = await dial("expert")

    await until_gets(agent, "customer-audio", "customer-video", "expert-audio", "expert-video")
    await until_gets(customer, "agent-video", "expert-audio", "expert-video")
    await until_gets(expert, "agent-audio", "agent-video", "customer-video", "customer-audio")

    await expert.ask("party.remove")
    await site.until(lambda: "expert" not in agent.senders())
    await dial("interpreter")

    await until_gets(agent, "interpreter-audio", "interpreter-video", "customer-video")
    assert len(agent.connection.getTransceivers()) == 4
    assert "Traceback" not in worker.log_text()


async def test_eight_are_in_one_room_and_the_ninth_is_told_so(dial: Dial, site: Site) -> None:
    callers = {}
    for name in MANY:
        callers[name] = await dial(name, tracks=[MovingPicture(size=(80, 60), per_s=3)])

    for name, caller in callers.items():
        await until_gets(caller, *(f"{other}-video" for other in MANY if other != name))

    with pytest.raises(RefusedError) as refused:
        await dial("ninth")
    assert refused.value.code == "overloaded"


async def test_second_picture_is_offered_by_the_browser_and_reaches_the_others(
    dial: Dial,
) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await until_gets(agent, "customer-video")

    await customer.offer_track(MovingPicture())

    await until_gets(agent, "customer-video-2", "customer-video")
    await until_gets(customer, "agent-video")


async def test_both_sides_offer_at_once_and_all_arrives(dial: Dial, site: Site) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await until_gets(agent, "customer-video")
    agent.answers = False

    await dial("expert")
    await site.until(lambda: len(site.find("offer", peer=agent.peer)) == 2)
    with pytest.raises(RefusedError) as glare:
        await agent.offer_track(MovingPicture())
    agent.answers = True
    await until_gets(agent, "expert-video")
    await agent.offer_again()

    assert glare.value.code == "glare"
    await until_gets(customer, "agent-video-2", "agent-video")


async def test_twenty_negotiations_use_the_same_lines(dial: Dial, site: Site) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await until_gets(agent, "customer-video")

    for turn in range(10):
        await customer.ask("party.place", mode="hold", turn=2 * turn)
        await site.until(lambda: "customer" not in agent.senders())
        await customer.ask("party.place", mode="normal", turn=2 * turn + 1)
        await site.until(lambda: "customer" in agent.senders())

    assert len(agent.offers) >= 20
    assert len(agent.connection.getTransceivers()) == 2
    await until_gets(agent, "customer-audio", "customer-video")
    await until_gets(customer, "agent-audio", "agent-video")


async def test_supervisor_monitors_whispers_and_barges_in(dial: Dial, site: Site) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await site.ask("party.add", party="supervisor", role="supervisor", mode="monitor", turn=1)
    supervisor = await dial("supervisor")
    await until_gets(supervisor, "agent-audio", "agent-video", "customer-audio", "customer-video")
    assert "supervisor" not in agent.senders() | customer.senders()

    await supervisor.ask("party.place", mode="whisper", to=["agent"], turn=2)
    await until_gets(agent, "supervisor-audio")
    assert "supervisor" not in customer.senders()
    assert agent.decoded.get("supervisor-video", 0) == 0

    await supervisor.ask("party.place", mode="normal", turn=3)
    await until_gets(customer, "supervisor-audio", "supervisor-video")
    await until_gets(agent, "supervisor-video")


async def test_customer_on_hold_hears_music_and_nobody(dial: Dial, site: Site) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await until_gets(customer, "agent-audio")

    await customer.ask("party.place", mode="hold", turn=1)

    await until_gets(customer, "music-audio")
    await site.until(lambda: "customer" not in agent.senders())
    assert customer.senders() == {"music"}

    await customer.ask("party.place", mode="normal", turn=2)
    await until_gets(customer, "agent-audio", "agent-video")
    await site.until(lambda: "music" not in customer.senders())


async def test_muted_party_is_told_by_the_table_and_not_heard(dial: Dial, site: Site) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await until_gets(agent, "customer-audio", "customer-video")

    await customer.ask("party.mute", muted=["audio"])

    await site.until(lambda: "customer-audio" not in agent.tracks().values())
    await until_gets(agent, "customer-video")
    told = {one["party"]: one for one in (await site.ask("stats.read"))["parties"]}
    assert told["customer"]["muted"] == ["audio"]


async def test_pcm_is_played_to_one_and_a_repeated_request_plays_it_once(
    dial: Dial, site: Site
) -> None:
    agent, customer = await dial("agent"), await dial("customer")
    await until_gets(agent, "customer-audio")
    wave = array.array("h", (int(8000 * math.sin(at / 6)) for at in range(16_000)))
    sound: dict[str, Any] = {
        "pcm": b64encode(wave.tobytes()).decode(),
        "rate": 16_000,
        "loop": True,
    }

    first = await site.ask("play", play="p1", to=["customer"], **sound)
    again = await site.ask("play", play="p1", to=["customer"], **sound)

    assert 900 <= first["duration_ms"] <= 1000
    assert again == {}
    await until_gets(customer, "p1-audio", "agent-audio")
    assert "p1" not in agent.senders()
    await site.ask("play.stop", play="p1")
    await site.until(lambda: "p1" not in customer.senders())


async def test_rooms_table_comes_with_the_room(dial: Dial, site: Site) -> None:
    places = [{"party": "customer", "role": "customer", "mode": "hold", "turn": 4}]

    await site.ask("room.open", "r1", 1, parties=places)

    told = (await site.ask("stats.read"))["parties"]
    assert [(one["party"], one["mode"], one["state"]) for one in told] == [
        ("customer", "hold", "away")
    ]


async def test_lines_of_who_is_awaited_are_in_the_first_answer(dial: Dial, site: Site) -> None:
    agent = {"party": "agent", "role": "agent", "sends": ["audio", "video"]}
    await site.ask("room.open", "r1", 1, parties=[agent])
    customer = await dial("customer")
    named = set(customer.tracks().values())

    await dial("agent")

    await until_gets(customer, "agent-audio", "agent-video")
    assert named == {"agent-audio", "agent-video"}
    assert customer.offers == []


async def test_who_comes_with_less_than_awaited_has_no_line_for_it(dial: Dial, site: Site) -> None:
    customer = await dial("customer")
    await site.ask("party.add", party="agent", role="agent", sends=["audio", "video"])
    await site.until(lambda: customer.senders() == {"agent"})

    await dial("agent", tracks=[Tone()])

    await until_gets(customer, "agent-audio")
    await site.until(lambda: set(customer.tracks().values()) == {"agent-audio"})


@pytest.mark.parametrize(
    ("kind", "params", "code"),
    [
        ("party.add", {"party": "agent", "sends": ["smell"]}, "malformed"),
        ("party.place", {"party": "nobody", "mode": "hold"}, "unknown_party"),
        ("party.add", {"party": "agent", "mode": "loud"}, "malformed"),
        ("play", {"play": "p", "sound": "nothing-of-that-name"}, "bad_sound"),
        ("play", {"play": "p", "pcm": "???", "rate": 16_000}, "malformed"),
        ("play", {"play": "p", "pcm": "", "rate": 44_100}, "malformed"),
        ("play", {"play": "p", "pcm": "", "rate": 16_000}, "bad_sound"),
    ],
)
async def test_request_that_makes_no_sense_is_refused(
    site: Site, worker: WorkerProcess, kind: str, params: dict[str, Any], code: str
) -> None:
    await site.ask("room.open")

    with pytest.raises(RefusedError) as refused:
        await site.ask(kind, **params)

    assert refused.value.code == code


async def test_recording_holds_nobody_who_was_not_named(
    dial: Dial, site: Site, worker: WorkerProcess
) -> None:
    agent, expert = await dial("agent"), await dial("expert")
    await until_gets(agent, "expert-video")
    named = [{"party": "agent", "role": "agent"}]
    await site.ask("record.start", recording="rec", parties=named, grant=grant("r1", 1))
    await asyncio.sleep(1)

    stopped = await site.ask("record.stop", recording="rec")

    assert [one["party"] for one in stopped["files"]] == ["agent"]
    await until_gets(expert, "agent-video")
