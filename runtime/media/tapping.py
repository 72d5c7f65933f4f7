"""Requests for what is taken out of a room while it goes on: pictures so many a second, PCM."""

from __future__ import annotations

from functools import partial

from runtime.media.archive import Archive, Emit
from runtime.media.delivery import read_grant
from runtime.media.errors import MalformedRequestError
from runtime.media.fields import name_of, number_of
from runtime.media.link import Message
from runtime.media.playing import PCM_RATES
from runtime.media.room import Room
from runtime.media.taps import MAX_HZ, MIN_HZ, AudioTap, Outlet, VideoTap

USUAL_RATE = 16_000


class Tapping:
    """`tap.video`, `tap.audio` and their end: the same id again changes nothing."""

    def __init__(self, archive: Archive, emit: Emit) -> None:
        self._archive = archive
        self._emit = emit

    async def tap_video(self, room: Room, params: Message) -> Message:
        """A picture of a party `hz` times a second."""
        hz = number_of(params, "hz", MIN_HZ, MAX_HZ)
        outlet = self._outlet_of(room, params)
        room.tap(VideoTap(outlet, room.get_party(outlet.party).pictures, hz))
        return {}

    async def tap_audio(self, room: Room, params: Message) -> Message:
        """A party's sound as PCM, a second a piece."""
        rate = params.get("rate", USUAL_RATE)
        if rate not in PCM_RATES:
            raise MalformedRequestError(f"'rate' of PCM is one of {PCM_RATES}")
        room.tap(AudioTap(self._outlet_of(room, params), rate))
        return {}

    async def stop(self, room: Room, params: Message) -> Message:
        room.stop_tap(name_of(params, "tap"))
        return {}

    def _outlet_of(self, room: Room, params: Message) -> Outlet:
        party = room.get_party(name_of(params, "party"))
        return Outlet(
            tap=name_of(params, "tap"),
            party=party.id,
            grant=read_grant(params.get("grant"), room.id, room.generation),
            put=self._archive.deliver,
            tell=partial(self._emit, room.id, room.generation, "tapped"),
        )
