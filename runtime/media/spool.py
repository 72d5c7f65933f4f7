"""A recording file on the worker's own disk: clusters and links synced, sealed at the end.

`<recording>.<party>.webm` is the file (`.mkv` when its pictures are H.264, which WebM cannot hold),
`<recording>.<party>.<label>.webm` that of a further track; beside each `.links`, its chain, and
`.json`, its Subject.
All disk work happens on one thread, in order; the loop only hands bytes over.
What a full disk does not take is left out as a whole and told as lost: the file stays one that
verifies, and goes on when there is space again.
"""

from __future__ import annotations

import asyncio
import errno
import hashlib
import json
import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from runtime.media import chain, webm
from runtime.media.chain import Link

WRITER = ThreadPoolExecutor(max_workers=1, thread_name_prefix="spool")
LINK_LIMIT_MS = 1000
ENDINGS = {"vp8": "webm", "h264": "mkv"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Subject:
    """What a file is of; stands beside it so that a later process can deliver it."""

    recording: str
    party: str
    role: str
    room: str
    generation: int
    grant: str
    t0_ms: int
    label: str = ""  # of a further track: "video-2"
    codec: str = "vp8"  # of its pictures
    is_copy: bool = False  # made by the second recorder

    @property
    def file(self) -> str:
        named = [self.recording, self.party, self.label, ENDINGS[self.codec]]
        return ".".join(part for part in named if part)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sealed:
    """A complete file."""

    subject: Subject
    path: Path
    bytes: int
    sha256: str
    head: str
    duration_ms: int


class SpoolFile:
    """One growing file. Methods without `async` may be called from the loop and return at once."""

    def __init__(self, folder: Path, subject: Subject) -> None:
        self.subject = subject
        self.path = folder / subject.file
        self.links: list[Link] = []  # not taken yet, and the one before them
        self._taken = 0  # of `links`
        self._links_path = folder / f"{subject.file}.links"
        self._subject_path = folder / f"{subject.file}.json"
        self._pending: list[tuple[bytes, int, int]] = []  # (cluster, first ms, last ms), not linked
        self._cues: list[webm.Cue] = []
        self._lost: deque[tuple[int, int]] = deque()  # (first ms, last ms) of clusters
        self._written = webm.HEAD_BYTES
        self._links_bytes = 0
        self._fd = self._links_fd = -1
        WRITER.submit(self._create)

    def append(self, blocks: list[webm.Block]) -> None:
        """Write one cluster; its link follows within a second of media."""
        has_key = any(block.is_key and block.track == webm.VIDEO for block in blocks)
        times = blocks[0].at_ms, blocks[-1].at_ms
        WRITER.submit(self._write, webm.cluster(blocks), times, has_key=has_key)

    def take_links(self) -> list[Link]:
        """Links that are on disk and were not taken yet; of those that were, the last is kept.

        The writer thread appends meanwhile: what comes after the first look is for the next time.
        """
        count = len(self.links)
        fresh = self.links[self._taken : count]
        self._taken = min(1, count)
        del self.links[: count - self._taken]
        return fresh

    def take_lost(self) -> list[tuple[int, int]]:
        """When, in milliseconds of the file, what the disk did not take began and ended."""
        stretches = list[tuple[int, int]]()
        while self._lost:
            first_ms, last_ms = self._lost.popleft()
            if stretches and first_ms - stretches[-1][1] <= LINK_LIMIT_MS:
                first_ms = stretches.pop()[0]
            stretches.append((first_ms, last_ms))
        return stretches

    def describe(self, shape: webm.Shape) -> None:
        """Write the head anew: a player needs it if we are killed, and more is known now."""
        WRITER.submit(self._describe, shape)

    async def seal(self, shape: webm.Shape) -> Sealed:
        """Write the index and the head, link both, and give the whole file's measures."""
        return await asyncio.wrap_future(self._seal_soon(shape))

    def _seal_soon(self, shape: webm.Shape) -> Future[Sealed]:
        return WRITER.submit(self._seal, shape)

    def _create(self) -> None:
        self._subject_path.write_text(json.dumps(asdict(self.subject)))
        if self._fd < 0:
            self._fd = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
        _put(self._fd, webm.head(webm.Shape()), 0)
        self._links_fd = os.open(self._links_path, os.O_WRONLY | os.O_CREAT, 0o600)

    def _describe(self, shape: webm.Shape) -> None:
        os.pwrite(self._fd, webm.head(shape), 0)

    def _write(self, data: bytes, times: tuple[int, int], *, has_key: bool) -> None:
        try:
            if self._links_fd < 0:  # there was no space for the first bytes
                self._create()
            _put(self._fd, data, self._written)
        except OSError:
            self._lost.append(times)
            with suppress(OSError):
                os.ftruncate(self._fd, self._written)
            return
        if has_key:
            self._cues.append(webm.Cue(at_ms=max(0, times[0]), offset=self._written))
        self._written += len(data)
        self._pending.append((data, *times))
        if times[1] - self._pending[0][1] >= LINK_LIMIT_MS // 2:
            with suppress(OSError):  # what is written is linked with what comes next
                self._link_pending()

    def _link_pending(self) -> None:
        if not self._pending:
            return
        data = b"".join(part for part, _, _ in self._pending)
        offset = self._written - len(data)
        times = self._pending[0][1], self._pending[-1][2]
        self._add_link(data, times, offset)
        self._pending.clear()

    def _add_link(self, data: bytes, times: tuple[int, int], offset: int, **marks: bool) -> None:
        os.fdatasync(self._fd)
        base = self.subject.t0_ms
        last = self.links[-1] if self.links else None
        wall = (base + times[0], base + times[1])
        link = chain.forge(last, data, times=wall, offset=offset, **marks)
        line = chain.to_line(link).encode()
        os.ftruncate(self._links_fd, self._links_bytes)  # of a line that had no space
        _put(self._links_fd, line, self._links_bytes)
        os.fdatasync(self._links_fd)
        self._links_bytes += len(line)
        self.links.append(link)

    def _seal(self, shape: webm.Shape) -> Sealed:
        self._link_pending()
        links = self.links[-1:]  # the loop takes from the list itself meanwhile
        sealed = finish(self.path, links, shape, self._cues, self.subject)
        append_lines(self._links_path, links[-2:])
        self.links += links[-2:]
        os.close(self._fd)
        os.close(self._links_fd)
        return sealed


def _put(fd: int, data: bytes, at: int) -> None:
    """Write all of it there: a disk that fills up takes a part."""
    rest = memoryview(data)
    while rest:
        done = os.pwrite(fd, rest, at)
        if done == 0:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        rest, at = rest[done:], at + done


def append_lines(path: Path, links: list[Link]) -> None:
    """Add links to a side file, on disk when this returns."""
    with path.open("a") as lines:
        lines.writelines(chain.to_line(link) for link in links)
        lines.flush()
        os.fdatasync(lines.fileno())


def finish(
    path: Path,
    links: list[Link],
    shape: webm.Shape,
    cues: list[webm.Cue],
    subject: Subject,
    **marks: bool,
) -> Sealed:
    """Write index and final head of a file whose clusters are linked; adds their two links."""
    duration_ms = shape.duration_ms or 0
    end_ms = subject.t0_ms + duration_ms
    index = webm.cues(cues)
    with path.open("r+b") as file:
        offset = file.seek(0, os.SEEK_END)
        file.write(index)
        head = webm.head(replace(shape, cues_offset=offset))
        file.seek(0)
        file.write(head)
        file.flush()
        os.fsync(file.fileno())
    last = links[-1] if links else None
    links.append(chain.forge(last, index, times=(end_ms, end_ms), offset=offset, **marks))
    links.append(
        chain.forge(links[-1], head, times=(subject.t0_ms, end_ms), offset=0, final=True, **marks)
    )
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    return Sealed(
        subject=subject,
        path=path,
        bytes=path.stat().st_size,
        sha256=digest,
        head=links[-1].head,
        duration_ms=duration_ms,
    )
