"""Requests for what nobody of the room sends: sounds that are played, pictures that are shown."""

from __future__ import annotations

from collections.abc import Sequence

from runtime.media.errors import MalformedRequestError
from runtime.media.fields import bytes_of, name_of, names_of, number_of
from runtime.media.injector import Play, Sounds, encode
from runtime.media.link import Message
from runtime.media.room import MUSIC, Room
from runtime.media.synthetic import Published, Show, paint

PCM_RATES = (8_000, 16_000, 24_000, 48_000)
USUAL_SIZE = (640, 360)
MOST_SIDE = 1_280


class Playing:
    """`play`, `publish.synthetic` and their ends: the same id again changes nothing."""

    def __init__(self, sounds: Sounds) -> None:
        self._sounds = sounds

    async def play(self, room: Room, params: Message) -> Message:
        """A sound by its name, or PCM that came along; answered when it has begun."""
        play_id = name_of(params, "play")
        if play_id in room.plays or play_id == MUSIC:
            return {}
        frames = await self._frames_of(params)
        is_endless = params.get("loop") is True
        room.play(play_id, Play(frames, to=names_of(params, "to"), is_endless=is_endless))
        return {"duration_ms": 20 * len(frames)}

    async def publish(self, room: Room, params: Message) -> Message:
        """A picture (or a bar that moves, for want of one), a sound, or both."""
        publish_id = name_of(params, "publish")
        if publish_id in room.plays or publish_id == MUSIC:
            return {}
        has_sound = "sound" in params or "pcm" in params
        if not has_sound and params.get("video") is False:
            raise MalformedRequestError("there is nothing to publish")
        frames = await self._frames_of(params) if has_sound else ()
        show = None if params.get("video") is False else await _show_of(room, params)
        to = names_of(params, "to")
        sound = Play(frames, to=to, is_endless=params.get("loop") is True) if has_sound else None
        room.play(publish_id, Published(show, sound, to=to))
        return {"duration_ms": 20 * len(frames)}

    async def stop_playing(self, room: Room, params: Message) -> Message:
        room.stop_playing(name_of(params, "play"))
        return {}

    async def stop_publishing(self, room: Room, params: Message) -> Message:
        room.stop_playing(name_of(params, "publish"))
        return {}

    async def _frames_of(self, params: Message) -> Sequence[bytes]:
        if "sound" in params:
            return await self._sounds.of_file(name_of(params, "sound"))
        rate = params.get("rate")
        if rate not in PCM_RATES:
            raise MalformedRequestError(f"'rate' of PCM is one of {PCM_RATES}")
        return await encode(bytes_of(params, "pcm"), rate=rate)


async def _show_of(room: Room, params: Message) -> Show:
    width, height = (
        2 * int(number_of({name: usual, **params}, name, 64, MOST_SIDE) // 2)  # codecs want even
        for name, usual in zip(("width", "height"), USUAL_SIZE, strict=True)
    )
    image = bytes_of(params, "image") if "image" in params else b""
    codec = room.profile.codec
    return Show(await paint(image, codec, (width, height)), codec)
