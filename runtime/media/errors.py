"""The error family of the media worker: each carries the code the worker protocol gives it."""

from __future__ import annotations


class MediaError(Exception):
    """A request that cannot be carried out; `code` is one of the protocol's codes of failure."""

    code = "internal"


class BadSdpError(MediaError):
    code = "bad_sdp"


class BadGrantError(MediaError):
    code = "bad_grant"


class StaleGenerationError(MediaError):
    code = "stale_generation"

    def __init__(self, *, room: str, asked: int, held: int) -> None:
        super().__init__(f"room {room!r} is at generation {held}, the request says {asked}")


class UnknownRoomError(MediaError):
    code = "unknown_room"


class UnknownPartyError(MediaError):
    code = "unknown_party"


class UnknownRecordingError(MediaError):
    code = "unknown_recording"


class UnknownRequestError(MediaError):
    code = "unknown_request"


class NoVideoError(MediaError):
    code = "no_video"


class FrameTimeoutError(MediaError):
    code = "timeout"


class OverloadedError(MediaError):
    code = "overloaded"


class MalformedRequestError(MediaError):
    code = "malformed"
