"""The hash chains: a run's events, and the segments of a recording's file.

Formulas only, no decisions.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable

import rfc8785

from runtime.models import RunEvent

GENESIS = "0" * 64


def event_hash(event: RunEvent) -> str:
    """SHA-256 in hex over the canonical JSON (RFC 8785) of everything the row says.

    `prev_hash` included.
    """
    told = {
        "run": str(event.run_id),
        "seq": event.seq,
        "key": event.key,
        "kind": event.kind,
        "data": event.data,
        "actor": event.actor,
        "at_ms": event.at_ms,
        "prev": event.prev_hash,
    }
    return hashlib.sha256(rfc8785.dumps(told)).hexdigest()


def segment_head(  # noqa: PLR0913 - a link is made of just these
    prev: str, sha256: str, *, n: int, t0_ms: int, t1_ms: int, offset: int, size: int
) -> str:
    """The head of a recording file's chain after segment `n` (docs/protocol.md, "The chain")."""
    link = f"{prev}{sha256}{n}:{t0_ms}:{t1_ms}:{offset}:{size}"
    return hashlib.sha256(link.encode("ascii")).hexdigest()


def joint_head(heads: Iterable[str]) -> str:
    """One hash for several files: over their heads in order of the file names."""
    return hashlib.sha256("".join(heads).encode("ascii")).hexdigest()
