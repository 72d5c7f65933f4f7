"""The worker's recordings: begun, told to the site while they grow, ended, delivered, recovered."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path

import structlog

from runtime.media import delivery
from runtime.media.chain import Link
from runtime.media.clock import wall_ms
from runtime.media.delivery import Delivery, Grant
from runtime.media.recorder import Copy, Gap, PartyRecorder, Recording
from runtime.media.spool import ENDINGS, Sealed, Subject

LINKS_PER_EVENT = 200  # about 70 kB
RETRY_S = 5.0
BEFORE_MS = 50  # what is under way when somebody is added belongs to the file

Emit = Callable[[str, int, str, dict[str, object]], str]

log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """What a recording is of, as its files have to know it; the codec is that of its pictures."""

    recording: str
    room: str
    generation: int
    grant: str
    codec: str = "vp8"
    is_copy: bool = False


class Archive:
    """All recording files of this worker and their way out."""

    def __init__(
        self,
        spool: Path,
        outgoing: Delivery,
        emit: Emit,
        *,
        second: Callable[[Begun], Copy] | None = None,
    ) -> None:
        self._spool = spool
        self._outgoing = outgoing
        self._emit = emit
        self._second = second
        self._live: set[str] = set()  # recordings of this process: nothing to recover
        self._delivering: set[asyncio.Task[None]] = set()
        self._awaiting: dict[str, Subject] = {}  # event id of `delivered` -> what it told

    def begin(
        self,
        told: Begun,
        *,
        is_redundant: bool = False,
        now: Callable[[], float] = wall_ms,
    ) -> Recording:
        """A recording with no party yet, at the second recorder too if it is redundant."""
        started_at_ms = int(now())
        self._live.add(told.recording)

        def make(party: str, role: str, label: str) -> PartyRecorder:
            subject = Subject(
                recording=told.recording,
                party=party,
                role=role,
                room=told.room,
                generation=told.generation,
                grant=told.grant,
                t0_ms=max(started_at_ms, int(now()) - BEFORE_MS),
                label=label,
                codec=told.codec,
                is_copy=told.is_copy,
            )
            return PartyRecorder(self._spool, subject, self._note_gap)

        recording = Recording(told.recording, make, started_at_ms)
        if is_redundant and self._second is not None:
            recording.copy = self._second(told)
        return recording

    async def stop(self, recording: Recording) -> list[Sealed]:
        """End a recording; its files are delivered behind this call's back."""
        files = await recording.stop()
        for file, sealed in zip(recording.files.values(), files, strict=True):
            self._tell(file)
            self._spawn(self._deliver(sealed))
        return files

    async def deliver(self, name: str, data: bytes, grant: Grant) -> dict[str, object]:
        """Deliver a small file at once; gives where it is. Raises OSError."""
        path = self._spool / name
        await asyncio.to_thread(path.write_bytes, data)
        try:
            return await self._outgoing.deliver(path, grant.prefix, grant.text)
        finally:
            await asyncio.to_thread(path.unlink, missing_ok=True)

    def tell_all(self, recordings: Iterable[Recording]) -> None:
        """Every few seconds: the new links of every growing file."""
        for recording in recordings:
            for file in recording.files.values():
                self._tell(file)

    async def recover(self) -> None:
        """Complete and deliver what a killed predecessor left in the spool."""
        delivery.clear_forgotten(self._spool)
        for subject in delivery.left_behind(self._spool):
            if subject.recording in self._live:
                continue
            prefix = delivery.prefix_of(subject.grant)
            former = self._outgoing.find_delivered(prefix, subject.file)
            try:
                sealed, links = await asyncio.to_thread(
                    delivery.recover, self._spool, subject, former
                )
            except OSError as error:
                log.warning("spool_entry_lost", file=subject.file, reason=type(error).__name__)
                continue
            self._emit_links(subject, links, [])
            if former is None:
                self._spawn(self._deliver(sealed))
            else:
                self._announce(sealed, {"path": prefix + subject.file})

    def note_ack(self, event_id: str) -> None:
        """The site has stored an event; a delivered file's side files are no longer needed."""
        subject = self._awaiting.pop(event_id, None)
        if subject is not None:
            delivery.forget(self._spool, subject)

    async def settle(self) -> None:
        """Wait for deliveries under way."""
        while self._delivering:
            await asyncio.wait(self._delivering)

    def spool_bytes(self) -> int:
        try:
            held = (path for ending in ENDINGS.values() for path in self._spool.glob(f"*.{ending}"))
            return sum(path.stat().st_size for path in held)
        except OSError:
            return 0  # a file left while we looked; the next heartbeat counts again

    def _note_gap(self, party: PartyRecorder, gap: Gap) -> None:
        log.info("recording_gap", file=party.subject.file, ms=gap[1] - gap[0])
        self._tell(party)

    def _tell(self, party: PartyRecorder) -> None:
        links = party.file.take_links()
        gaps, party.gaps = party.gaps, []
        gaps += self._not_written(party)
        if links or gaps:
            self._emit_links(party.subject, links, gaps)

    def _not_written(self, party: PartyRecorder) -> list[Gap]:
        """What the disk did not take: it is full."""
        base = party.subject.t0_ms
        lost = [(base + first, base + last) for first, last in party.file.take_lost()]
        for from_ms, to_ms in lost:
            log.error("recording_not_written", file=party.subject.file, ms=to_ms - from_ms)
        return lost

    def _emit_links(self, subject: Subject, links: list[Link], gaps: list[Gap]) -> None:
        for start in range(0, max(1, len(links)), LINKS_PER_EVENT):
            told: dict[str, object] = {
                "recording": subject.recording,
                "party": subject.party,
                "label": subject.label,
                "copy": subject.is_copy,
                "file": subject.file,
                "segments": [asdict(link) for link in links[start : start + LINKS_PER_EVENT]],
                "gaps": [{"from_ms": a, "to_ms": b} for a, b in gaps] if start == 0 else [],
                "grant": subject.grant,
            }
            self._emit(subject.room, subject.generation, "recording", told)

    async def _deliver(self, sealed: Sealed) -> None:
        """Deliver until it works: a site that is away costs delay, not media."""
        subject = sealed.subject
        prefix = delivery.prefix_of(subject.grant)
        while True:
            try:
                where = await self._outgoing.deliver(sealed.path, prefix, subject.grant)
            except OSError as error:
                log.warning("delivery_failed", file=subject.file, reason=str(error))
                await asyncio.sleep(RETRY_S)
                continue
            self._announce(sealed, where)
            return

    def _announce(self, sealed: Sealed, where: dict[str, object]) -> None:
        subject = sealed.subject
        told = where | {
            "recording": subject.recording,
            "party": subject.party,
            "role": subject.role,
            "label": subject.label,
            "copy": subject.is_copy,
            "file": subject.file,
            "bytes": sealed.bytes,
            "sha256": sealed.sha256,
            "head": sealed.head,
            "duration_ms": sealed.duration_ms,
            "t0_ms": subject.t0_ms,
            "grant": subject.grant,
        }
        event_id = self._emit(subject.room, subject.generation, "delivered", told)
        self._awaiting[event_id] = subject

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work, name="deliver")
        self._delivering.add(task)
        task.add_done_callback(self._delivering.discard)
