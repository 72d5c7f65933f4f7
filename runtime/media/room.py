"""A room: who is in it, what each gets by the table of `hearing`, what is recorded of it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Sequence
from dataclasses import dataclass, field
from functools import partial
from time import monotonic

from runtime.media import hearing, sdp
from runtime.media.allotment import Wanted, allot
from runtime.media.errors import GlareError, OverloadedError, UnknownPartyError
from runtime.media.frames import PictureCache
from runtime.media.hearing import Place
from runtime.media.inbound import Inbound
from runtime.media.injector import Frames, Play, Played
from runtime.media.negotiation import Line
from runtime.media.peer import Peer, Site
from runtime.media.profile import Profile
from runtime.media.recorder import Recording
from runtime.media.taps import Tap

OFFER_PATIENCE_S = 5.0
QUIET_S = 0.2  # after an answer of ours: an offer that overtook it would collide with what it ends
MAX_PARTIES = 8
MAX_PLAYS = 8
MAX_TAPS = 8
MUSIC = "music"  # what is played to those on hold

Emit = Callable[[str, dict[str, object]], str]
"""Kind and data of an event; gives its id."""


@dataclass(slots=True, kw_only=True)
class Party:
    """A participant as the room knows it; without a peer it is away and keeps its place."""

    id: str
    role: str = ""
    place: Place = field(default_factory=Place)
    peer: Peer | None = None
    pictures: PictureCache
    sent: tuple[tuple[str, str], ...] = ()  # (label, kind) of its tracks; kept while it is away
    must_offer: bool = False  # its lines changed since it was last told
    offered_at: float = 0.0
    answered_at: float = 0.0  # when we answered its browser
    offer_id: str = ""  # of the offer that waits for an answer


class Room:
    """One run's meeting place on this worker, at one generation."""

    def __init__(
        self, room_id: str, generation: int, site: Site, emit: Emit, *, profile: Profile
    ) -> None:
        self.id = room_id
        self.generation = generation
        self.profile = profile
        self.parties: dict[str, Party] = {}
        self.recordings: dict[str, Recording] = {}
        self.plays: dict[str, Played] = {}
        self.taps: dict[str, Tap] = {}
        self._site = site
        self._emit = emit
        self._tasks: set[asyncio.Task[None]] = set()
        self._ticks = 0
        self._profile_turn = 0

    @property
    def video(self) -> str:
        """The codec of all its pictures."""
        return self.profile.codec

    @property
    def table(self) -> dict[str, Place]:
        """Who is how in the room, as `hearing` asks for it."""
        return {party.id: party.place for party in self.parties.values()}

    def add(self, party_id: str, role: str = "") -> Party:
        """The party of that id, now with a place if there was none. Raises OverloadedError."""
        party = self.parties.get(party_id)
        if party is None:
            if sum(known.peer is not None for known in self.parties.values()) >= MAX_PARTIES:
                raise OverloadedError(f"room {self.id!r} has {MAX_PARTIES} parties already")
            pictures = PictureCache(self.profile.codec)
            party = self.parties[party_id] = Party(id=party_id, pictures=pictures)
        party.role = role or party.role
        return party

    def put(self, party: Party, place: Place) -> None:
        """Give a party another place; what is hidden from now on stops within this call."""
        if place.turn >= party.place.turn and place != party.place:
            party.place = place
            self.arrange()

    def change_profile(self, profile: Profile, turn: int) -> None:
        """What its media may be from now on, unless a later change was heard of before."""
        if turn < self._profile_turn:
            return
        self.profile, self._profile_turn = profile, turn
        for party in self.parties.values():
            if party.peer is not None:
                party.peer.follow(profile)

    def expect(self, party: Party, kinds: Sequence[str]) -> None:
        """Tell the others of tracks before they come; a party that was here says itself."""
        if kinds and party.peer is None and not party.sent:
            party.sent = tuple((kind, kind) for kind in kinds)
            self.arrange()

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
        elif peer.is_offering:
            self._settle_glare(party, peer)
        try:
            peer.take_offer(description)
        except Exception:
            if peer is not party.peer:
                self._spawn(peer.close())
            raise
        party.peer = peer
        if former is not None:
            self._spawn(former.close())
        # only what has a line: further ones are offered once this is settled
        allot(peer, self._wanted_by(party), may_add=False)
        answer, party.answered_at = peer.answer(), monotonic()
        self.arrange()
        return answer

    def take_answer(self, party_id: str, peer_id: str, text: str, offer_id: str = "") -> None:
        """Take a browser's answer to an offer of ours; one to an earlier offer is no answer."""
        peer = self.get_peer(party_id, peer_id)
        if not peer.is_offering or offer_id not in ("", self.parties[party_id].offer_id):
            return
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
            may_add = peer is not None and not peer.is_offering
            if peer is not None and allot(peer, self._wanted_by(party), may_add=may_add):
                party.must_offer = True
        for party in self.parties.values():
            self._connect(party)
            self._offer_if_due(party)

    def play(self, play_id: str, play: Played) -> None:
        """Let those it is for have it; the same id again changes nothing."""
        if play_id in self.plays:
            return
        if len(self.plays) >= MAX_PLAYS:
            raise OverloadedError(f"room {self.id!r} plays {MAX_PLAYS} sounds already")
        self.plays[play_id] = play
        play.start(partial(self.stop_playing, play_id))
        self.arrange()

    def play_music(self, frames: Frames) -> None:
        """What those on hold hear from now on."""
        self.play(MUSIC, Play(frames, is_endless=True))

    def stop_playing(self, play_id: str) -> None:
        play = self.plays.pop(play_id, None)
        if play is not None:
            play.stop()
            self.arrange()

    def tap(self, tap: Tap) -> None:
        """Take from a party what a recording may hold; the same id again changes nothing."""
        tap_id = tap.outlet.tap
        if tap_id in self.taps:
            return
        if len(self.taps) >= MAX_TAPS:
            raise OverloadedError(f"room {self.id!r} has {MAX_TAPS} taps already")
        self.taps[tap_id] = tap
        tap.start()
        self.arrange()

    def stop_tap(self, tap_id: str) -> None:
        tap = self.taps.pop(tap_id, None)
        if tap is not None:
            tap.stop()

    def start_recording(self, recording: Recording) -> None:
        self.recordings[recording.id] = recording
        self.arrange()

    def tick(self, now: float) -> None:
        """Every 50 ms: what is missing is asked for again; every other time, ripe is written."""
        for party in self.parties.values():
            if party.peer is not None:
                party.peer.tick(now)
            if party.must_offer:
                self._offer_if_due(party)
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
                self._offer(party, peer)

    def stats(self) -> list[dict[str, object]]:
        """What each party sends and how its way is."""
        return [_stats_of(party) for party in self.parties.values()]

    async def close(self) -> None:
        """End every peer; recordings are ended by their owner before."""
        for play in self.plays.values():
            play.stop()
        for tap in self.taps.values():
            tap.stop()
        peers = [party.peer for party in self.parties.values() if party.peer is not None]
        self.parties.clear()
        await asyncio.gather(*(peer.close() for peer in peers))

    def _make_peer(self, party: Party, peer_id: str) -> Peer:
        return Peer(
            peer_id,
            self._site,
            profile=self.profile,
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

    def _settle_glare(self, party: Party, peer: Peer) -> None:
        """Both have offered: the browser gives way, unless it leaves ours without an answer."""
        if monotonic() - peer.offering_since <= OFFER_PATIENCE_S:
            raise GlareError(f"party {party.id!r} has an offer to answer")
        peer.withdraw()
        party.must_offer = True

    def _wanted_by(self, listener: Party) -> list[Wanted]:
        """The tracks a party is to get, by the table."""
        table = self.table
        wanted = [
            Wanted(speaker.id, label, kind)
            for speaker in self.parties.values()
            for label, kind in _sent_by(speaker)
            if hearing.gets(table, listener.id, speaker.id, kind)
        ]
        return wanted + [
            Wanted(play_id, label, track.kind)
            for play_id, play in self.plays.items()
            if self._is_played_to(listener, play_id, play)
            for label, track in play.tracks.items()
        ]

    def _is_played_to(self, listener: Party, play_id: str, play: Played) -> bool:
        if play_id == MUSIC:
            return hearing.gets_music(self.table, listener.id)
        return play.to is None or listener.id in play.to

    def _connect(self, party: Party) -> None:
        peer = party.peer
        for line in peer.lines if peer is not None else ():
            if peer is not None and line.source is not None:
                peer.connect(line, self._inbound_of(line) if line.is_known else None)
        kept = self._kept_of(party)
        party.pictures.attach(kept.get("video"))
        for recording in self.recordings.values():
            recording.attach(party.id, kept)
        for tap in self.taps.values():
            if tap.outlet.party == party.id:
                tap.attach(kept)

    def _kept_of(self, party: Party) -> dict[str, Inbound]:
        """The party's live tracks that a file may hold, by label."""
        if party.peer is None:
            return {}
        found = {
            label: party.peer.find_inbound(label)
            for label, kind in _sent_by(party)
            if hearing.is_kept(party.place, kind)
        }
        return {label: track for label, track in found.items() if track is not None}

    def _inbound_of(self, line: Line) -> Inbound | None:
        if line.source in self.plays:
            return self.plays[line.source].tracks.get(line.source_label)
        source = self.parties.get(line.source or "")
        if source is None or source.peer is None:
            return None
        return source.peer.find_inbound(line.source_label)

    def _offer_if_due(self, party: Party) -> None:
        """Offer what has changed, once the browser is through with its own offer."""
        peer = party.peer
        if peer is None or not party.must_offer or peer.is_offering:
            return
        is_quiet = monotonic() - party.answered_at >= QUIET_S
        if is_quiet and peer.state != "connecting":
            self._offer(party, peer)

    def _offer(self, party: Party, peer: Peer) -> None:
        party.must_offer = False
        party.offered_at = monotonic()
        told: dict[str, object] = {"party": party.id, "peer": peer.id, "sdp": peer.offer()}
        party.offer_id = self._emit("offer", told)

    def _limit_of(self, speaker: Party) -> int:
        """How much a party may send: what the weakest of those who see it can take.

        However weak they are and however much they take, the profile says how far it goes.
        """
        limits = [
            limit
            for party in self.parties.values()
            if party.peer is not None and (limit := party.peer.limit_of(speaker.id)) is not None
        ]
        pictures = sum(kind == "video" for _, kind in _sent_by(speaker))
        return max(self.profile.least, min([self.profile.most_of(pictures), *limits]))

    def _spawn(self, work: Coroutine[object, object, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _sent_by(party: Party) -> tuple[tuple[str, str], ...]:
    """(label, kind) of each track that a party's browser sends; while it is away, of the last."""
    if party.peer is not None:
        lines = (line for line in party.peer.lines if line.label)
        party.sent = tuple((line.label, line.kind) for line in lines)
    return party.sent


def _stats_of(party: Party) -> dict[str, object]:
    peer = party.peer
    place = party.place
    told: dict[str, object] = {"party": party.id, "role": party.role, "mode": str(place.mode)}
    told |= {"to": sorted(place.to), "muted": sorted(place.muted)}
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
