"""What a run stores is sealed with a key of its own: its events, its state, its commands.

AES-256-GCM with a random nonce; the run and the place in it (`event|7`) are bound to the text, so a
row that was moved does not open. Stored is a JSON string, `"sealed.1.<base64 of nonce and text>"`,
where a long text is compressed first (zlib, RFC 1950; no JSON begins like that); an object in its
place was written before there were keys and is read as it stands. Hashes are over the stored text:
verifying needs no key, and goes on when the key has been destroyed.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import threading
import time
import zlib
from collections import OrderedDict
from typing import NamedTuple, TypeAlias
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from flow.graph import JsonObject, JsonValue
from flow.shapes import an_object
from runtime.errors import KeyringError, RunErasedError, RunSealedError, UnknownRunError
from runtime.keyring import KEY_BYTES, NONCE_BYTES, keyring
from runtime.models import Job, Run, RunEvent

PREFIX = "sealed.1."
LONG = 4_096
"""Bytes of a text from which on it is compressed: every step reads and writes the row of its run,
and the snapshot in there must not make that dear."""
KEPT = 16_384
KEPT_S = 60.0
"""Unwrapped keys stay in memory for so long at most, and are used only while the run's row has
the wrapped one: a destroyed key opens nothing, whoever still remembers it."""


class Seal(NamedTuple):
    """Closes and opens what one run stores; without a key it leaves everything as it is."""

    run_id: UUID
    run: str
    """The same as text, made once."""
    cipher: AESGCM | None

    def close(self, place: str, text: str) -> str:
        """JSON text as it is stored at `place`, JSON text again."""
        if self.cipher is None:
            return text
        nonce, plain = os.urandom(NONCE_BYTES), text.encode()
        if len(plain) >= LONG:
            plain = zlib.compress(plain, level=1)
        sealed = self.cipher.encrypt(nonce, plain, self._bound_to(place))
        text = binascii.b2a_base64(nonce + sealed, newline=False).decode("ascii")
        return f'"{PREFIX}{text}"'

    def open(self, place: str, stored: JsonValue) -> JsonValue:
        """The document stored at `place`. Raises RunSealedError when it does not open."""
        if not isinstance(stored, str):
            return stored
        if self.cipher is None or not stored.startswith(PREFIX):
            raise RunSealedError(run_id=self.run_id, cause=f"no key for {place}")
        try:
            sealed = base64.b64decode(stored[len(PREFIX) :], validate=True)
            nonce, text = sealed[:NONCE_BYTES], sealed[NONCE_BYTES:]
            plain = self.cipher.decrypt(nonce, text, self._bound_to(place))
            opened: JsonValue = json.loads(_unpacked(plain))
        except (InvalidTag, ValueError) as error:
            raise RunSealedError(run_id=self.run_id, cause=f"{place} does not open") from error
        return opened

    def open_event(self, event: RunEvent) -> JsonObject:
        """What an event of the run says."""
        return an_object(self.open(event_place(event.seq), event.data), "")

    def _bound_to(self, place: str) -> bytes:
        return f"{self.run}|{place}".encode()


def _unpacked(plain: bytes) -> bytes:
    return zlib.decompress(plain) if plain.startswith(b"x") else plain


def event_place(seq: int) -> str:
    """Where an event stands in its run."""
    return f"event|{seq}"


def state_place(seq: int) -> str:
    """Where a snapshot stands in its run."""
    return f"state|{seq}"


def job_place(key: str) -> str:
    """Where a job's payload stands in its run."""
    return f"job|{key}"


def fresh_key(run_id: UUID) -> str:
    """A new data key for a run, wrapped as `Run.data_key` keeps it."""
    key = os.urandom(KEY_BYTES)
    wrapped = keyring().wrap(key, run_id.bytes)
    _SEALS.put((run_id.int, wrapped), Seal(run_id, str(run_id), AESGCM(key)))
    return wrapped


def seal_of(run_id: UUID, data_key: str, *, is_erased: bool) -> Seal:
    """The seal of a run whose row says this now.

    Raises RunErasedError, and RunSealedError when the keyring cannot unwrap the key.
    """
    if is_erased:
        raise RunErasedError(run_id=run_id)
    if not data_key:
        return Seal(run_id, str(run_id), None)
    seal = _SEALS.find((run_id.int, data_key))
    if seal is None:
        seal = Seal(run_id, str(run_id), AESGCM(_unwrapped(run_id, data_key)))
        _SEALS.put((run_id.int, data_key), seal)
    return seal


def _unwrapped(run_id: UUID, data_key: str) -> bytes:
    try:
        return keyring().unwrap(data_key, run_id.bytes)
    except KeyringError as error:
        raise RunSealedError(run_id=run_id, cause=str(error)) from error


def seal_of_row(run: Run) -> Seal:
    """The seal of a run as this row says. Raises as `seal_of`."""
    return seal_of(run.pk, run.data_key, is_erased=run.erased_at_ms is not None)


def seal_for(run_id: UUID) -> Seal:
    """The seal of a run, asked of the database. Raises UnknownRunError and as `seal_of`."""
    row = Run.objects.filter(pk=run_id).values_list("data_key", "erased_at_ms").first()
    if row is None:
        raise UnknownRunError(run_id=run_id)
    return seal_of(run_id, row[0], is_erased=row[1] is not None)


Wrapped: TypeAlias = tuple[str, bool]
"""A run's wrapped key as its row has it now, and whether the run has been erased."""


def open_job(job: Job, key: Wrapped | None = None) -> None:
    """Put what the payload says in its place, for whoever performs the job.

    `key`: that of its run, when it has been read just now.
    """
    if job.run_id is None or not isinstance(job.payload, str):
        return
    run_id = job.run_id
    seal = seal_for(run_id) if key is None else seal_of(run_id, key[0], is_erased=key[1])
    job.payload = seal.open(job_place(job.key), job.payload)


class _Seals:
    """Unwrapped keys by run (its `UUID.int`) and wrapped key: bounded in number and in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[int, str], tuple[Seal, float]] = OrderedDict()

    def find(self, key: tuple[int, str]) -> Seal | None:
        with self._lock:
            kept = self._kept.get(key)
        return kept[0] if kept is not None and kept[1] > time.monotonic() else None

    def put(self, key: tuple[int, str], seal: Seal) -> None:
        now = time.monotonic()
        with self._lock:
            self._kept[key] = (seal, now + KEPT_S)
            self._kept.move_to_end(key)
            while len(self._kept) > KEPT or next(iter(self._kept.values()))[1] <= now:
                self._kept.popitem(last=False)

    def forget(self, run_id: UUID) -> None:
        with self._lock:
            for key in [one for one in self._kept if one[0] == run_id.int]:
                del self._kept[key]


_SEALS = _Seals()


def forget(run_id: UUID) -> None:
    """Drop the run's key from this process's memory."""
    _SEALS.forget(run_id)
