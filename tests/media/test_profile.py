"""What a room's media may be: asked for when it is opened, changed while people are in it."""

from __future__ import annotations

from typing import Any

import pytest

from runtime.media import profile
from runtime.media.errors import MalformedRequestError
from runtime.media.profile import Profile
from tests.media.conftest import Dial
from tests.media.peers import Caller
from tests.media.site import RefusedError, Site, WorkerProcess


def allowed_bps(caller: Caller) -> int:
    """What the worker lets the caller's picture have, as its encoder was told."""
    senders = caller.connection.getSenders()
    video = next(one for one in senders if one.track is not None and one.track.kind == "video")
    encoder = getattr(video, "_RTCRtpSender__encoder")  # noqa: B009 - private to its class
    return int(getattr(encoder, "target_bitrate", 0))


async def test_browsers_are_held_to_the_rate_of_the_profile(
    site: Site, worker: WorkerProcess, dial: Dial
) -> None:
    await site.ask("room.open", profile={"max_kbps": 100, "min_kbps": 60})
    agent = await dial("agent")
    await dial("customer")
    first = Profile(max_kbps=100).most_of(1)
    await site.until(lambda: allowed_bps(agent) == first)

    await site.ask("profile.set", profile={"max_kbps": 400}, turn=2)
    await site.ask("profile.set", profile={"max_kbps": 800}, turn=1)
    second = Profile(max_kbps=400).most_of(1)
    await site.until(lambda: allowed_bps(agent) != first)
    await agent.until_frames()

    assert allowed_bps(agent) == second


@pytest.mark.parametrize(
    "wanted",
    [{"codec": "h264"}, {"simulcast": False}, {"max_kbps": "much"}, {"min_kbps": 5_000}, "call"],
)
async def test_profile_that_cannot_be_is_refused(
    site: Site, worker: WorkerProcess, wanted: Any
) -> None:
    await site.ask("room.open")

    with pytest.raises(RefusedError) as refused:
        await site.ask("profile.set", profile=wanted)

    assert refused.value.code == "malformed"


def test_what_is_not_named_stays_and_what_is_not_ours_is_passed_over() -> None:
    first = profile.read({"max_kbps": 900, "echo_cancellation": False}, Profile())

    second = profile.read({"max_height": 360}, first)

    assert second == Profile(max_kbps=900, max_height=360)
    with pytest.raises(MalformedRequestError):
        profile.read({"simulcast": "yes"}, first)
