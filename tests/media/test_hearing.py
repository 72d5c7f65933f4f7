"""Who hears and sees whom: the table, and rooms that follow it packet by packet."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from runtime.media import hearing
from runtime.media.errors import GlareError
from runtime.media.hearing import Mode, Place
from runtime.media.injector import Play
from tests.media.wires import Call

PARTIES = ("customer", "agent", "expert", "supervisor", "interpreter")
NAMES = st.sampled_from(PARTIES)
PLACES = st.builds(
    Place,
    mode=st.sampled_from(Mode),
    to=st.frozensets(NAMES, max_size=2),
    muted=st.frozensets(st.sampled_from(["audio", "video"]), max_size=2),
)
STEPS = st.one_of(
    st.tuples(st.just("join"), NAMES, st.none()),
    st.tuples(st.just("leave"), NAMES, st.none()),
    st.tuples(st.just("share"), NAMES, st.none()),
    st.tuples(st.just("put"), NAMES, PLACES),
    st.tuples(st.just("settle"), st.just(""), st.none()),
)


async def take(call: Call, what: str, name: str, place: Place | None) -> None:
    if what == "join":
        call.join(name)
    elif what == "leave":
        await call.leave(name)
    elif what == "share" and name in call.browsers:
        call.share(name)
    elif what == "put" and place is not None:
        call.put(name, place)
    elif what == "settle":
        call.settle()
    await asyncio.sleep(0)  # tracks that came are connected in the loop's next round


@settings(max_examples=150, deadline=None)
@given(st.lists(STEPS, max_size=25))
def test_nobody_ever_gets_a_packet_of_somebody_the_table_hides(steps: list[Any]) -> None:
    async def run() -> None:
        call = Call()
        for step in steps:
            await take(call, *step)
            for listener, got in call.heard().items():
                assert got <= call.allowed(listener)
        call.settle()
        await asyncio.sleep(0)
        call.settle()
        for listener, got in call.heard().items():
            assert got == call.allowed(listener)
        await call.room.close()

    asyncio.run(run())


@settings(max_examples=60, deadline=None)
@given(st.lists(STEPS, max_size=40))
def test_lines_are_used_again_and_never_outgrow_what_is_sent_at_once(steps: list[Any]) -> None:
    async def run() -> None:
        call = Call()
        for step in steps:
            await take(call, *step)
            call.settle()
        for browser in call.browsers.values():
            # two of its own and a second picture; three of each other party at once
            assert len(browser.lines) <= 3 + 3 * (len(PARTIES) - 1)
        await call.room.close()

    asyncio.run(run())


async def test_line_of_another_sends_nothing_until_its_browser_knows_whose_it_is() -> None:
    call = Call()
    for name in ("agent", "customer"):
        call.join(name)
    call.settle()

    call.put("customer", Place(mode=Mode.MONITOR))
    call.events.clear()  # lost on their way
    call.join("expert")

    assert call.heard()["agent"] == set()
    call.room.parties["agent"].offered_at -= 3600
    call.room.second()
    call.settle()
    assert call.heard()["agent"] == {"expert audio", "expert video"}
    await call.room.close()


async def test_answer_to_an_earlier_offer_is_no_answer() -> None:
    call = Call()
    call.join("agent")
    call.join("customer")
    (_, told), *_ = call.events

    call.room.take_answer("agent", str(told["peer"]), call.browsers["agent"].describe(), "another")

    peer = call.room.parties["agent"].peer
    assert peer is not None
    assert peer.is_offering
    await call.room.close()


async def test_browser_that_leaves_our_offer_without_an_answer_gets_its_way_in_the_end() -> None:
    call = Call()
    call.join("agent")
    for name in ("customer", "expert"):
        call.join(name)
    call.events.clear()
    browser, peer = call.browsers["agent"], call.room.parties["agent"].peer
    assert peer is not None
    assert peer.is_offering
    with pytest.raises(GlareError):
        browser.offer()

    peer.offering_since -= 3600
    browser.offer()

    assert [line.mid for line in peer.lines[:2]] == ["0", "1"]
    call.room.tick(0.0)
    call.settle()
    call.settle()
    assert call.heard()["agent"] == call.allowed("agent")
    await call.room.close()


async def test_place_that_another_has_followed_comes_too_late() -> None:
    call = Call()
    call.put("supervisor", Place(mode=Mode.WHISPER, to=frozenset({"agent"}), turn=5))

    call.put("supervisor", Place(turn=4))

    assert call.room.table["supervisor"].mode is Mode.WHISPER
    await call.room.close()


async def test_music_goes_to_those_on_hold_and_to_nobody_else() -> None:
    call = Call()
    for name in ("agent", "customer"):
        call.join(name)
    call.put("customer", Place(mode=Mode.HOLD))
    call.room.play_music([b"la"])
    call.settle()

    def heard(name: str) -> set[bytes]:
        return {data[12:] for data in call.wire_of(call.browsers[name]).sent}

    async with asyncio.timeout(20):
        while b"la" not in heard("customer"):  # noqa: ASYNC110 - nothing tells of a sent packet
            await asyncio.sleep(0.005)
    assert b"la" not in heard("agent")
    await call.room.close()


async def test_sound_that_has_an_end_is_gone_after_it() -> None:
    call = Call()
    call.join("agent")
    ended = asyncio.Event()
    stop = call.room.stop_playing

    def note(play_id: str) -> None:
        stop(play_id)
        ended.set()

    call.room.stop_playing = note  # type: ignore[method-assign]
    call.room.play("p1", Play([b"hm", b"hm"]))

    async with asyncio.timeout(20):
        await ended.wait()

    call.settle()
    assert call.room.plays == {}
    assert {data[12:] for data in call.wire_of(call.browsers["agent"]).sent} <= {b"hm"}
    await call.room.close()


@pytest.mark.parametrize(
    ("mode", "by_agent", "by_customer"),
    [
        (Mode.NORMAL, {"audio", "video"}, {"audio", "video"}),
        (Mode.MONITOR, set(), set()),
        (Mode.WHISPER, {"audio"}, set()),
        (Mode.HOLD, set(), set()),
        (Mode.WAITING, {"video"}, set()),
    ],
)
def test_what_each_mode_lets_through(mode: Mode, by_agent: set[str], by_customer: set[str]) -> None:
    supervisor = Place(mode=mode, to=frozenset({"agent"}))
    table = {"agent": Place(), "customer": Place(), "supervisor": supervisor}

    def got(listener: str) -> set[str]:
        return {k for k in hearing.KINDS if hearing.gets(table, listener, "supervisor", k)}

    assert (got("agent"), got("customer")) == (by_agent, by_customer)
    is_apart = mode in (Mode.HOLD, Mode.WAITING)
    assert hearing.gets(table, "supervisor", "customer", "audio") is not is_apart


def test_files_hold_only_what_the_call_may_hear() -> None:
    kept = {mode for mode in Mode if hearing.is_kept(Place(mode=mode), "audio")}

    assert kept == {Mode.NORMAL}
    assert not hearing.is_kept(Place(muted=frozenset({"audio"})), "audio")


@pytest.mark.parametrize(
    "fields", [{"mode": "loud"}, {"to": "agent"}, {"to": 3}, {"muted": ["smell"]}, {"turn": "x"}]
)
def test_place_that_cannot_be_is_refused(fields: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"\w"):
        hearing.place_of(fields, Place())


def test_field_that_is_not_named_stays() -> None:
    former = Place(mode=Mode.WHISPER, to=frozenset({"agent"}), turn=2)

    place = hearing.place_of({"muted": ["audio"], "turn": 3}, former)

    assert place.mode is Mode.WHISPER
    assert (place.muted, place.turn) == (frozenset({"audio"}), 3)
