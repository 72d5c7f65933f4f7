"""What we accept of a browser's session description, and the descriptions we write.

A `Line` is one media section as agreed: the codec, what either side sends. Lines outlive offers; an
offer or answer of either side only updates them. Opus is taken, and VP8 or H.264 for the pictures
of the whole room; all else is refused line by line, never by an error: a browser that also offers
a data channel still gets its call.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from runtime.media import twcc
from runtime.media.ice import Credentials
from runtime.media.sdp import Description, Format, Section

MID_EXTENSION = "urn:ietf:params:rtp-hdrext:sdes:mid"
RID_EXTENSION = "urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id"
REPAIRED_EXTENSION = "urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id"
EXTENSIONS = (MID_EXTENSION, twcc.EXTENSION, RID_EXTENSION, REPAIRED_EXTENSION)
LAYER_EXTENSIONS = {RID_EXTENSION, REPAIRED_EXTENSION}
MAX_EXTENSION = 14  # of the one-byte form (RFC 8285 §4.2)
NUMBERS = "transport-cc"  # as feedback; worth nothing without the extension
PROTOCOL = "UDP/TLS/RTP/SAVPF"
AUDIO_RATE, VIDEO_RATE = 48000, 90000
RATES = {"audio": AUDIO_RATE, "video": VIDEO_RATE}
WRITTEN = {"opus": "opus/48000/2", "vp8": "VP8/90000", "h264": "H264/90000"}
VIDEO_CODECS = ("vp8", "h264")
PROFILES = ("42e0", "4200")  # of H.264 baseline: what every browser has, the narrower first
FEEDBACK = {
    # NACK for audio is not in the browsers' offers but both honour it in an answer
    "audio": ("nack",),
    "video": ("nack", "nack pli", "ccm fir", "goog-remb"),
}
CANDIDATE_PRIORITY = 2130706431  # host, first of its kind (RFC 8445 §5.1.2)


def make_ssrc() -> int:
    """A random SSRC; never 0, which REMB gives a meaning."""
    return secrets.randbits(31) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Codec:
    """The codec agreed for a line, under the browser's payload types."""

    payload_type: int
    rtx_payload_type: int | None
    clock_rate: int
    feedback: tuple[str, ...]
    red_payload_type: int | None = None
    name: str = "vp8"
    profile: str = ""  # of H.264, as the browser names it

    @property
    def kind(self) -> str:
        return "audio" if self.clock_rate == AUDIO_RATE else "video"

    @property
    def payload_types(self) -> list[int]:
        """All that are agreed, the one we want first: redundant sound outlives heavy loss."""
        agreed = (self.red_payload_type, self.payload_type, self.rtx_payload_type)
        return [number for number in agreed if number is not None]


@dataclass(slots=True, kw_only=True)
class Line:
    """One agreed media section of a peer."""

    mid: str
    kind: str
    codec: Codec | None  # None: refused
    protocol: str = PROTOCOL
    formats_text: str = ""
    extensions: dict[str, int] = field(default_factory=dict)  # URI -> id
    rids: tuple[str, ...] = ()  # of the sizes the browser sends, in its order
    remote_sends: bool = False
    remote_receives: bool = False
    remote_ssrcs: dict[int, int | None] = field(default_factory=dict)  # media -> RTX
    label: str = ""  # of the track the browser sends here: "video", "video-2"
    source: str | None = None  # the party whose track we send here
    source_label: str = ""  # and which of its tracks
    told: tuple[str, str] | None = None  # (source, label) by the browser's knowledge
    offered: tuple[str, str] | None = None  # the same by an offer without an answer yet
    is_agreed: bool = True  # not so while only an offer of ours knows of it
    ssrc: int = field(default_factory=make_ssrc)
    rtx_ssrc: int = field(default_factory=make_ssrc)

    @property
    def is_accepted(self) -> bool:
        return self.codec is not None

    @property
    def mid_extension(self) -> int:
        return self.extensions.get(MID_EXTENSION, 0)

    @property
    def rid_extension(self) -> int:
        return self.extensions.get(RID_EXTENSION, 0)

    @property
    def repaired_extension(self) -> int:
        return self.extensions.get(REPAIRED_EXTENSION, 0)

    @property
    def number_extension(self) -> int:
        """Of the running number, if the browser reports by it too."""
        is_agreed = self.codec is not None and NUMBERS in self.codec.feedback
        return self.extensions.get(twcc.EXTENSION, 0) if is_agreed else 0

    @property
    def is_free(self) -> bool:
        return self.is_accepted and self.remote_receives and self.source is None

    @property
    def carries(self) -> tuple[str, str] | None:
        """(party, label) of the track we send here."""
        return None if self.source is None else (self.source, self.source_label)

    @property
    def is_known(self) -> bool:
        """Whether the browser takes this line for nobody else's: what it brings may be sent."""
        return self.told is None or self.told == self.carries

    @property
    def direction(self) -> str:
        """As we write it: from our side."""
        sends = self.source is not None and self.remote_receives
        if self.remote_sends:
            return "sendrecv" if sends else "recvonly"
        return "sendonly" if sends else "inactive"


@dataclass(frozen=True, slots=True, kw_only=True)
class Local:
    """Our side of every description: identity of the transport and where it listens."""

    credentials: Credentials
    fingerprints: Sequence[tuple[str, str]]
    addresses: Sequence[str]
    port: int
    session: int
    cname: str


def choose_codec(section: Section, video: str = "vp8") -> Codec | None:
    """The section's Opus, or its `video` codec, with its RTX; None when it must be refused."""
    if section.kind not in RATES or section.port == 0 or section.protocol != PROTOCOL:
        return None
    name = "opus" if section.kind == "audio" else video
    fitting = [
        known
        for known in section.formats.values()
        if (known.name, known.clock_rate) == (name, RATES[section.kind])
    ]
    chosen = _narrowest(fitting) if name == "h264" else next(iter(fitting), None)
    if chosen is None:
        return None
    return Codec(
        payload_type=chosen.payload_type,
        rtx_payload_type=_find_rtx(section, chosen),
        clock_rate=chosen.clock_rate,
        feedback=_common_feedback(section, chosen),
        red_payload_type=_find_red(section, chosen),
        name=name,
        profile=chosen.parameters.get("profile-level-id", "") if name == "h264" else "",
    )


def _narrowest(formats: Sequence[Format]) -> Format | None:
    """The H.264 that everybody can read: packets may be parts of a slice, baseline profile."""
    for profile in PROFILES:
        for known in formats:
            told = known.parameters
            is_split = told.get("packetization-mode") == "1"
            if is_split and told.get("profile-level-id", "").lower().startswith(profile):
                return known
    return None


def read_offer(
    description: Description, lines: list[Line], video: str = "vp8", *, in_sizes: bool = True
) -> None:
    """Update `lines` in place by a browser's offer; new sections become new lines.

    `video` is the codec of all pictures of the room, "vp8" or "h264"; `in_sizes` says whether one
    may come in several sizes.
    """
    for index, section in enumerate(description.sections):
        if index == len(lines):
            lines.append(_new_line(description, section, video))
        elif lines[index].mid != section.mid:  # a refused section is used again (RFC 8829 §5.2.2)
            lines[index] = _new_line(description, section, video)
        _update_line(lines[index], section)
        if not in_sizes:
            lines[index].rids = ()
    _label(lines)


def read_answer(description: Description, lines: list[Line]) -> None:
    """Update `lines` by a browser's answer to an offer of ours."""
    for line, section in zip(lines, description.sections, strict=False):
        if line.codec is not None and choose_codec(section, line.codec.name) is None:
            line.codec = None
        receives = line.remote_receives
        _update_line(line, section)
        if line.offered is None:  # nothing was offered that it could have said it would receive
            line.remote_receives = receives
    _label(lines)


def _label(lines: Sequence[Line]) -> None:
    """Name the tracks a browser sends: by kind, then by count; a name lasts while it is sent."""
    for line in lines:
        if not (line.remote_sends and line.is_accepted):
            line.label = ""
        elif not line.label:
            used = {other.label for other in lines if other.kind == line.kind}
            count = next(n for n in range(1, len(lines) + 1) if _name(line.kind, n) not in used)
            line.label = _name(line.kind, count)


def _name(kind: str, count: int) -> str:
    return kind if count == 1 else f"{kind}-{count}"


def write(lines: Sequence[Line], local: Local, *, setup: str, version: int) -> str:
    """A description of our side; `setup` is actpass in an offer, else passive or active."""
    bundle = " ".join(line.mid for line in lines if line.is_accepted)
    head = [
        "v=0",
        f"o=- {local.session} {version} IN IP4 127.0.0.1",
        "s=-",
        "t=0 0",
        "a=ice-lite",
        f"a=group:BUNDLE {bundle}",
        "a=msid-semantic:WMS *",
    ]
    body = [text for line in lines for text in _write_line(line, local, setup)]
    return "\r\n".join(head + body) + "\r\n"


def _new_line(description: Description, section: Section, video: str) -> Line:
    accepted = description.is_bundled(section) and section.is_rtcp_mux
    return Line(
        mid=section.mid,
        kind=section.kind,
        codec=choose_codec(section, video) if accepted else None,
        protocol=section.protocol,
        formats_text=section.formats_text,
        extensions=_known_extensions(section),
    )


def _update_line(line: Line, section: Section) -> None:
    if section.port == 0:
        line.codec = None
    line.remote_sends = section.sends
    line.remote_receives = section.receives
    line.remote_ssrcs = dict(section.ssrcs)
    can_tell = line.rid_extension and line.mid_extension
    # sizes change at key frames and by picture ids, as VP8 has them
    is_layered = can_tell and line.codec is not None and line.codec.name == "vp8"
    line.rids = tuple(section.rids) if is_layered and section.kind == "video" else ()


def _find_rtx(section: Section, codec: Format) -> int | None:
    for known in section.formats.values():
        if known.name == "rtx" and known.parameters.get("apt") == str(codec.payload_type):
            return known.payload_type
    return None


def _find_red(section: Section, codec: Format) -> int | None:
    for known in section.formats.values():
        carried = "".join(known.parameters).split("/")
        if known.name == "red" and set(carried) == {str(codec.payload_type)}:
            return known.payload_type
    return None


def _common_feedback(section: Section, offered: Format) -> tuple[str, ...]:
    numbers = NUMBERS in offered.feedback and twcc.EXTENSION in section.extensions
    told = (NUMBERS,) if numbers else ()
    if section.kind == "audio":
        return FEEDBACK["audio"] + told
    return tuple(name for name in FEEDBACK["video"] if name in offered.feedback) + told


def _known_extensions(section: Section) -> dict[str, int]:
    offered = section.extensions
    return {uri: offered[uri] for uri in EXTENSIONS if 0 < offered.get(uri, 0) <= MAX_EXTENSION}


def plain_extensions(extensions: Mapping[str, int]) -> dict[str, int]:
    """Those of a line on which nothing comes in several sizes."""
    return {uri: known for uri, known in extensions.items() if uri not in LAYER_EXTENSIONS}


def _write_line(line: Line, local: Local, setup: str) -> list[str]:
    if line.codec is None:
        return [
            f"m={line.kind} 0 {line.protocol} {line.formats_text}",
            "c=IN IP4 0.0.0.0",
            f"a=mid:{line.mid}",
            "a=inactive",
        ]
    formats = " ".join(map(str, line.codec.payload_types))
    return [
        f"m={line.kind} {local.port} {PROTOCOL} {formats}",
        _connection(local.addresses[0]),
        *_write_transport(local, setup),
        f"a=mid:{line.mid}",
        f"a={line.direction}",
        "a=rtcp-mux",
        "a=rtcp-rsize",
        *_write_extensions(line),
        *_write_codec(line, line.codec),
        *_write_track(line, line.codec, local),
    ]


def _connection(address: str) -> str:
    return f"c=IN {'IP6' if ':' in address else 'IP4'} {address}"


def _write_transport(local: Local, setup: str) -> list[str]:
    return [
        *(
            f"a=candidate:{index + 1} 1 udp {CANDIDATE_PRIORITY - 256 * index} "
            f"{address} {local.port} typ host"
            for index, address in enumerate(local.addresses)
        ),
        "a=end-of-candidates",
        f"a=ice-ufrag:{local.credentials.ufrag}",
        f"a=ice-pwd:{local.credentials.password}",
        *(f"a=fingerprint:{algorithm} {value}" for algorithm, value in local.fingerprints),
        f"a=setup:{setup}",
    ]


def _write_extensions(line: Line) -> list[str]:
    known = line.extensions if line.rids else plain_extensions(line.extensions)
    if not line.number_extension:
        known = {uri: number for uri, number in known.items() if uri != twcc.EXTENSION}
    written = [f"a=extmap:{number} {uri}" for uri, number in known.items()]
    if line.rids:
        written += [f"a=rid:{rid} recv" for rid in line.rids]
        written.append(f"a=simulcast:recv {';'.join(line.rids)}")
    return written


def _write_codec(line: Line, codec: Codec) -> list[str]:
    number = codec.payload_type
    name = "opus" if line.kind == "audio" else codec.name
    written = [f"a=rtpmap:{number} {WRITTEN[name]}"]
    if name == "opus":
        written.append(f"a=fmtp:{number} minptime=10;useinbandfec=1")
    elif name == "h264":
        told = f"packetization-mode=1;profile-level-id={codec.profile}"
        written.append(f"a=fmtp:{number} level-asymmetry-allowed=1;{told}")
    written += [f"a=rtcp-fb:{number} {name}" for name in codec.feedback]
    if codec.red_payload_type is not None:
        written.append(f"a=rtpmap:{codec.red_payload_type} red/48000/2")
        written.append(f"a=fmtp:{codec.red_payload_type} {number}/{number}")
    if codec.rtx_payload_type is not None:
        written.append(f"a=rtpmap:{codec.rtx_payload_type} rtx/{codec.clock_rate}")
        written.append(f"a=fmtp:{codec.rtx_payload_type} apt={number}")
    return written


def _write_track(line: Line, codec: Codec, local: Local) -> list[str]:
    if line.source is None or not line.remote_receives:
        return []
    ssrcs = [line.ssrc]
    written = [f"a=msid:{line.source} {line.source}-{line.source_label or line.kind}"]
    if codec.rtx_payload_type is not None:
        ssrcs.append(line.rtx_ssrc)
        written.append(f"a=ssrc-group:FID {line.ssrc} {line.rtx_ssrc}")
    return written + [f"a=ssrc:{ssrc} cname:{local.cname}" for ssrc in ssrcs]
