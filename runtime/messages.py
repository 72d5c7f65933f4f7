"""The messages of the run, desk and worker sockets (docs/protocol.md) as frozen values.

Nothing else gets in.
"""

from __future__ import annotations

import json
import math
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias, TypeVar

from runtime.errors import MalformedMessageError

BROWSER_LIMIT_BYTES = 64 * 1024
WORKER_LIMIT_BYTES = 256 * 1024
PROTOCOL = 1
_DEPTH_LIMIT = 32
_ID_LIMIT = 64
_INTEGER_LIMIT = 2**53


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
    """An SDP or a candidate of the browser."""

    id: str
    op: str
    sdp: str = ""
    generation: int = 0
    candidate: str = ""
    mid: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stats:
    """What the browser measures of its network."""

    rtt_ms: float
    loss: float
    kbps: float
    level: int
    fps: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    """The client is there."""

    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Presence:
    """An agent is available or away."""

    id: str
    status: str


RunMessage: TypeAlias = Hello | Act | Leave | Media | Stats | Ping
DeskMessage: TypeAlias = Hello | Act | Presence | Ping


@dataclass(frozen=True, slots=True, kw_only=True)
class Enrol:
    """A worker says who it is and which (room, generation) it still holds."""

    worker: str
    zone: str
    region: str
    host: str
    udp_port: int
    capacity: int
    rooms: tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Heartbeat:
    """A worker is there; its load is a share of a core, 0..1."""

    load: float


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


WorkerMessage: TypeAlias = Enrol | Heartbeat | Answer | WorkerEvent


Message = TypeVar("Message")


class _Reader:
    """Takes fields out of one message, refusing what is missing or of the wrong shape."""

    def __init__(self, content: Mapping[str, Any]) -> None:
        self._content = content
        named = content.get("id")
        self.id = named if isinstance(named, str) and len(named) <= _ID_LIMIT else None

    def text(self, name: str, *, limit: int = 200, default: str | None = None) -> str:
        value = self._content.get(name, default)
        if not isinstance(value, str) or len(value) > limit:
            raise self.wrong(name, f"a text of at most {limit} characters")
        return value

    def one_of(self, name: str, *known: str) -> str:
        value = self.text(name)
        if value not in known:
            raise self.wrong(name, " or ".join(known))
        return value

    def identity(self, name: str = "id") -> str:
        return str(self.uuid(name))

    def uuid(self, name: str = "id") -> uuid.UUID:
        try:
            return uuid.UUID(self.text(name, limit=40))
        except ValueError:
            raise self.wrong(name, "a UUID") from None

    def whole(
        self, name: str, *, low: int = 0, high: int = _INTEGER_LIMIT, default: Any = None
    ) -> int:
        value = self._content.get(name, default)
        if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
            raise self.wrong(name, f"a whole number from {low} to {high}")
        return value

    def number(self, name: str, *, high: float = 1e12) -> float:
        value = self._content.get(name, 0)
        if not isinstance(value, int | float) or isinstance(value, bool) or not 0 <= value <= high:
            raise self.wrong(name, f"a number from 0 to {high:g}")
        return float(value)

    def flag(self, name: str) -> bool:
        value = self._content.get(name)
        if not isinstance(value, bool):
            raise self.wrong(name, "true or false")
        return value

    def object(self, name: str, *, default: Mapping[str, Any] | None = None) -> Mapping[str, Any]:
        value = self._content.get(name, default)
        if not isinstance(value, dict):
            raise self.wrong(name, "an object")
        return value

    def objects(self, name: str) -> list[Mapping[str, Any]]:
        value = self._content.get(name, [])
        if not isinstance(value, list) or not all(isinstance(one, dict) for one in value):
            raise self.wrong(name, "a list of objects")
        return value

    def wrong(self, name: str, expected: str) -> MalformedMessageError:
        return MalformedMessageError(f"/{name}: expected {expected}", field=f"/{name}", id_=self.id)


def parse_run(text: str) -> RunMessage:
    """Raises MalformedMessageError."""
    return _parse(text, _RUN, BROWSER_LIMIT_BYTES)


def parse_desk(text: str) -> DeskMessage:
    """Raises MalformedMessageError."""
    return _parse(text, _DESK, BROWSER_LIMIT_BYTES)


def parse_worker(text: str) -> WorkerMessage:
    """Raises MalformedMessageError."""
    return _parse(text, _WORKER, WORKER_LIMIT_BYTES)


def _parse(text: str, known: Mapping[str, Callable[[_Reader], Message]], limit: int) -> Message:
    content = read_object(text, limit)
    kind = content.get("type")
    reader = _Reader(content)
    if not isinstance(kind, str) or kind not in known:
        raise MalformedMessageError(
            "no such message", reason="unknown_type", field="/type", id_=reader.id
        )
    return known[kind](reader)


def read_object(text: str, limit: int) -> dict[str, Any]:
    """The JSON object in a frame, within the limits of size and depth.

    Raises MalformedMessageError.
    """
    if len(text.encode("utf-8", "surrogatepass")) > limit:
        raise MalformedMessageError(f"at most {limit} bytes", reason="too_large")
    try:
        content = json.loads(text, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise MalformedMessageError("not JSON") from None
    if not isinstance(content, dict) or not _is_sound(content):
        raise MalformedMessageError("not an object of this protocol")
    return content


def _refuse_constant(word: str) -> Any:
    raise ValueError(f"{word} is not JSON")


def _is_sound(content: dict[str, Any]) -> bool:
    """Nested at most _DEPTH_LIMIT deep, whole numbers exact in every language.

    Texts encodable and without NUL.
    """
    level: list[Any] = [content]
    for _ in range(_DEPTH_LIMIT):
        inner: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                inner += [*value.keys(), *value.values()]
            elif isinstance(value, list):
                inner += value
            elif not _is_sound_value(value):
                return False
        if not inner:
            return True
        level = inner
    return False


def _is_sound_value(value: object) -> bool:
    if isinstance(value, str):
        return "\x00" not in value and not any("\ud800" <= one <= "\udfff" for one in value)
    if isinstance(value, float):
        return math.isfinite(value)  # 1e999 is JSON, and infinite
    return not isinstance(value, int) or abs(value) <= _INTEGER_LIMIT


def _hello(reader: _Reader) -> Hello:
    reader.whole("protocol", low=PROTOCOL, high=PROTOCOL)
    return Hello(
        seq=reader.whole("seq", default=0),
        locale=reader.text("locale", limit=20, default="en"),
        tab=reader.identity("tab"),
        prefer=reader.text("as", limit=20, default=""),
    )


def _act(reader: _Reader) -> Act:
    return Act(
        id=reader.identity(),
        activity=reader.text("activity"),
        action=reader.text("action", limit=64),
        data=reader.object("data", default={}),
    )


def _desk_act(reader: _Reader) -> Act:
    return Act(
        id=reader.identity(),
        run=reader.identity("run"),
        activity=reader.text("activity"),
        action=reader.one_of("action", "accept", "decline"),
        data=reader.object("data", default={}),
    )


def _media(reader: _Reader) -> Media:
    id_, op = reader.identity(), reader.one_of("op", "offer", "answer", "candidate", "restart")
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


def _stats(reader: _Reader) -> Stats:
    return Stats(
        rtt_ms=reader.number("rtt_ms", high=60_000),
        loss=reader.number("loss", high=1),
        kbps=reader.number("kbps", high=1_000_000),
        level=reader.whole("level", high=4),
        fps=reader.number("fps", high=1_000),
    )


def _presence(reader: _Reader) -> Presence:
    return Presence(id=reader.identity(), status=reader.one_of("status", "available", "away"))


def _enrol(reader: _Reader) -> Enrol:
    reader.whole("protocol", low=PROTOCOL, high=PROTOCOL)
    return Enrol(
        worker=reader.text("worker", limit=80),
        zone=reader.text("zone", limit=40, default="default"),
        region=reader.text("region", limit=40, default="default"),
        host=reader.text("host", default=""),
        udp_port=reader.whole("udp_port", high=65_535, default=0),
        capacity=reader.whole("capacity", high=100_000, default=0),
        rooms=tuple(
            (_Reader(one).identity("room"), _Reader(one).whole("generation"))
            for one in reader.objects("rooms")
        ),
    )


def _answer(reader: _Reader) -> Answer:
    id_ = reader.uuid()
    if reader.flag("ok"):
        return Answer(id=id_, ok=True, content=reader.object("result", default={}))
    failure = {
        "code": reader.text("code", limit=40),
        "message": reader.text("message", limit=2_000, default=""),
    }
    return Answer(id=id_, ok=False, content=failure)


def _event(reader: _Reader) -> WorkerEvent:
    return WorkerEvent(
        id=reader.uuid(),
        room=reader.identity("room"),
        generation=reader.whole("generation"),
        kind=reader.text("kind", limit=40),
        data=reader.object("data", default={}),
    )


_RUN: Mapping[str, Callable[[_Reader], RunMessage]] = {
    "hello": _hello,
    "act": _act,
    "leave": lambda reader: Leave(id=reader.identity()),
    "media": _media,
    "stats": _stats,
    "ping": lambda reader: Ping(at=reader.number("at", high=1e15)),
}
_DESK: Mapping[str, Callable[[_Reader], DeskMessage]] = {
    "hello": _hello,
    "act": _desk_act,
    "presence": _presence,
    "ping": lambda reader: Ping(at=reader.number("at", high=1e15)),
}
_WORKER: Mapping[str, Callable[[_Reader], WorkerMessage]] = {
    "enrol": _enrol,
    "heartbeat": lambda reader: Heartbeat(load=min(reader.number("load", high=1_000), 1.0)),
    "answer": _answer,
    "event": _event,
}
