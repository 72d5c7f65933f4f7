"""Messages and requests that nobody sends: shapes of ours, broken in one place or in many.

Everything comes from one `random.Random`, so a seed gives the same again.
"""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import quote

import yaml

SCHEMA = Path(__file__).parents[2] / "static" / "src" / "api" / "schema.yaml"
ID = "0199c0de-0000-7000-8000-000000000001"
MESSAGES: tuple[dict[str, Any], ...] = (
    {"type": "hello", "protocol": 1, "seq": 0, "locale": "en", "tab": ID},
    {"type": "act", "id": ID, "activity": "read.1", "action": "tick", "data": {"phrase": "p0"}},
    {"type": "act", "id": ID, "run": ID, "activity": "a.1", "action": "accept", "data": {}},
    {"type": "media", "id": ID, "op": "offer", "sdp": "v=0", "generation": 1},
    {"type": "media", "id": ID, "op": "candidate", "candidate": "", "mid": "0"},
    {"type": "stats", "rtt_ms": 80, "loss": 0.1, "kbps": 900, "level": 3, "fps": 24},
    {"type": "presence", "id": ID, "status": "away"},
    {"type": "ping", "at": 1},
    {"type": "seen", "frames": 1},
    {"type": "enrol", "protocol": 1, "worker": "w", "udp_port": 4, "capacity": 1, "rooms": []},
    {"type": "heartbeat", "load": 0.5},
    {"type": "answer", "id": ID, "ok": True, "result": {}},
    {"type": "event", "id": ID, "room": ID, "generation": 1, "kind": "recording", "data": {}},
)
STRANGE: tuple[Any, ...] = (
    *(None, True, 0, -1, 2**53 + 1, 10**400, 1e308, 1e-320, 0.1),
    *(
        "",
        " ",
        "\x00",
        "\ud800",
        "\U0010ffff",
        "\u202e",
        "x" * 5_000,
        "../../etc/passwd",
        "%00",
        "{{7*7}}",
    ),
    *("' OR 1=1 --", "<script>alert(1)</script>", ID, "0", "nan", "2026-02-30", "read.1", "p0"),
    *([], {}, [[[[]]]], {"": {"": ""}}, ["x"] * 300, {"__proto__": {"x": 1}}),
)
BROKEN = (
    "",
    "{",
    "[]",
    "null",
    '"x"',
    "{" * 9_000,
    '{"type": NaN}',
    '{"a":1e999}',
    "\x00",
    "[" * 9_000,
)


class Request(NamedTuple):
    """One HTTP request. `body` is None for none."""

    operation: str
    method: str
    path: str
    body: bytes | None


def strange(chance: random.Random, depth: int = 0) -> Any:
    """Any JSON value, as odd as it gets."""
    match chance.randrange(6 if depth < 4 else 4):
        case 4:
            return [strange(chance, depth + 1) for _ in range(chance.randrange(4))]
        case 5:
            keys = [str(chance.choice(STRANGE))[:40] for _ in range(chance.randrange(4))]
            return {one: strange(chance, depth + 1) for one in keys}
        case _:
            return chance.choice(STRANGE)


def message(chance: random.Random) -> str | bytes:
    """A frame: a message of ours with something wrong, or none at all; now and then a right one."""
    if chance.random() < 0.15:
        return chance.choice((*BROKEN, chance.randbytes(40)))
    return json.dumps(_spoilt(chance.choice(MESSAGES), chance))


def _spoilt(sound: Mapping[str, Any], chance: random.Random) -> dict[str, Any]:
    spoilt = dict(sound)
    if "id" in spoilt:
        spoilt["id"] = str(uuid.UUID(int=chance.getrandbits(128)))
    for _ in range(chance.choice((0, 1, 1, 1, 2, 4))):
        name = chance.choice([*spoilt, "more"]) if spoilt else "more"
        if chance.random() < 0.3:
            spoilt.pop(name, None)
        else:
            spoilt[name] = strange(chance)
    return spoilt


class Requests:
    """Requests to every operation of our OpenAPI document."""

    def __init__(
        self, chance: random.Random, known_ids: Sequence[str], without: Sequence[str]
    ) -> None:
        document = yaml.safe_load(SCHEMA.read_text())
        self._chance, self._ids = chance, [*known_ids, ID]
        self._shapes: Mapping[str, Any] = document["components"]["schemas"]
        self.operations = [
            (method, path, found)
            for path, methods in document["paths"].items()
            for method, found in methods.items()
            if found["operationId"] not in without
        ]

    def one(self) -> Request:
        method, path, found = self._chance.choice(self.operations)
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            path = path.replace(f"{{{name}}}", quote(self._segment(), safe=""))
        body = self._body(found.get("requestBody", {}).get("content", {}))
        return Request(found["operationId"], method.upper(), path + self._query(found), body)

    def _segment(self) -> str:
        if self._chance.random() < 0.7:
            return self._chance.choice(self._ids)
        text = str(self._chance.choice(STRANGE))[:200].encode("utf-8", "replace").decode()
        return text or "x"

    def _query(self, operation: Mapping[str, Any]) -> str:
        names = [one["name"] for one in operation.get("parameters", ()) if one["in"] == "query"]
        pairs = [f"{one}={quote(self._segment(), safe='')}" for one in [*names, "odd"]]
        return "?" + "&".join(pairs) if self._chance.random() < 0.5 else ""

    def _body(self, content: Mapping[str, Any]) -> bytes | None:
        shape = content.get("application/json", {}).get("schema")
        if shape is None:
            return None if self._chance.random() < 0.8 else b"{}"
        if self._chance.random() < 0.15:
            return self._chance.choice(BROKEN).encode("utf-8", "surrogatepass")
        return json.dumps(self._value(shape)).encode()

    def _value(self, shape: Mapping[str, Any], depth: int = 0) -> Any:
        """Mostly what the shape asks for."""
        if self._chance.random() < 0.15 or depth > 6:
            return strange(self._chance)
        if "$ref" in shape:
            return self._value(self._shapes[shape["$ref"].rpartition("/")[2]], depth)
        several = shape.get("allOf") or shape.get("oneOf") or shape.get("anyOf")
        if several:
            return self._value(self._chance.choice(several), depth + 1)
        if shape.get("type") == "object":
            fields = shape.get("properties", {}).items()
            kept = [one for one in fields if self._chance.random() < 0.9]
            return {name: self._value(of, depth + 1) for name, of in kept}
        if shape.get("type") == "array":
            return [self._value(shape.get("items", {}), depth + 1) for _ in range(2)]
        return self._scalar(shape)

    def _scalar(self, shape: Mapping[str, Any]) -> Any:
        ordinary: Mapping[Any, Sequence[Any]] = {
            "integer": (0, 1, 7, 60_000),
            "number": (0, 0.5, 7),
            "boolean": (True, False),
            "string": (*self._ids, "a text", "en"),
        }
        known = shape.get("enum") or ordinary.get(shape.get("type"))
        return self._chance.choice(known) if known else strange(self._chance)
