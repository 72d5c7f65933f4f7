"""What can be asked of a room without any flow: published pictures, taps, chapters."""

from __future__ import annotations

import base64
import io
import wave
from typing import Any

import pytest
from PIL import Image

from runtime.media.synthetic import h264_payloads, vp8_payloads
from tests.media.conftest import Dial
from tests.media.site import RefusedError, Site, WorkerProcess, grant


def image_of(colour: tuple[int, int, int]) -> str:
    out = io.BytesIO()
    Image.new("RGB", (320, 240), colour).save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.mark.parametrize("codec", ["vp8", "h264"])
async def test_published_picture_is_seen_by_those_it_is_for(
    site: Site, worker: WorkerProcess, dial: Dial, codec: str
) -> None:
    await site.ask("room.open", profile={"codec": codec})
    agent, customer = await dial("agent"), await dial("customer")
    shown: dict[str, Any] = {
        "publish": "avatar",
        "to": ["customer"],
        "sound": "hold",
        "width": 320,
        "height": 240,
    }

    await site.ask("publish.synthetic", image=image_of((200, 40, 40)), **shown)
    again = await site.ask("publish.synthetic", image="not even base64", **shown)
    await site.until(lambda: customer.decoded.get("avatar-video", 0) > 5)
    await site.until(lambda: customer.decoded.get("avatar-audio", 0) > 5)
    await site.ask("publish.stop", publish="avatar")
    await site.until(lambda: "avatar" not in customer.senders())

    assert again == {}
    assert "avatar" not in agent.senders()
    assert not [name for name in agent.decoded if name.startswith("avatar")]


async def test_bar_that_moves_needs_no_image(site: Site, worker: WorkerProcess, dial: Dial) -> None:
    customer = await dial("customer")

    await site.ask("publish.synthetic", publish="test")

    await site.until(lambda: customer.decoded.get("test-video", 0) > 25)


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"image": base64.b64encode(b"no picture").decode()}, "bad_picture"),
        ({"image": "?"}, "malformed"),
        ({"width": 4_000}, "malformed"),
        ({"video": False}, "malformed"),
        ({"sound": "nothing_of_the_kind"}, "bad_sound"),
    ],
)
async def test_what_cannot_be_published_is_refused(
    site: Site, worker: WorkerProcess, fields: dict[str, Any], code: str
) -> None:
    await site.ask("room.open")

    with pytest.raises(RefusedError) as refused:
        await site.ask("publish.synthetic", publish="p", **fields)

    assert refused.value.code == code


async def test_tap_takes_pictures_so_many_a_second(
    site: Site, worker: WorkerProcess, dial: Dial
) -> None:
    customer = await dial("customer")
    await customer.ask("party.add", role="customer")
    asked: dict[str, Any] = {"tap": "eyes", "party": "customer", "hz": 2, "grant": grant("r1", 1)}

    await site.ask("tap.video", **asked)
    await site.ask("tap.video", **asked)
    await site.until(lambda: len(site.find("tapped", tap="eyes")) >= 2)
    await site.ask("tap.stop", tap="eyes")

    first, second = [event["data"] for event in site.find("tapped", tap="eyes")][:2]
    assert (first["n"], second["n"]) == (0, 1)
    assert (first["width"], first["height"]) == (320, 240)
    assert (worker.media / first["path"]).read_bytes()[:2] == b"\xff\xd8"


async def test_tap_takes_sound_as_pcm_and_nothing_of_who_is_mute(
    site: Site, worker: WorkerProcess, dial: Dial
) -> None:
    await dial("customer")

    await site.ask("tap.audio", tap="ears", party="customer", rate=8_000, grant=grant("r1", 1))
    await site.until(lambda: len(site.find("tapped", tap="ears")) >= 2)
    await site.ask("party.mute", party="customer", muted=["audio"])
    known = len(site.find("tapped", tap="ears"))
    await site.ask("tap.stop", tap="ears")

    told = site.find("tapped", tap="ears")[1]["data"]
    with wave.open(str(worker.media / told["path"])) as file:
        assert (file.getframerate(), file.getnframes()) == (8_000, 8_000)
        loudest = max(map(abs, memoryview(file.readframes(8_000)).cast("h")))
    assert loudest > 1_000
    assert told["kind"] == "audio"
    assert len(site.find("tapped", tap="ears")) <= known + 1


@pytest.mark.parametrize(
    ("kind", "fields", "code"),
    [
        ("tap.video", {"hz": 50}, "malformed"),
        ("tap.audio", {"rate": 44_100}, "malformed"),
        ("tap.audio", {"party": "nobody"}, "unknown_party"),
        ("tap.audio", {"grant": grant("r2", 1)}, "bad_grant"),
    ],
)
async def test_tap_that_cannot_be_is_refused(
    site: Site, worker: WorkerProcess, kind: str, fields: dict[str, Any], code: str
) -> None:
    await site.ask("room.open", parties=[{"party": "customer", "role": "customer"}])
    asked: dict[str, Any] = {"tap": "t", "party": "customer", "hz": 1, "grant": grant("r1", 1)}

    with pytest.raises(RefusedError) as refused:
        await site.ask(kind, **{**asked, **fields})
    await site.ask("tap.stop", tap="t")

    assert refused.value.code == code


async def test_chapter_is_one_moment_however_often_it_is_named(
    site: Site, worker: WorkerProcess, dial: Dial
) -> None:
    await dial("customer")
    parties = [{"party": "customer", "role": "customer"}]
    started = await site.ask("record.start", recording="rec", parties=parties, grant=grant("r1", 1))

    first = await site.ask("record.chapter", recording="rec", chapter="consent")
    again = await site.ask("record.chapter", recording="rec", chapter="consent")
    with pytest.raises(RefusedError) as refused:
        await site.ask("record.chapter", recording="other", chapter="consent")

    assert again == first
    assert first["at_ms"] - first["offset_ms"] == started["started_at_ms"]
    assert refused.value.code == "unknown_recording"


def test_large_pictures_are_cut_as_their_formats_say() -> None:
    vp8 = vp8_payloads(bytes(2_500))
    unit = b"\x65" + bytes([7]) * 2_500
    h264 = h264_payloads(b"\x00\x00\x00\x01\x67abc\x00\x00\x01" + unit)

    assert [part[0] for part in vp8] == [0x10, 0, 0]
    assert b"".join(part[1:] for part in vp8) == bytes(2_500)
    assert h264[0] == b"\x67abc"
    assert [(part[0], part[1]) for part in h264[1:]] == [(0x7C, 0x85), (0x7C, 5), (0x7C, 0x45)]
    assert b"\x65" + b"".join(part[2:] for part in h264[1:]) == unit
