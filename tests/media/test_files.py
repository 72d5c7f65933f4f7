"""WebM bytes, the chain over them, recovery of torn files."""

from __future__ import annotations

import asyncio
import errno
import os
from dataclasses import replace
from pathlib import Path

import av
import pytest
from hypothesis import given
from hypothesis import strategies as st

from runtime.media import chain, delivery, spool, webm
from runtime.media.spool import SpoolFile, Subject
from tests.media.site import grant

SUBJECT = Subject(
    recording="rec1",
    party="customer",
    role="customer",
    room="r1",
    generation=1,
    grant=grant("r1", 1),
    t0_ms=1_700_000_000_000,
)
SILENCE = b"\xfc\xff\xfe"  # one Opus packet, 20 ms


def sound(first_ms: int, count: int = 20) -> list[webm.Block]:
    return [
        webm.Block(track=webm.AUDIO, at_ms=first_ms + 20 * n, is_key=True, data=SILENCE)
        for n in range(count)
    ]


async def grow(folder: Path, clusters: int) -> SpoolFile:
    file = SpoolFile(folder, SUBJECT)
    for n in range(clusters):
        file.append(sound(400 * n))
    return file


async def test_sealed_file_tells_its_duration(tmp_path: Path) -> None:
    file = await grow(tmp_path, 5)

    sealed = await file.seal(webm.Shape(has_video=False, duration_ms=2000))

    with av.open(str(sealed.path)) as read:
        assert read.duration == 2_000_000
        assert [stream.type for stream in read.streams] == ["audio"]
        assert sum(1 for packet in read.demux() if packet.pts is not None) == 100
    assert chain.find_break(file.links, sealed.path.read_bytes()) is None


async def test_links_are_on_disk_before_the_end(tmp_path: Path) -> None:
    file = await grow(tmp_path, 6)
    await file.seal(webm.Shape(has_video=False, duration_ms=2400))

    links = chain.read_lines(tmp_path / f"{SUBJECT.file}.links")

    assert links == file.links
    assert [link.n for link in links] == list(range(len(links)))
    assert all(link.t0_ms >= SUBJECT.t0_ms for link in links)


async def test_links_are_taken_once_and_not_kept(tmp_path: Path) -> None:
    file = SpoolFile(tmp_path, SUBJECT)
    taken: list[chain.Link] = []
    kept: list[int] = []
    for n in range(12):
        file.append(sound(400 * n))
        await written(file)
        taken += file.take_links()
        kept.append(len(file.links))
    sealed = await file.seal(webm.Shape(has_video=False, duration_ms=4800))
    taken += file.take_links()

    assert taken == chain.read_lines(tmp_path / f"{SUBJECT.file}.links")
    assert chain.find_break(taken, sealed.path.read_bytes()) is None
    assert max(kept) == 1
    assert file.take_links() == []


class SmallDisk:
    """Takes `left` bytes more, and of the write that is too long a part, as a real one does."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.left = 2**31
        self._write = os.pwrite
        monkeypatch.setattr(os, "pwrite", self._take)

    def _take(self, fd: int, data: bytes, at: int) -> int:
        if not self.left:
            raise OSError(errno.ENOSPC, "No space left on device")
        done = self._write(fd, data[: self.left], at)
        self.left -= done
        return done


async def written(file: SpoolFile) -> None:
    """All that was handed over has been tried."""
    await asyncio.wrap_future(spool.WRITER.submit(lambda: None))


@pytest.mark.parametrize("space", [0, 1, 60, 700])
async def test_what_a_full_disk_does_not_take_is_told_and_the_file_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, space: int
) -> None:
    disk = SmallDisk(monkeypatch)
    file = await grow(tmp_path, 5)
    await written(file)
    disk.left = space
    for n in range(5, 10):
        file.append(sound(400 * n))
    await written(file)
    disk.left = 2**31
    for n in range(10, 15):
        file.append(sound(400 * n))

    sealed = await file.seal(webm.Shape(has_video=False, duration_ms=6000))

    whole = sealed.path.read_bytes()
    ((from_ms, to_ms),) = file.take_lost()
    assert chain.find_break(file.links, whole) is None
    assert chain.read_lines(tmp_path / f"{SUBJECT.file}.links") == file.links
    assert 2000 <= from_ms < to_ms < 4000
    assert [one.first_ms for one in webm.find_clusters(whole, webm.HEAD_BYTES)][-5:] == [
        400 * n for n in range(10, 15)
    ]
    assert not file.take_lost()


async def test_a_file_that_had_no_space_to_begin_begins_later(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    disk = SmallDisk(monkeypatch)
    disk.left = 10
    file = await grow(tmp_path, 2)
    await written(file)
    disk.left = 2**31
    for n in range(2, 7):
        file.append(sound(400 * n))

    sealed = await file.seal(webm.Shape(has_video=False, duration_ms=2800))

    assert file.take_lost() == [(0, 780)]
    assert chain.find_break(file.links, sealed.path.read_bytes()) is None


@pytest.mark.parametrize("torn", [0, 1, 7, 500])
async def test_recovery_completes_a_torn_file(tmp_path: Path, torn: int) -> None:
    file = await grow(tmp_path, 7)
    await file.seal(webm.Shape(has_video=False, duration_ms=2800))
    path = tmp_path / SUBJECT.file
    links_path = tmp_path / f"{SUBJECT.file}.links"
    kept = [link for link in file.links if not link.final][:2]
    clusters_end = file.links[-2].offset
    path.write_bytes(path.read_bytes()[: clusters_end - torn])
    half_a_line = chain.to_line(file.links[2])[:40]
    links_path.write_text("".join(map(chain.to_line, kept)) + half_a_line)

    sealed, links = delivery.recover(tmp_path, SUBJECT, None)

    assert chain.find_break(links, path.read_bytes()) is None
    assert links[:2] == kept
    assert links[-1].final
    assert links[-1].recovered
    assert sealed.head == links[-1].head
    assert chain.read_lines(links_path) == links
    with av.open(str(path)) as read:
        whole = 7 if torn == 0 else 6
        if torn < 180:
            assert sum(1 for packet in read.demux() if packet.pts is not None) == 20 * whole


async def test_recovery_of_an_empty_file_gives_a_chain(tmp_path: Path) -> None:
    (tmp_path / SUBJECT.file).write_bytes(b"")

    sealed, links = delivery.recover(tmp_path, SUBJECT, None)

    assert sealed.duration_ms == 0
    assert chain.find_break(links, sealed.path.read_bytes()) is None


def test_changed_link_breaks_the_chain() -> None:
    data = bytes(range(200))
    first = chain.forge(None, data[:100], times=(0, 10), offset=0)
    second = chain.forge(first, data[100:], times=(10, 20), offset=100)
    links = [first, second]

    assert chain.find_break(links, data) is None
    assert chain.find_break([first, replace(second, t1_ms=21)], data) == 1
    assert chain.find_break([replace(first, prev="1" * 64), second], data) == 0
    assert chain.find_break([second], data) == 0


def test_prefix_must_be_plain_names() -> None:
    read = delivery.read_grant(grant("r1", 1, prefix="run-7/2/"), "r1", 1)

    assert read.prefix == "run-7/2/"


@given(st.lists(st.tuples(st.integers(0, 400), st.binary(min_size=1, max_size=300)), min_size=1))
def test_clusters_read_back_as_written(frames: list[tuple[int, bytes]]) -> None:
    frames.sort(key=lambda frame: frame[0])
    blocks = [
        webm.Block(track=webm.AUDIO, at_ms=1000 + at, is_key=True, data=data) for at, data in frames
    ]
    data = webm.head(webm.Shape()) + webm.cluster(blocks) + webm.cluster(blocks)

    found = webm.find_clusters(data, webm.HEAD_BYTES)

    assert [cluster.bytes for cluster in found] == [len(webm.cluster(blocks))] * 2
    assert found[0].first_ms == blocks[0].at_ms
    assert found[0].last_ms == blocks[-1].at_ms
    assert len(webm.find_clusters(data[:-1], webm.HEAD_BYTES)) == 1


async def seal_one(folder: Path) -> None:
    file = await grow(folder, 3)
    await file.seal(webm.Shape(has_video=False, duration_ms=1200))


def test_who_dies_while_forgetting_a_delivered_file_leaves_nothing_to_mend(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asyncio.run(seal_one(tmp_path))
    unlink, gone = Path.unlink, list[str]()

    def die(path: Path, **options: bool) -> None:
        if gone:
            raise KeyboardInterrupt
        gone.append(path.name)
        unlink(path, **options)

    with monkeypatch.context() as dying:
        dying.setattr(Path, "unlink", die)
        with pytest.raises(KeyboardInterrupt):
            delivery.forget(tmp_path, SUBJECT)

    delivery.clear_forgotten(tmp_path)

    assert gone
    assert delivery.left_behind(tmp_path) == []
    assert not list(tmp_path.iterdir())
