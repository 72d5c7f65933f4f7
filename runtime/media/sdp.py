"""Reading the session descriptions browsers send (RFC 8866, RFC 8829) as values.

Whatever cannot be read raises BadSdpError; a media section of a kind we do not know is read as far
as an answer needs to refuse it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from runtime.media.errors import BadSdpError

DIRECTIONS = ("sendrecv", "sendonly", "recvonly", "inactive")
PLAIN_ATTRIBUTES = {
    "mid": "mid",
    "setup": "setup",
    "ice-ufrag": "ufrag",
    "ice-pwd": "password",
}
MAX_SDP_BYTES = 200_000
MAX_SECTIONS = 64
MAX_RIDS = 4
RID = re.compile(r"[A-Za-z0-9]{1,16}")


@dataclass(slots=True, kw_only=True)
class Format:
    """One payload type of a section."""

    payload_type: int
    name: str  # lower case, as "vp8"
    clock_rate: int
    parameters: dict[str, str] = field(default_factory=dict)
    feedback: set[str] = field(default_factory=set)


DISCARD_PORT = 9
"""For a line that is offered on another's transport alone: it is not refused (RFC 9143 §6)."""


@dataclass(slots=True, kw_only=True)
class Section:
    """One m-line. `ssrcs` maps a media SSRC to its RTX SSRC or None."""

    kind: str
    protocol: str
    formats_text: str
    port: int
    mid: str = ""
    direction: str = "sendrecv"
    formats: dict[int, Format] = field(default_factory=dict)
    extensions: dict[str, int] = field(default_factory=dict)  # URI -> id
    ssrcs: dict[int, int | None] = field(default_factory=dict)
    rids: list[str] = field(default_factory=list)  # of the sizes sent, in order
    ufrag: str = ""
    password: str = ""
    fingerprints: list[tuple[str, str]] = field(default_factory=list)  # (algorithm, value)
    setup: str = ""
    is_rtcp_mux: bool = False

    @property
    def sends(self) -> bool:
        return self.direction in ("sendrecv", "sendonly") and self.port != 0

    @property
    def receives(self) -> bool:
        return self.direction in ("sendrecv", "recvonly") and self.port != 0


@dataclass(slots=True, kw_only=True)
class Description:
    """A whole session description."""

    sections: list[Section]
    bundled: list[str]  # mids of the BUNDLE group, in order
    session: str = ""  # the id of the o= line: one RTCPeerConnection keeps it (RFC 8829 §5.2.1)

    @property
    def fingerprints(self) -> list[tuple[str, str]]:
        return next((s.fingerprints for s in self.sections if s.fingerprints), [])

    def is_bundled(self, section: Section) -> bool:
        return section.mid in self.bundled or len(self.sections) == 1


def parse(text: str) -> Description:
    """Read a session description; BadSdpError names the line that cannot be read."""
    if len(text) > MAX_SDP_BYTES:
        raise BadSdpError("the session description is longer than any browser writes")
    common = Section(kind="", protocol="", formats_text="", port=0)
    description = Description(sections=[], bundled=[])
    section = common
    for line in _in_reading_order(text.splitlines()):
        try:
            section = _read_line(description, section, common, line)
        except (ValueError, KeyError, IndexError) as error:
            raise BadSdpError(f"cannot read the line {line[:80]!r}") from error
    if not description.sections or len(description.sections) > MAX_SECTIONS:
        raise BadSdpError("there is no media section, or there are too many")
    return description


def _read_line(description: Description, section: Section, common: Section, line: str) -> Section:
    """Read one line into the description or its present section; gives the section after it."""
    if line.startswith("m="):
        section = _read_section(line[2:], common)
        description.sections.append(section)
    elif line.startswith("o="):
        description.session = line.split()[1]
    elif line.startswith("a=group:BUNDLE"):
        description.bundled = line.split()[1:]
    elif line.startswith("a="):
        _read_attribute(section, *_split(line[2:]))
    return section


def _in_reading_order(lines: list[str]) -> list[str]:
    """Within each section rtpmap first: Firefox writes what refers to a format before it."""
    section = 0
    keyed: list[tuple[int, int, str]] = []
    for line in lines:
        section += line.startswith("m=")
        rank = 0 if line.startswith("m=") else 1 if line.startswith("a=rtpmap:") else 2
        keyed.append((section, rank, line))
    return [line for _, _, line in sorted(keyed, key=lambda entry: entry[:2])]


def _split(attribute: str) -> tuple[str, str]:
    name, _, value = attribute.partition(":")
    return name, value


def _read_section(value: str, common: Section) -> Section:
    kind, port, protocol, formats = value.split(" ", 3)
    return Section(
        kind=kind,
        port=int(port),
        protocol=protocol,
        formats_text=formats,
        ufrag=common.ufrag,
        password=common.password,
        fingerprints=list(common.fingerprints),
        setup=common.setup,
        direction=common.direction,
    )


def _read_attribute(section: Section, name: str, value: str) -> None:
    if name in PLAIN_ATTRIBUTES:
        setattr(section, PLAIN_ATTRIBUTES[name], value.strip())
    elif name in DIRECTIONS:
        section.direction = name
    elif name == "rtcp-mux":
        section.is_rtcp_mux = True
    elif name == "bundle-only":
        section.port = section.port or DISCARD_PORT
    elif name in READERS:
        READERS[name](section, name, value)


def _read_fingerprint(section: Section, _: str, value: str) -> None:
    algorithm, digest = value.split()
    section.fingerprints.append((algorithm.lower(), digest))


def _read_extension(section: Section, _: str, value: str) -> None:
    number, uri = value.split()[:2]
    section.extensions[uri] = int(number.partition("/")[0])


def _read_format(section: Section, name: str, value: str) -> None:
    number, rest = value.split(" ", 1)
    if name == "rtpmap":
        codec, rate = rest.split("/")[:2]
        payload_type = int(number)
        section.formats[payload_type] = Format(
            payload_type=payload_type, name=codec.lower(), clock_rate=int(rate)
        )
        return
    meant = section.formats.values() if number == "*" else [section.formats.get(int(number))]
    for known in meant:
        if known is None:
            continue
        if name == "rtcp-fb":
            known.feedback.add(rest.strip())
        else:
            known.parameters.update(_parameters(rest))


def _parameters(text: str) -> dict[str, str]:
    pairs = (part.strip().partition("=") for part in text.split(";"))
    return {key: value for key, _, value in pairs if key}


def _read_simulcast(section: Section, _: str, value: str) -> None:
    """RFC 8853 §5.1: alternatives are separated by commas, what is paused begins with a tilde."""
    words = value.split()
    for direction, streams in zip(words[::2], words[1::2], strict=False):
        if direction == "send":
            named = (one.split(",")[0].lstrip("~") for one in streams.split(";"))
            section.rids = [rid for rid in named if RID.fullmatch(rid)][:MAX_RIDS]


def _read_ssrc(section: Section, name: str, value: str) -> None:
    words = value.split()
    if name == "ssrc":
        ssrc = int(words[0])
        if ssrc not in section.ssrcs and ssrc not in section.ssrcs.values():
            section.ssrcs[ssrc] = None
    elif words[0] == "FID":
        media, repair = int(words[1]), int(words[2])
        section.ssrcs.pop(repair, None)
        section.ssrcs[media] = repair


READERS = {
    "fingerprint": _read_fingerprint,
    "extmap": _read_extension,
    "rtpmap": _read_format,
    "fmtp": _read_format,
    "rtcp-fb": _read_format,
    "ssrc": _read_ssrc,
    "ssrc-group": _read_ssrc,
    "simulcast": _read_simulcast,
}
