"""The error family of the media worker: each carries the code the worker protocol gives it."""

from __future__ import annotations


class MediaError(Exception):
    """A request that cannot be carried out; `code` is one of the protocol's codes of failure."""

    code = "internal"


class BadSdpError(MediaError):
    """A session description that cannot be read or accepted."""

    code = "bad_sdp"


class GlareError(MediaError):
    """A browser's offer while ours has no answer: it gives way, answers, and offers again."""

    code = "glare"


class BadGrantError(MediaError):
    """A grant that is unreadable, expired or for another room."""

    code = "bad_grant"


class StaleGenerationError(MediaError):
    """A request of a generation that another has followed."""

    code = "stale_generation"

    def __init__(self, *, room: str, asked: int, held: int) -> None:
        super().__init__(f"room {room!r} is at generation {held}, the request says {asked}")


class UnknownRoomError(MediaError):
    """No such room at that generation."""

    code = "unknown_room"


class UnknownPartyError(MediaError):
    """No such party, or not with that peer."""

    code = "unknown_party"


class UnknownRecordingError(MediaError):
    """Nothing is recorded under that id."""

    code = "unknown_recording"


class UnknownRequestError(MediaError):
    """No request has that name."""

    code = "unknown_request"


class NoVideoError(MediaError):
    """A picture of a party that sends none."""

    code = "no_video"


class BadSoundError(MediaError):
    """A sound that is not there or cannot be played."""

    code = "bad_sound"


class BadPictureError(MediaError):
    """An image that cannot be shown."""

    code = "bad_picture"


class FrameTimeoutError(MediaError):
    """No whole picture came in time."""

    code = "timeout"


class OverloadedError(MediaError):
    """No room for another room."""

    code = "overloaded"


class MalformedRequestError(MediaError):
    """A request lacks a field, or has one of another kind."""

    code = "malformed"
