"""One video of a whole recording: who is seen when, what is heard, and that it plays."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import asdict
from pathlib import Path

import av
import pytest
from av.audio.frame import AudioFrame
from av.video.frame import VideoFrame
from hypothesis import given
from hypothesis import strategies as st

from runtime.composer import render
from runtime.composer.plan import (
    FRAMES_PER_S,
    HEADER,
    HEIGHT,
    WIDTH,
    Chapter,
    Party,
    Piece,
    Plan,
    grid,
    part_name,
    read_plan,
)
from tests.composer.footage import record

T0 = 1_790_000_000_000


def plan_of(*parties: tuple[str, list[tuple[Path, int, int]]], at: tuple[int, ...] = ()) -> Plan:
    """Parties as (label, [(file, milliseconds after T0, duration)])."""
    return Plan(
        heading="RUN-1",
        zone="Asia/Shanghai",
        parties=tuple(
            Party(
                label=label,
                pieces=tuple(
                    Piece(path=str(path), t0_ms=T0 + after, duration_ms=duration)
                    for path, after, duration in pieces
                ),
            )
            for label, pieces in parties
        ),
        chapters=tuple(Chapter(at_ms=T0 + one, title=f"Step {one}") for one in at),
    )


def compose(plan: Plan, folder: Path) -> Path:
    render.sound(plan, folder)
    for part in range(plan.parts):
        render.pictures(plan, folder, part)
    return render.join(plan, folder)


def colour_at(path: Path, second: float, tile: int, tiles: int) -> str:
    """Which colour is strongest in the middle of a tile at a moment; "dark" where there is none."""
    with av.open(str(path)) as container:
        frame = next(
            one
            for one in container.decode(video=0)
            if isinstance(one, VideoFrame) and (one.time or 0) >= second - 0.001
        )
    place = grid(tiles)[tile]
    middle = (place.x + place.width // 2, place.y + place.height // 2)
    red, green, blue = frame.to_image().getpixel(middle)  # type: ignore[no-untyped-call]
    if max(red, green, blue) < 100:
        return "dark"
    return max((red, "red"), (green, "green"), (blue, "blue"))[1]


def loudness(path: Path) -> dict[int, float]:
    """Tenth of a second -> largest sample of it, 0 to 1."""
    found: dict[int, float] = {}
    with av.open(str(path)) as container:
        for frame in container.decode(audio=0):
            assert isinstance(frame, AudioFrame)
            peak = max(abs(one) for one in memoryview(bytes(frame.planes[0])).cast("f"))
            tenth = round((frame.time or 0) * 10)
            found[tenth] = max(found.get(tenth, 0.0), peak)
    return found


def test_two_parties_side_by_side_with_a_gap_and_chapters(tmp_path: Path) -> None:
    early = record(tmp_path / "a.webm", seconds=3)
    later = record(tmp_path / "b.webm", seconds=3)
    phone = record(tmp_path / "c.webm", seconds=4, colour="blue", size=(240, 320))
    plan = plan_of(
        ("Customer", [(phone, 2000, 4000)]),
        ("Vera Lenz, Agent", [(early, 0, 3000), (later, 7000, 3000)]),
        at=(1000, 6000),
    )

    whole = compose(plan, tmp_path)

    assert colour_at(whole, 1.0, 0, 2) == "dark"  # the customer has not come yet
    assert colour_at(whole, 1.0, 1, 2) == "red"
    assert colour_at(whole, 3.5, 0, 2) == "blue"
    assert colour_at(whole, 6.5, 1, 2) == "dark"  # nothing was received
    assert colour_at(whole, 9.0, 1, 2) == "red"
    with av.open(str(whole)) as container:
        assert container.format.name.startswith("mov,mp4")
        assert [one["metadata"]["title"] for one in container.chapters()] == [
            "Step 1000",
            "Step 6000",
        ]
        times = [
            packet.pts * packet.time_base
            for packet in container.demux(video=0)
            if packet.pts is not None
        ]
    assert len(times) == plan.duration_ms * FRAMES_PER_S // 1000
    assert times == sorted(times)
    assert abs(float(times[-1]) - 10) < 0.1
    heard = loudness(whole)
    assert heard[25] > 1.5 * heard[15] > 0.1  # both speak, one speaks
    assert all(heard[one] < 0.01 for one in range(62, 69))
    assert heard[95] > 0.1
    assert max(heard) in (99, 100)
    assert whole.read_bytes().find(b"moov") < whole.read_bytes().find(b"mdat")


def test_part_is_whole_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    plan = plan_of(("Customer", [(record(tmp_path / "a.webm", seconds=1), 0, 1000)]))

    def fail(*_given: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(render, "_draw", fail)
    with pytest.raises(KeyboardInterrupt):
        render.pictures(plan, tmp_path, 0)

    assert sorted(one.name for one in tmp_path.iterdir()) == ["a.webm"]


def test_file_that_was_cut_off_gives_what_comes_before(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.webm", seconds=4).read_bytes()
    cut = tmp_path / "cut.webm"
    cut.write_bytes(whole[: len(whole) // 2])
    (tmp_path / "none.webm").write_bytes(b"no video at all")
    plan = plan_of(("Customer", [(cut, 0, 4000)]), ("Agent", [(tmp_path / "none.webm", 0, 4000)]))

    made = compose(plan, tmp_path)

    assert colour_at(made, 0.5, 0, 2) == "red"
    assert colour_at(made, 0.5, 1, 2) == "dark"


def test_process_of_its_own_does_one_piece_of_work(tmp_path: Path) -> None:
    plan = plan_of(("Customer", [(record(tmp_path / "a.webm", seconds=1), 0, 1000)]))
    task = {"plan": asdict(plan), "folder": str(tmp_path), "do": "pictures", "part": 0}

    done = subprocess.run(
        [sys.executable, "-m", "runtime.composer"],
        input=json.dumps(task),
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )

    told = json.loads(done.stdout)
    assert told["bytes"] == (tmp_path / part_name(0)).stat().st_size > 0
    assert read_plan(json.loads(json.dumps(task))["plan"]) == plan


@given(st.integers(1, 6))
def test_tiles_are_even_apart_and_within_the_picture(parties: int) -> None:
    tiles = grid(parties)

    assert len(tiles) == parties
    for one in tiles:
        assert one.y >= HEADER
        assert one.y + one.height <= HEIGHT
        assert one.x >= 0
        assert one.x + one.width <= WIDTH
        assert {one.x % 2, one.y % 2, one.width % 2, one.height % 2} == {0}
    for n, one in enumerate(tiles):
        for other in tiles[n + 1 :]:
            beside = one.x + one.width <= other.x or other.x + other.width <= one.x
            assert beside or one.y + one.height <= other.y or other.y + other.height <= one.y


def test_seven_parties_do_not_fit() -> None:
    with pytest.raises(ValueError, match="7 parties"):
        grid(7)
