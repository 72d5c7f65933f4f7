"""The messages of the run, desk and worker sockets (docs/protocol.md) as frozen values.

Nothing else gets in.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from runtime.frames import Reader, parse

BROWSER_LIMIT_BYTES = 64 * 1024
WORKER_LIMIT_BYTES = 256 * 1024
PROTOCOL = 1
MOST_EDGES = 6
"""Regions that a browser measures the way to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """A tab says who speaks and what it has seen."""

    seq: int
    locale: str
    tab: str
    prefer: str = ""
    """`customer`: a browser that holds both a staff session and a join cookie means the cookie."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Act:
    """A press on a panel, or on a ring at the desk."""

    id: str
    activity: str
    action: str
    data: Mapping[str, Any]
    run: str = ""
    """Only on the desk socket."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leave:
    """The participant pressed Leave or End."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Media:
    """An SDP or a candidate of the browser, or what it has measured of the way to regions."""

    id: str
    op: str
    sdp: str = ""
    generation: int = 0
    candidate: str = ""
    mid: str = ""
    near: Mapping[str, float] = field(default_factory=dict)
    """Region -> round trip in ms."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What the browser measures of its network."""

    rtt_ms: float
    loss: float
    kbps: float
    level: int
    fps: float
    mos: float = 0.0
    """How speech sounds to them, 1 to 4.5; 0 where it is not known."""
    height: int | None = None
    """Lines of the picture they send at most; 0 for single pictures, None where not told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mute:
    """The person is not to be heard or seen, or is again: all kinds that are mute from now on."""

    id: str
    muted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Consent:
    """Whoever came into a recorded call agrees to be recorded."""

    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """The client is there."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """How many frames the other side has read since its socket was opened."""

    frames: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """An agent is available or away."""

    id: str
    status: str


RunMessage: TypeAlias = Hello | Act | Leave | Media | Mute | Consent | Stats | Ping | Seen
DeskMessage: TypeAlias = Hello | Act | Presence | Ping | Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """A worker says who it is and which (room, generation) it still holds."""

    worker: str
    zone: str
    region: str
    host: str
    udp_port: int
    addresses: tuple[str, ...]
    capacity: int
    is_standby: bool
    is_draining: bool
    version: str
    rooms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A worker is there; its load is a share of a core, 0..1."""

    load: float
    peers: int
    packets_per_s: int
    is_draining: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What came of a `WorkerRequest`."""

    id: uuid.UUID
    ok: bool
    content: Mapping[str, Any] = field(default_factory=dict)
    """The result, or `{code, message}`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerEvent:
    """Something happened at a worker."""

    id: uuid.UUID
    room: str
    generation: int
    kind: str
    data: Mapping[str, Any]


WorkerMessage: TypeAlias = Enrol | Heartbeat | Answer | WorkerEvent | Seen


def parse_run(text: str) -> RunMessage:
    """Raises MalformedMessageError."""
    return parse(text, _RUN, BROWSER_LIMIT_BYTES)


def parse_desk(text: str) -> DeskMessage:
    """Raises MalformedMessageError."""
    return parse(text, _DESK, BROWSER_LIMIT_BYTES)


def parse_worker(text: str) -> WorkerMessage:
    """Raises MalformedMessageError."""
    return parse(text, _WORKER, WORKER_LIMIT_BYTES)


def _hello(reader: Reader) -> Hello:
    reader.whole("protocol", low=PROTOCOL, high=PROTOCOL)
    return Hello(
        seq=reader.whole("seq", default=0),
        locale=reader.text("locale", limit=20, default="en"),
        tab=reader.identity("tab"),
        prefer=reader.text("as", limit=20, default=""),
    )


def _act(reader: Reader) -> Act:
    return Act(
        id=reader.identity(),
        activity=reader.text("activity"),
        action=reader.text("action", limit=64),
        data=reader.object("data", default={}),
    )


def _desk_act(reader: Reader) -> Act:
    return Act(
        id=reader.identity(),
        run=reader.identity("run"),
        activity=reader.text("activity"),
        action=reader.one_of("action", "accept", "decline"),
        data=reader.object("data", default={}),
    )


def _media(reader: Reader) -> Media:
    known = ("offer", "answer", "candidate", "restart", "near")
    id_, op = reader.identity(), reader.one_of("op", *known)
    if op == "near":
        found = [Reader(one) for one in reader.objects("edges")[:MOST_EDGES]]
        near = {one.text("region", limit=40): one.number("rtt_ms", high=10_000) for one in found}
        return Media(id=id_, op=op, near=near)
    if op == "candidate":
        return Media(
            id=id_,
            op=op,
            candidate=reader.text("candidate", limit=1000, default=""),
            mid=reader.text("mid", limit=40, default=""),
        )
    sdp = reader.text("sdp", limit=BROWSER_LIMIT_BYTES)
    generation = 0 if op == "answer" else reader.whole("generation")
    return Media(id=id_, op=op, sdp=sdp, generation=generation)


def _mute(reader: Reader) -> Mute:
    kinds = [kind for kind in ("audio", "video") if reader.flag(kind)]
    return Mute(id=reader.identity(), muted=tuple(kinds))


def _stats(reader: Reader) -> Stats:
    return Stats(
        rtt_ms=reader.number("rtt_ms", high=60_000),
        loss=reader.number("loss", high=1),
        kbps=reader.number("kbps", high=1_000_000),
        level=reader.whole("level", high=4),
        fps=reader.number("fps", high=1_000),
        mos=reader.number("mos", high=5),
        height=reader.whole("height", high=10_000) if reader.has("height") else None,
    )


def _seen(reader: Reader) -> Seen:
    return Seen(frames=reader.whole("frames"))


def _presence(reader: Reader) -> Presence:
    return Presence(id=reader.identity(), status=reader.one_of("status", "available", "away"))


def _enrol(reader: Reader) -> Enrol:
    reader.whole("protocol", low=PROTOCOL, high=PROTOCOL)
    return Enrol(
        worker=reader.text("worker", limit=80),
        zone=reader.text("zone", limit=40, default="default"),
        region=reader.text("region", limit=40, default="default"),
        host=reader.text("host", default=""),
        udp_port=reader.whole("udp_port", high=65_535, default=0),
        addresses=reader.addresses("addresses"),
        capacity=reader.whole("capacity", high=100_000, default=0),
        is_standby=reader.flag("standby", default=False),
        is_draining=reader.flag("draining", default=False),
        version=reader.text("version", limit=40, default=""),
        rooms=tuple(
            (Reader(one).identity("room"), Reader(one).whole("generation"))
            for one in reader.objects("rooms")
        ),
    )


def _heartbeat(reader: Reader) -> Heartbeat:
    return Heartbeat(
        load=min(reader.number("load", high=1_000), 1.0),
        peers=reader.whole("peers", high=1_000_000, default=0),
        packets_per_s=reader.whole("packets_per_s", high=100_000_000, default=0),
        is_draining=reader.flag("draining", default=False),
    )


def _answer(reader: Reader) -> Answer:
    id_ = reader.uuid()
    if reader.flag("ok"):
        return Answer(id=id_, ok=True, content=reader.object("result", default={}))
    failure = {
        "code": reader.text("code", limit=40),
        "message": reader.text("message", limit=2_000, default=""),
    }
    return Answer(id=id_, ok=False, content=failure)


def _event(reader: Reader) -> WorkerEvent:
    return WorkerEvent(
        id=reader.uuid(),
        room=reader.identity("room"),
        generation=reader.whole("generation"),
        kind=reader.text("kind", limit=40),
        data=reader.object("data", default={}),
    )


_RUN: Mapping[str, Callable[[Reader], RunMessage]] = {
    "hello": _hello,
    "act": _act,
    "leave": lambda reader: Leave(id=reader.identity()),
    "media": _media,
    "mute": _mute,
    "consent": lambda reader: Consent(id=reader.identity()),
    "stats": _stats,
    "ping": lambda reader: Ping(at=reader.number("at", high=1e15)),
    "seen": _seen,
}
_DESK: Mapping[str, Callable[[Reader], DeskMessage]] = {
    "hello": _hello,
    "act": _desk_act,
    "presence": _presence,
    "ping": lambda reader: Ping(at=reader.number("at", high=1e15)),
    "seen": _seen,
}
_WORKER: Mapping[str, Callable[[Reader], WorkerMessage]] = {
    "enrol": _enrol,
    "heartbeat": _heartbeat,
    "answer": _answer,
    "event": _event,
    "seen": _seen,
}
