"""The hash chain of a recording file: links, their text form, verification (docs/protocol.md)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

GENESIS = "0" * 64


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """One segment of a file and its place in the chain; hashes in hex, times in epoch ms."""

    n: int
    t0_ms: int
    t1_ms: int
    offset: int
    bytes: int
    sha256: str
    prev: str
    head: str
    final: bool = False  # covers the file's first bytes, written last
    recovered: bool = False  # made after a crash, from what the disk held


def forge(
    previous: Link | None, data: bytes, *, times: tuple[int, int], offset: int, **marks: bool
) -> Link:
    """The link for `data`, which stands at `offset` of the file."""
    n = previous.n + 1 if previous is not None else 0
    prev = previous.head if previous is not None else GENESIS
    digest = hashlib.sha256(data).hexdigest()
    return Link(
        n=n,
        t0_ms=times[0],
        t1_ms=times[1],
        offset=offset,
        bytes=len(data),
        sha256=digest,
        prev=prev,
        head=head_of(prev, digest, f"{n}:{times[0]}:{times[1]}:{offset}:{len(data)}"),
        **marks,
    )


def head_of(prev: str, sha256: str, place: str) -> str:
    """`place` is "n:t0_ms:t1_ms:offset:bytes"; everything is hashed as text."""
    return hashlib.sha256((prev + sha256 + place).encode()).hexdigest()


def to_line(link: Link) -> str:
    """A link as one line of JSON."""
    fields = {name: getattr(link, name) for name in Link.__slots__}  # a tenth of asdict's time
    return json.dumps(fields, separators=(",", ":")) + "\n"


def read_lines(path: Path) -> list[Link]:
    """The links of a side file; a last line cut short by a crash is left out."""
    links: list[Link] = []
    if not path.exists():
        return links
    for line in path.read_text().splitlines():
        try:
            links.append(Link(**json.loads(line)))
        except (ValueError, TypeError):
            break
    return links


def find_break(links: Iterable[Link], data: bytes) -> int | None:
    """The number of the first link that does not hold for the file's bytes; None when all hold."""
    prev = GENESIS
    for n, link in enumerate(links):
        digest = hashlib.sha256(data[link.offset : link.offset + link.bytes]).hexdigest()
        place = f"{link.n}:{link.t0_ms}:{link.t1_ms}:{link.offset}:{link.bytes}"
        holds = (link.n, link.prev, link.sha256) == (n, prev, digest)
        if not holds or link.head != head_of(prev, digest, place):
            return n
        prev = link.head
    return None
