"""What a room's media may be: read from requests, obeyed by its peers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from runtime.media.errors import MalformedRequestError
from runtime.media.negotiation import VIDEO_CODECS

MOST_HEIGHT, MOST_KBPS = 4_320, 100_000
SPARE_SHARE, SPARE_BPS = 1.25, 250_000
"""Over the rate of the pictures: what is sent again, and the sound."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """Of one room. The codec and whether pictures come in several sizes are settled for good."""

    max_height: int = 720
    max_kbps: int = 1_800
    min_kbps: int = 150
    codec: str = "vp8"
    simulcast: bool = True

    @property
    def max_bps(self) -> int:
        """Of one picture."""
        return 1000 * self.max_kbps

    def most_of(self, pictures: int) -> int:
        """What one browser may send at most, in bits a second, with so many pictures."""
        return int(SPARE_SHARE * self.max_bps * max(1, pictures)) + SPARE_BPS

    @property
    def least(self) -> int:
        """What it may send however weak a receiver is."""
        return 1000 * self.min_kbps


def read(value: object, given: Profile) -> Profile:
    """The profile `given`, changed by what a request names. Raises MalformedRequestError.

    What is not for the worker (how a browser treats its microphone) is passed over.
    """
    if not isinstance(value, dict):
        raise MalformedRequestError("'profile' is an object")
    limits = {"max_height": MOST_HEIGHT, "max_kbps": MOST_KBPS, "min_kbps": MOST_KBPS}
    numbers: dict[str, Any] = {
        name: _number(value, name, most) for name, most in limits.items() if name in value
    }
    profile = replace(given, **numbers)
    if profile.min_kbps > profile.max_kbps:
        raise MalformedRequestError("'min_kbps' is at most 'max_kbps'")
    codec, simulcast = value.get("codec", given.codec), value.get("simulcast", given.simulcast)
    if codec not in VIDEO_CODECS:
        raise MalformedRequestError(f"'codec' is one of {', '.join(VIDEO_CODECS)}")
    if not isinstance(simulcast, bool):
        raise MalformedRequestError("'simulcast' is true or false")
    return replace(profile, codec=codec, simulcast=simulcast)


def _number(value: Mapping[str, object], name: str, most: int) -> int:
    number = value[name]
    if not isinstance(number, int) or isinstance(number, bool) or not 0 < number <= most:
        raise MalformedRequestError(f"{name!r} is a whole number from 1 to {most}")
    return number
