"""The site's requests, one method each: parse, call one verb of the room, give the result."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from functools import partial
from hashlib import sha256

import structlog

from runtime.media import hearing, profile
from runtime.media.archive import Archive, Begun, Emit
from runtime.media.clock import wall_ms
from runtime.media.delivery import Grant, read_grant
from runtime.media.errors import (
    BadSoundError,
    MalformedRequestError,
    NoVideoError,
    OverloadedError,
    StaleGenerationError,
    UnknownRecordingError,
    UnknownRequestError,
    UnknownRoomError,
)
from runtime.media.fields import name_of, objects_of, text_of
from runtime.media.hearing import Mode
from runtime.media.injector import Sounds
from runtime.media.link import Message
from runtime.media.peer import Site
from runtime.media.playing import Playing
from runtime.media.profile import Profile
from runtime.media.recorder import Recording
from runtime.media.room import MUSIC, Party, Room
from runtime.media.spool import Sealed
from runtime.media.tapping import Tapping

HOLD_MUSIC = "hold"  # the sound of that name: the site's own, or the one that comes with us
PLACE_FIELDS = frozenset({"mode", "to", "muted", "turn"})
REMEMBERED_ROOMS = 4096

log = structlog.get_logger(__name__)

Handler = Callable[[Room, Message], Awaitable[Message]]


class Requests:
    """Carries out requests on the worker's rooms."""

    def __init__(
        self,
        rooms: dict[str, Room],
        site: Site,
        archive: Archive,
        sounds: Sounds,
        *,
        emit: Emit,
        capacity: Callable[[], int],
    ) -> None:
        self._rooms = rooms
        self._site = site
        self._archive = archive
        self._sounds = sounds
        self._emit = emit
        self._capacity = capacity
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed: OrderedDict[str, int] = OrderedDict()  # room -> generation it closed at
        playing, tapping = Playing(sounds), Tapping(archive, emit)
        self._handlers: dict[str, Handler] = {
            "room.close": self._close_room,
            "profile.set": self._set_profile,
            "party.add": self._add_party,
            "party.remove": self._remove_party,
            "party.place": self._place_party,
            "party.mute": self._mute_party,
            "play": playing.play,
            "play.stop": playing.stop_playing,
            "publish.synthetic": playing.publish,
            "publish.stop": playing.stop_publishing,
            "tap.video": tapping.tap_video,
            "tap.audio": tapping.tap_audio,
            "tap.stop": tapping.stop,
            "peer.offer": self._offer,
            "peer.restart": self._offer,
            "peer.answer": self._answer,
            "peer.candidate": self._candidate,
            "peer.size": self._size_peer,
            "record.start": self._start_recording,
            "record.stop": self._stop_recording,
            "record.chapter": self._mark_chapter,
            "frame.grab": self._grab_frame,
            "stats.read": self._read_stats,
        }

    async def perform(self, message: Message) -> Message:
        """Carry out one request; raises MediaError."""
        kind = str(message.get("kind"))
        params = message.get("params") or {}
        generation = message.get("generation")
        if not isinstance(params, dict) or not isinstance(generation, int):
            raise MalformedRequestError("a request has an integer generation and an object params")
        room_id = name_of(message, "room")
        if kind == "room.open":
            return await self._open_room(room_id, generation, params)
        handler = self._handlers.get(kind)
        if handler is None:
            raise UnknownRequestError(f"there is no request {kind!r}")
        if kind == "room.close" and room_id not in self._rooms:
            return {}
        return await handler(self._get_room(room_id, generation), params)

    def _get_room(self, room_id: str, generation: int) -> Room:
        room = self._rooms.get(room_id)
        held = room.generation if room is not None else self._closed.get(room_id, -1)
        if generation < held:
            raise StaleGenerationError(room=room_id, asked=generation, held=held)
        if room is None or generation != held:
            raise UnknownRoomError(f"room {room_id!r} is not open at generation {generation}")
        return room

    async def _open_room(self, room_id: str, generation: int, params: Message) -> Message:
        room = self._rooms.get(room_id)
        held = room.generation if room is not None else self._closed.get(room_id, -1)
        if generation < held:
            raise StaleGenerationError(room=room_id, asked=generation, held=held)
        if room is not None and generation != held:
            await self._close_room(room, {})
        if room is None or generation != held:
            room = self._make_room(room_id, generation, params)
        for known in objects_of(params, "parties"):
            await self._add_party(room, known)
        return {}

    def _make_room(self, room_id: str, generation: int, params: Message) -> Room:
        wanted = profile.read(params.get("profile", {}), Profile())
        if len(self._rooms) >= self._capacity():
            raise OverloadedError("the worker takes no more rooms")
        emit = partial(self._emit_of, room_id, generation)
        room = self._rooms[room_id] = Room(room_id, generation, self._site, emit, profile=wanted)
        return room

    def _emit_of(self, room: str, generation: int, kind: str, data: dict[str, object]) -> str:
        return self._emit(room, generation, kind, data)

    async def _set_profile(self, room: Room, params: Message) -> Message:
        """Change what `profile` names; a `turn` lower than the one held changes nothing."""
        wanted, turn = profile.read(params.get("profile"), room.profile), params.get("turn", 0)
        if (wanted.codec, wanted.simulcast) != (room.profile.codec, room.profile.simulcast):
            raise MalformedRequestError("'codec' and 'simulcast' of an open room stay as they are")
        if not isinstance(turn, int):
            raise MalformedRequestError("'turn' is a whole number")
        room.change_profile(wanted, turn)
        return {}

    async def _close_room(self, room: Room, _: Message) -> Message:
        self._rooms.pop(room.id, None)
        self._closed[room.id] = room.generation
        while len(self._closed) > REMEMBERED_ROOMS:
            self._closed.popitem(last=False)
        for recording in list(room.recordings.values()):
            await self._stop(room, recording)
        await room.close()
        return {}

    async def _add_party(self, room: Room, params: Message) -> Message:
        """Somebody with a place; what they are about to send (`sends`) has its lines at once."""
        party = self._admit(room, params)
        self._put(room, party, params)
        room.expect(party, kinds_of(params, "sends"))
        return {}

    async def _place_party(self, room: Room, params: Message) -> Message:
        self._put(room, room.get_party(name_of(params, "party")), params)
        return {}

    async def _mute_party(self, room: Room, params: Message) -> Message:
        """All kinds that are mute from now on; none to let the party be heard again."""
        given: Message = {key: params[key] for key in ("muted", "turn") if key in params}
        self._put(room, room.get_party(name_of(params, "party")), given)
        return {}

    def _put(self, room: Room, party: Party, params: Message) -> None:
        """Give a party the place that `params` name, what they do not name stays."""
        try:
            room.put(party, hearing.place_of(params, party.place))
        except ValueError as error:
            raise MalformedRequestError(str(error)) from error
        if party.place.mode is Mode.HOLD and MUSIC not in room.plays:
            task = asyncio.create_task(self._begin_music(room), name="music")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _begin_music(self, room: Room) -> None:
        """Whoever is on hold hears it as soon as it is read; without it they wait in silence."""
        try:
            frames = await self._sounds.of_file(HOLD_MUSIC)
        except (BadSoundError, OSError) as error:
            log.warning("no_hold_music", reason=str(error))
            return
        if self._rooms.get(room.id) is room:
            room.play_music(frames)

    def _admit(self, room: Room, params: Message) -> Party:
        return room.add(name_of(params, "party"), str(params.get("role", "")))

    async def _remove_party(self, room: Room, params: Message) -> Message:
        await room.remove(name_of(params, "party"))
        return {}

    async def _offer(self, room: Room, params: Message) -> Message:
        """The party's place comes along: nobody is heard before it is known by whom."""
        party = name_of(params, "party")
        peer, text = name_of(params, "peer"), text_of(params, "sdp")
        if PLACE_FIELDS & params.keys():
            self._put(room, self._admit(room, params), params)
        return {"sdp": room.offer(party, peer, text)}

    async def _answer(self, room: Room, params: Message) -> Message:
        party, peer = name_of(params, "party"), name_of(params, "peer")
        room.take_answer(party, peer, text_of(params, "sdp"), str(params.get("offer", "")))
        return {}

    async def _candidate(self, room: Room, params: Message) -> Message:
        """ICE-lite learns addresses from checks, so a candidate only has to be somebody's."""
        room.get_peer(name_of(params, "party"), name_of(params, "peer"))
        return {}

    async def _size_peer(self, room: Room, params: Message) -> Message:
        """How large a picture this browser shows; 0 takes the bound away."""
        peer = room.get_peer(name_of(params, "party"), name_of(params, "peer"))
        height = params.get("max_height")
        if not isinstance(height, int) or height < 0:
            raise MalformedRequestError("'max_height' is a number of lines, 0 for no bound")
        peer.bound_height(height or None)
        return {}

    async def _start_recording(self, room: Room, params: Message) -> Message:
        recording_id = name_of(params, "recording")
        grant = read_grant(params.get("grant"), room.id, room.generation)
        parties = params.get("parties")
        if not isinstance(parties, list) or not parties:
            raise MalformedRequestError("a recording names its parties")
        named = [(name_of(party, "party"), str(party.get("role", ""))) for party in parties]
        recording = room.recordings.get(recording_id)
        if recording is None:
            recording = self._begin(room, recording_id, grant, params)
        for party, role in named:
            recording.add(party, role)
        room.start_recording(recording)
        return {"started_at_ms": recording.started_at_ms}

    async def _stop_recording(self, room: Room, params: Message) -> Message:
        recording = self._recording_of(room, params)
        files = await self._stop(room, recording)
        told = [
            {
                "file": sealed.subject.file,
                "party": sealed.subject.party,
                "role": sealed.subject.role,
                "label": sealed.subject.label,
                "bytes": sealed.bytes,
                "sha256": sealed.sha256,
                "head": sealed.head,
                "duration_ms": sealed.duration_ms,
                "t0_ms": sealed.subject.t0_ms,
            }
            for sealed in files
        ]
        return {"files": told, "duration_ms": max((f.duration_ms for f in files), default=0)}

    def _begin(self, room: Room, recording_id: str, grant: Grant, params: Message) -> Recording:
        """With a second recorder beside it if the flow says so."""
        begun = Begun(
            recording=recording_id,
            room=room.id,
            generation=room.generation,
            grant=grant.text,
            codec=room.profile.codec,
        )
        return self._archive.begin(begun, is_redundant=params.get("redundant") is True)

    async def _stop(self, room: Room, recording: Recording) -> list[Sealed]:
        room.recordings.pop(recording.id, None)
        return await self._archive.stop(recording)

    async def _mark_chapter(self, room: Room, params: Message) -> Message:
        """A moment of a recording by its name; the same again is the same moment."""
        recording = self._recording_of(room, params)
        at_ms = recording.chapters.setdefault(name_of(params, "chapter"), int(wall_ms()))
        return {"at_ms": at_ms, "offset_ms": at_ms - recording.started_at_ms}

    def _recording_of(self, room: Room, params: Message) -> Recording:
        recording_id = name_of(params, "recording")
        recording = room.recordings.get(recording_id)
        if recording is None:
            raise UnknownRecordingError(f"room {room.id!r} records nothing as {recording_id!r}")
        return recording

    async def _grab_frame(self, room: Room, params: Message) -> Message:
        party = room.get_party(name_of(params, "party"))
        evidence = name_of(params, "evidence")
        grant = read_grant(params.get("grant"), room.id, room.generation)
        if party.peer is None:
            raise NoVideoError("the party is away")
        picture = await party.pictures.grab()
        where = await self._archive.deliver(f"{evidence}.jpg", picture.jpeg, grant)
        return where | {
            "evidence": evidence,
            "file": f"{evidence}.jpg",
            "bytes": len(picture.jpeg),
            "sha256": sha256(picture.jpeg).hexdigest(),
            "width": picture.width,
            "height": picture.height,
            "sharpness": picture.sharpness,
            "at_ms": picture.at_ms,
        }

    async def _read_stats(self, room: Room, _: Message) -> Message:
        return {"parties": room.stats()}


def kinds_of(params: Message, key: str) -> list[str]:
    """Kinds of media out of a message, empty when it names none."""
    value = params.get(key, [])
    named = [str(kind) for kind in value] if isinstance(value, list) else [""]
    if not hearing.KINDS.issuperset(named):
        raise MalformedRequestError(f"{key!r} names {', '.join(sorted(hearing.KINDS))} or nothing")
    return named
