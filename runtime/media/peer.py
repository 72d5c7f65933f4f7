"""One WebRTC connection of a party: its lines, its tracks in and out, its state."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic

from aiortc.rtcdtlstransport import RTCCertificate

from runtime.media import negotiation, sdp
from runtime.media.errors import BadSdpError
from runtime.media.feedback import Feedback
from runtime.media.ice import CONSENT_LIMIT_S, CONSENT_WARN_S, UdpMux
from runtime.media.inbound import Inbound
from runtime.media.negotiation import Line
from runtime.media.outbound import Outbound
from runtime.media.pacing import Way
from runtime.media.profile import Profile
from runtime.media.routing import Router
from runtime.media.sdp import Description
from runtime.media.transport import PeerTransport

CHOOSE_S = 0.2  # between two choices of layers
PROBE_EVERY_S = (3.0, 24.0)  # twice as long after each that did not get through
PROBE_S = 0.1
PROBE_OVER = 1.3  # of what is missing: what is believed of a probe is less than it was
SPARE = 0.95  # of the estimate; the rest is for what is sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """What all peers of a worker share: the port, the addresses told, the certificate."""

    mux: UdpMux
    certificate: RTCCertificate
    fingerprints: Sequence[tuple[str, str]]
    addresses: Sequence[str]
    port: int


class Peer:
    """A party's connection; `on_tracks` hears of new tracks, `on_state` of each state."""

    def __init__(
        self,
        peer_id: str,
        site: Site,
        *,
        profile: Profile,
        on_tracks: Callable[[], None],
        on_state: Callable[[Peer, str], None],
    ) -> None:
        self.id = peer_id
        self.lines: list[Line] = []
        self.outbounds: dict[str, Outbound] = {}  # by mid
        self.state = "connecting"
        self.way = Way()
        self.shown_height: int | None = None  # of the largest picture this browser shows
        self.is_offering = False  # an offer of ours has no answer yet
        self.offering_since = 0.0  # monotonic seconds of the first offer since the last agreement
        self._site = site
        self._profile = profile
        self._on_tracks = on_tracks
        self._on_state = on_state
        self._remote_ufrag = ""
        self._identity: tuple[str, list[tuple[str, str]]] = ("", [])
        self._version = 0
        self._session = negotiation.make_ssrc()
        self._setup = "passive"
        self._chosen_at = self._probed_at = 0.0
        self._probe_every_s = PROBE_EVERY_S[0]
        self._probed_bps = 0  # the estimate before the last probe
        self._router = Router(self.lines, send_rtcp=self._send_rtcp, on_tracks=on_tracks)
        self.inbounds = self._router.tracks  # by mid
        self._feedback = Feedback(self.inbounds, self.outbounds, self.way, self._send_rtcp)
        self.transport = PeerTransport(
            site.mux,
            site.certificate,
            on_rtp=self._router.receive,
            on_rtcp=self._feedback.receive,
        )
        self.transport.on("statechange", self._note_transport)

    @property
    def rtt_s(self) -> float | None:
        return self._feedback.rtt_s

    def limit_of(self, source: str) -> int | None:
        """What this way leaves of a party's picture, in bits a second; None: it sets no limit.

        A picture whose size is chosen for each receiver needs no limit for the sake of one.
        """
        videos = [out for out in self.outbounds.values() if out.is_live_video]
        sent = [
            self.outbounds[line.mid]
            for line in self.lines
            if line.source == source and line.kind == "video" and line.mid in self.outbounds
        ]
        if not self.way.downlink.is_known or not sent or sent[0].is_layered:
            return None
        return self.way.downlink.bps // max(1, len(videos))

    def is_of(self, description: Description) -> bool:
        """Whether a description comes from the RTCPeerConnection this peer talks to."""
        return self._identity == (description.session, description.fingerprints)

    def take_offer(self, description: Description) -> None:
        """Update the lines by a browser's offer: the first, a further one, or an ICE restart."""
        self._identity = (description.session, description.fingerprints)
        codec, in_sizes = self._profile.codec, self._profile.simulcast
        negotiation.read_offer(description, self.lines, codec, in_sizes=in_sizes)
        carrier = next(
            (
                section
                for section, line in zip(description.sections, self.lines, strict=False)
                if line.is_accepted
            ),
            None,
        )
        if carrier is None:
            raise BadSdpError(f"no section can be accepted (Opus, {codec}, BUNDLE, rtcp-mux)")
        self._take_transport(carrier)
        self._drop_refused()
        self._router.follow()
        self._follow_numbers()

    def take_answer(self, text: str) -> None:
        """Update the lines by the browser's answer to our last offer."""
        negotiation.read_answer(sdp.parse(text), self.lines)
        for line in self.lines:
            line.told, line.is_agreed = line.offered, True
        self.is_offering = False
        self._drop_refused()
        self._router.follow()
        self._follow_numbers()

    def answer(self) -> str:
        for line in self.lines:
            line.told = line.carries
        return self._write(self._setup)

    def offer(self) -> str:
        if not self.is_offering:
            self.offering_since = monotonic()
        self.is_offering = True
        for line in self.lines:
            line.offered = line.carries
        return self._write("actpass")

    def withdraw(self) -> None:
        """Forget our offer that has no answer: lines that only it knew of are gone."""
        self.is_offering = False
        while self.lines and not self.lines[-1].is_agreed:
            self.connect(self.lines.pop(), None)
        self._drop_refused()

    def add_line(self, kind: str, like: Line) -> Line:
        """A new section of ours, for one more track of `kind`; `like` gives the codec."""
        line = Line(
            mid=f"w{len(self.lines)}",
            kind=kind,
            codec=like.codec,
            extensions=negotiation.plain_extensions(like.extensions),
            remote_receives=True,
            is_agreed=False,
        )
        self.lines.append(line)
        return line

    def connect(self, line: Line, inbound: Inbound | None) -> None:
        """Send `inbound` on `line`, or nothing."""
        outbound = self.outbounds.get(line.mid)
        if outbound is None and inbound is not None and line.codec is not None:
            outbound = Outbound(
                codec=line.codec,
                ssrc=line.ssrc,
                rtx_ssrc=line.rtx_ssrc,
                send_rtp=self.transport.send_rtp,
                way=self.way,
            )
            outbound.max_height = self._max_height
            outbound.extension = line.number_extension
            self.outbounds[line.mid] = outbound
        if outbound is not None:
            outbound.attach(inbound)

    def bound_height(self, height: int | None) -> None:
        """Send no picture larger than this browser shows, where there is a smaller one."""
        self.shown_height = height
        self._bound_outbounds()

    def follow(self, profile: Profile) -> None:
        """The room's profile from now on."""
        self._profile = profile
        self._bound_outbounds()

    @property
    def _max_height(self) -> int:
        """Of the pictures that go to this browser, where there is a choice."""
        return min(self._profile.max_height, self.shown_height or self._profile.max_height)

    def _bound_outbounds(self) -> None:
        for outbound in self.outbounds.values():
            outbound.max_height = self._max_height
        self._choose_layers(monotonic())

    def find_inbound(self, label: str) -> Inbound | None:
        """The party's live track of that label, once it is described or packets have come."""
        sending = (line for line in self.lines if line.label == label and line.remote_sends)
        return next(
            (self.inbounds[line.mid] for line in sending if line.mid in self.inbounds), None
        )

    def check_consent(self) -> None:
        """Every second: a browser of which nothing is heard is away, then gone (RFC 7675)."""
        now = monotonic()
        unchecked = self.transport.ice.silence_s(now)
        # checks may be 6 s apart, but a browser whose media arrives is there
        silence = min([unchecked, *(now - track.last_at for track in self.inbounds.values())])
        if unchecked > CONSENT_LIMIT_S:
            self._set_state("failed")
        elif silence > CONSENT_WARN_S and self.state == "connected":
            self._set_state("disconnected")
        elif silence < CONSENT_WARN_S and self.state == "disconnected":
            self._set_state("connected")

    def tick(self, now: float) -> None:
        """Every 50 ms: what is missing, what came, who gets which size."""
        for inbound in self.inbounds.values():
            inbound.tick(now)
        if self._router.arrivals is not None and self.transport.is_connected:
            self._feedback.send_arrivals(self._ssrc, self._router.arrivals)
        if now - self._chosen_at >= CHOOSE_S:
            self._chosen_at = now
            self._choose_layers(now)

    def send_reports(self, limit_bps: int) -> None:
        """Every second: what we sent, what we received, and how much the browser may send."""
        if not self.transport.is_connected:
            return
        self._feedback.send_reports(self._ssrc, limit_bps)

    async def close(self) -> None:
        for outbound in self.outbounds.values():
            outbound.attach(None)
        self.way.close()
        await self.transport.close()
        self._set_state("closed")

    def _drop_refused(self) -> None:
        """Let go of what ran on sections that are refused, or that another has taken over."""
        alive = {line.mid for line in self.lines if line.is_accepted}
        for mid in self.outbounds.keys() - alive:
            self.outbounds.pop(mid).attach(None)

    def _take_transport(self, section: sdp.Section) -> None:
        if not section.ufrag or not section.fingerprints:
            raise BadSdpError("the description has no ICE credentials or no fingerprint")
        if not self._remote_ufrag:
            active = section.setup == "passive"
            self._setup = "active" if active else "passive"
            self.transport.begin(section.fingerprints, active=active)
        elif section.ufrag != self._remote_ufrag:
            self.transport.ice.restart()
        self._remote_ufrag = section.ufrag

    def _write(self, setup: str) -> str:
        self._version += 1
        local = negotiation.Local(
            credentials=self.transport.ice.credentials,
            fingerprints=self._site.fingerprints,
            addresses=self._site.addresses,
            port=self._site.port,
            session=self._session,
            cname=self.id,
        )
        return negotiation.write(self.lines, local, setup=setup, version=self._version)

    @property
    def _ssrc(self) -> int:
        """Under which our reports go out."""
        return self.lines[0].ssrc if self.lines else 1

    def _send_rtcp(self, data: bytes) -> None:
        self.transport.send_rtcp(data)

    def _follow_numbers(self) -> None:
        """Number what goes out on a line only if it is agreed there: Firefox counts no sound."""
        for line in self.lines:
            if line.mid in self.outbounds:
                self.outbounds[line.mid].extension = line.number_extension

    def _choose_layers(self, now: float) -> None:
        """Share the way among the pictures that come in several sizes; try it where it is short."""
        outbounds = self.outbounds.values()
        layered = [out for out in outbounds if out.is_layered]
        if not layered:
            return
        fixed_bps = sum(out.rate_bps for out in outbounds if not out.is_layered)
        budget_bps = max(0.0, SPARE * self.way.downlink.bps - fixed_bps)
        wanted_bps = 0.0
        for count, out in enumerate(sorted(layered, key=lambda out: out.rate_bps)):
            share_bps = budget_bps / (len(layered) - count)
            most_bps = self._profile.max_bps
            better_bps = min(most_bps, out.choose(min(most_bps, share_bps), now))
            wanted_bps = max(wanted_bps, better_bps - share_bps)
            budget_bps = max(0.0, budget_bps - out.rate_bps)
        if wanted_bps > 0:
            self._probe(layered[0], wanted_bps, now)

    def _probe(self, outbound: Outbound, wanted_bps: float, now: float) -> None:
        """Send for a moment as much as the next better size would need."""
        downlink = self.way.downlink
        if not downlink.may_probe or now - self._probed_at < self._probe_every_s:
            return
        least_s, most_s = PROBE_EVERY_S
        has_failed = downlink.bps <= self._probed_bps
        self._probe_every_s = min(most_s, 2 * self._probe_every_s) if has_failed else least_s
        self._probed_at, self._probed_bps = now, downlink.bps
        target_bps = downlink.bps + PROBE_OVER * wanted_bps
        self.way.probe(outbound.probes(int(target_bps * PROBE_S / 8)))

    def _note_transport(self) -> None:
        state = self.transport.state
        if state == "connected":
            for inbound in self.inbounds.values():
                inbound.request_keyframe()
            for outbound in self.outbounds.values():
                outbound.request_keyframe()
            self._set_state("connected")
        elif state == "failed":
            self._set_state("failed")
        elif state == "closed":
            self._set_state("closed")

    def _set_state(self, state: str) -> None:
        if self.state in (state, "closed"):
            return
        self.state = state
        self._on_state(self, state)
