"""Where the runtime reads time and makes identities.

Everything below the edges gets both as arguments.
"""

from __future__ import annotations

import secrets
import time
import uuid

_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"  # Crockford: no I, L, O, U


def now_ms() -> int:
    """Milliseconds since 1970, UTC."""
    return time.time_ns() // 1_000_000


def new_id() -> uuid.UUID:
    """A UUID version 7 (RFC 9562 §5.7): ordered by time, so indexes grow at one end."""
    value = (now_ms() & (1 << 48) - 1) << 80 | secrets.randbits(80)
    value = value & ~(0xF << 76) | 0x7 << 76
    return uuid.UUID(int=value & ~(0x3 << 62) | 0x2 << 62)


def new_number() -> str:
    """A number a person can read out, like `RUN-7F3K-20`.

    Unique by constraint, so a clash is drawn again.
    """
    drawn = "".join(secrets.choice(_ALPHABET) for _ in range(6))
    return f"RUN-{drawn[:4]}-{drawn[4:]}"
