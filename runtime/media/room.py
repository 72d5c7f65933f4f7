"""A room: who is in it, who hears whom, what is recorded of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from runtime.media import sdp
from runtime.media.errors import UnknownPartyError
from runtime.media.frames import PictureCache
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Line
from runtime.media.peer import Peer, Site
from runtime.media.recorder import Recording

MAX_BPS = 2_500_000  # what one browser may send; carries 720p30 with room
MIN_BPS = 150_000
OFFER_PATIENCE_S = 5.0

Emit = Callable[[str, dict[str, object]], None]


@dataclass(slots=True, kw_only=True)
class Party:
    """A participant as the room knows it; without a peer it is away and keeps its place."""

    id: str
    role: str = ""
    peer: Peer | None = None
    pictures: PictureCache = field(default_factory=PictureCache)
    must_offer: bool = False  # its lines changed since it was last told
    offered_at: float = 0.0


class Room:
    """One run's meeting place on this worker, at one generation."""

    def __init__(self, room_id: str, generation: int, site: Site, emit: Emit) -> None:
        self.id = room_id
        self.generation = generation
        self.parties: dict[str, Party] = {}
        self.recordings: dict[str, Recording] = {}
        self._site = site
        self._emit = emit
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticks = 0

    def add(self, party_id: str, role: str = "") -> Party:
        party = self.parties.setdefault(party_id, Party(id=party_id))
        party.role = role or party.role
        return party

    def get_party(self, party_id: str) -> Party:
        if party_id not in self.parties:
            raise UnknownPartyError(f"room {self.id!r} has no party {party_id!r}")
        return self.parties[party_id]

    def get_peer(self, party_id: str, peer_id: str) -> Peer:
        peer = self.get_party(party_id).peer
        if peer is None or peer.id != peer_id:
            raise UnknownPartyError(f"party {party_id!r} has no peer {peer_id!r}")
        return peer

    def offer(self, party_id: str, peer_id: str, text: str) -> str:
        """Answer a browser's offer: its first, a renegotiation, an ICE restart or a new peer."""
        description = sdp.parse(text)
        party = self.add(party_id)
        peer, former = party.peer, None
        # a page that was loaded again may keep its id, but not its connection
        if peer is None or peer.id != peer_id or not peer.is_of(description):
            former, peer = peer, self._make_peer(party, peer_id)
        try:
            peer.take_offer(description)
        except Exception:
            if peer is not party.peer:
                self._spawn(peer.close())
            raise
        party.peer = peer
        if former is not None:
            self._spawn(former.close())
        self._assign(party, peer, may_add=False)
        answer = peer.answer()
        self.arrange()
        return answer

    def take_answer(self, party_id: str, peer_id: str, text: str) -> None:
        """Take a browser's answer to an offer of ours."""
        peer = self.get_peer(party_id, peer_id)
        peer.take_answer(text)
        self.arrange()
        for outbound in peer.outbounds.values():
            outbound.request_keyframe()

    async def remove(self, party_id: str) -> None:
        """Let a party go; its lines at the others become free."""
        party = self.parties.pop(party_id, None)
        if party is None:
            return
        for recording in self.recordings.values():
            recording.detach(party_id)
        if party.peer is not None:
            await party.peer.close()
        self.arrange()

    def arrange(self) -> None:
        """Bring lines, tracks, recordings and offers in step with who is here."""
        for party in self.parties.values():
            peer = party.peer
            if peer is not None and self._assign(party, peer, may_add=not peer.is_offering):
                party.must_offer = True
        for party in self.parties.values():
            self._connect(party)
            self._offer_if_due(party)

    def start_recording(self, recording: Recording) -> None:
        self.recordings[recording.id] = recording
        self.arrange()

    def tick(self, now: float) -> None:
        """Every 50 ms: what is missing is asked for again; every other time, ripe is written."""
        for party in self.parties.values():
            if party.peer is not None:
                party.peer.tick(now)
        self._ticks += 1
        if self._ticks % 2 == 0:
            for recording in self.recordings.values():
                recording.tick()

    def second(self) -> None:
        """Every second: reports, consent, offers nobody answered."""
        now = monotonic()
        for party in list(self.parties.values()):
            peer = party.peer
            if peer is None:
                continue
            peer.check_consent()
            peer.send_reports(self._limit_of(party))
            if peer.is_offering and now - party.offered_at > OFFER_PATIENCE_S:
                peer.is_offering, party.must_offer = False, True
                self._offer_if_due(party)

    def stats(self) -> list[dict[str, object]]:
        """What each party sends and how its way is."""
        return [_stats_of(party) for party in self.parties.values()]

    async def close(self) -> None:
        """End every peer; recordings are ended by their owner before."""
        peers = [party.peer for party in self.parties.values() if party.peer is not None]
        self.parties.clear()
        await asyncio.gather(*(peer.close() for peer in peers))

    def _make_peer(self, party: Party, peer_id: str) -> Peer:
        return Peer(
            peer_id,
            self._site,
            on_tracks=self._note_tracks,
            on_state=partial(self._note_state, party),
        )

    def _note_tracks(self) -> None:
        asyncio.get_running_loop().call_soon(self.arrange)

    def _note_state(self, party: Party, peer: Peer, state: str) -> None:
        is_present = party.peer is peer
        if is_present or party.peer is None or party.peer.id != peer.id:
            self._emit("peer_state", {"party": party.id, "peer": peer.id, "state": state})
        if state in ("failed", "closed") and is_present:
            party.peer = None
            self._note_tracks()
            if state == "failed":
                self._spawn(peer.close())

    def _heard_by(self, listener: Party) -> list[Party]:
        return [party for party in self.parties.values() if party is not listener]

    def _assign(self, listener: Party, peer: Peer, *, may_add: bool) -> bool:
        """Give the tracks a party should get lines of its peer; whether anything changed."""
        speakers = self._heard_by(listener)
        present = {speaker.id for speaker in speakers}
        changed = False
        for line in peer.lines:
            if line.source is not None and line.source not in present:
                line.source, changed = None, True
                peer.connect(line, None)
        for speaker in speakers:
            for kind in _kinds_sent(speaker):
                if not any(line.source == speaker.id and line.kind == kind for line in peer.lines):
                    changed |= _take_line(peer, speaker.id, kind, may_add=may_add)
        return changed

    def _connect(self, party: Party) -> None:
        peer = party.peer
        for line in peer.lines if peer is not None else ():
            if peer is not None and line.source is not None:
                peer.connect(line, self._inbound_of(line))
        audio = peer.find_inbound("audio") if peer is not None else None
        video = peer.find_inbound("video") if peer is not None else None
        party.pictures.attach(video)
        for recording in self.recordings.values():
            recording.attach(party.id, audio, video)

    def _inbound_of(self, line: Line) -> Inbound | None:
        source = self.parties.get(line.source or "")
        if source is None or source.peer is None:
            return None
        return source.peer.find_inbound(line.kind)

    def _offer_if_due(self, party: Party) -> None:
        peer = party.peer
        if peer is None or not party.must_offer or peer.is_offering:
            return
        party.must_offer = False
        party.offered_at = monotonic()
        self._emit("offer", {"party": party.id, "peer": peer.id, "sdp": peer.offer()})

    def _limit_of(self, speaker: Party) -> int:
        """How much a party may send: what its weakest listener can take."""
        limits = [
            party.peer.remb_bps
            for party in self.parties.values()
            if party is not speaker and party.peer is not None and party.peer.remb_bps
        ]
        return max(MIN_BPS, min([MAX_BPS, *limits]))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _kinds_sent(party: Party) -> list[str]:
    if party.peer is None:
        return []
    return [line.kind for line in party.peer.lines if line.is_accepted and line.remote_sends]


def _take_line(peer: Peer, source: str, kind: str, *, may_add: bool) -> bool:
    free = next((line for line in peer.lines if line.is_free and line.kind == kind), None)
    if free is None and may_add:
        like = next((line for line in peer.lines if line.is_accepted and line.kind == kind), None)
        free = peer.add_line(kind, like) if like is not None else None
    if free is None:
        return False
    free.source = source
    return True


def _stats_of(party: Party) -> dict[str, object]:
    peer = party.peer
    told: dict[str, object] = {"party": party.id, "role": party.role}
    if peer is None:
        return told | {"state": "away", "tracks": []}
    rtt_ms = round(peer.rtt_s * 1000, 1) if peer.rtt_s is not None else None
    return told | {
        "state": peer.state,
        "rtt_ms": rtt_ms,
        "loss_out": max((out.loss for out in peer.outbounds.values()), default=0.0),
        "resent": sum(out.resent for out in peer.outbounds.values()),
        "tracks": [track.stats() for track in peer.inbounds.values()],
    }
