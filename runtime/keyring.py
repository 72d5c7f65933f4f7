"""The keyring wraps the data keys of runs; what they seal is the business of `runtime.sealing`.

Three kinds: a file, a list in the environment, or a class of the house's own that asks a key
management service. The active key wraps, every key of the ring unwraps, and each wrapped key names
the one that wrapped it: `<key id>:<text>`. A key is wrapped for one row (AES-256-GCM with the row's
id as associated data), so it opens no other. What else the house keeps secret (how it signs in at
another system) is short enough to be wrapped as if it were a key.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import json
import os
import re
import secrets
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings
from django.utils.module_loading import import_string
from typing_extensions import override

from runtime.errors import KeyringError, UnknownKeyError

KEY_BYTES = 32
NONCE_BYTES = 12
KEY_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class Keyring(Protocol):
    """What wraps data keys. A class of the house's own is made without arguments."""

    @property
    def active(self) -> str:
        """Id of the key that wraps now."""

    def wrap(self, key: bytes, owner: bytes) -> str:
        """The key, wrapped for the row of this id: `<key id>:<text>`, at most 600 characters."""

    def unwrap(self, wrapped: str, owner: bytes) -> bytes:
        """The key again. Raises KeyringError; UnknownKeyError when the ring lacks the wrapper."""


class Keys(NamedTuple):
    """The keys of a ring by id, 32 bytes each, and which of them wraps."""

    active: str
    by_id: Mapping[str, bytes]


class HeldKeyring:
    """Keys that the process holds itself."""

    def __init__(self, keys: Keys) -> None:
        self._keys = keys

    @property
    def active(self) -> str:
        return self._keys.active

    @property
    def ids(self) -> tuple[str, ...]:
        """Of all keys, the active one first."""
        active = self.active
        return (active, *(one for one in self._keys.by_id if one != active))

    def wrap(self, key: bytes, owner: bytes) -> str:
        nonce = os.urandom(NONCE_BYTES)
        sealed = AESGCM(self._keys.by_id[self.active]).encrypt(nonce, key, owner)
        return f"{self.active}:{base64.b64encode(nonce + sealed).decode()}"

    def unwrap(self, wrapped: str, owner: bytes) -> bytes:
        key_id, _, text = wrapped.partition(":")
        wrapping = self._find(key_id)
        if wrapping is None:
            raise UnknownKeyError(key_id=key_id)
        try:
            sealed = base64.b64decode(text, validate=True)
            return AESGCM(wrapping).decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], owner)
        except (InvalidTag, ValueError) as error:
            raise KeyringError(f"key {key_id!r} does not open this data key") from error

    def _find(self, key_id: str) -> bytes | None:
        return self._keys.by_id.get(key_id)


class FileKeyring(HeldKeyring):
    """Keys in a file `{"active": id, "keys": {id: base64}}`, read again when it was replaced."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._read_of = self._stamp()
        super().__init__(_parsed(path))

    @property
    @override
    def active(self) -> str:
        self._look_again()
        return self._keys.active

    @override
    def _find(self, key_id: str) -> bytes | None:
        if key_id not in self._keys.by_id:
            self._look_again()
        return self._keys.by_id.get(key_id)

    def add(self) -> str:
        """A new key that wraps from now on; its id."""
        key_id, keys = self._changed(_with_another)
        self._keys = keys
        return key_id

    def retire(self, key_id: str) -> None:
        """Take a key away for good: what it alone wrapped is lost. Raises UnknownKeyError."""
        _, self._keys = self._changed(lambda keys: (key_id, _without(keys, key_id)))

    def _changed(self, change: Callable[[Keys], tuple[str, Keys]]) -> tuple[str, Keys]:
        with _locked(self.path):
            key_id, keys = change(_parsed(self.path))
            _write(self.path, keys, first=False)
        return key_id, keys

    def _look_again(self) -> None:
        stamp = self._stamp()
        if stamp != self._read_of:
            self._keys, self._read_of = _parsed(self.path), stamp

    def _stamp(self) -> tuple[int, int]:
        try:
            found = self.path.stat()
        except OSError as error:
            raise KeyringError(f"the keyring {self.path} cannot be read") from error
        return found.st_ino, found.st_mtime_ns


def _with_another(keys: Keys) -> tuple[str, Keys]:
    fresh = _fresh()
    return fresh.active, Keys(fresh.active, {**keys.by_id, **fresh.by_id})


def _without(keys: Keys, key_id: str) -> Keys:
    if key_id not in keys.by_id:
        raise UnknownKeyError(key_id=key_id)
    if key_id == keys.active:
        raise KeyringError(f"key {key_id!r} is the one that wraps; add another first")
    return Keys(keys.active, {one: key for one, key in keys.by_id.items() if one != key_id})


def _fresh() -> Keys:
    key_id = f"k{secrets.token_hex(4)}"
    return Keys(key_id, {key_id: secrets.token_bytes(KEY_BYTES)})


def write_first(path: Path) -> None:
    """A ring of one new key (mode 600), unless there is one: of two processes, one writes it."""
    if not path.exists():
        _write(path, _fresh(), first=True)


def _write(path: Path, keys: Keys, *, first: bool) -> None:
    """Whole or not at all, and on disk before anything is wrapped with it."""
    document = {
        "active": keys.active,
        "keys": {one: base64.b64encode(key).decode() for one, key in keys.by_id.items()},
    }
    fresh = path.with_name(f"{path.name}.{os.getpid()}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as sink:
        json.dump(document, sink, indent=1)
        sink.flush()
        os.fsync(sink.fileno())
    if first:
        _link(fresh, path)
    else:
        fresh.replace(path)
    folder = os.open(path.parent, os.O_RDONLY)
    os.fsync(folder)
    os.close(folder)


def _link(fresh: Path, path: Path) -> None:
    try:
        os.link(fresh, path)
    except FileExistsError:
        return
    finally:
        fresh.unlink()


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One change of the file at a time, or a key that already wraps runs could be lost."""
    with path.with_name(f"{path.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _parsed(path: Path) -> Keys:
    try:
        document = json.loads(path.read_text())
        keys = {str(one): _key(text) for one, text in document["keys"].items()}
        return _checked(Keys(str(document["active"]), keys))
    except OSError as error:
        raise KeyringError(f"the keyring {path} cannot be read") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise KeyringError(f'{path} must hold {{"active": id, "keys": {{id: base64}}}}') from error


def keys_of(text: str) -> Keys:
    """The ring `id:base64,id:base64`; the first key wraps. Raises KeyringError."""
    pairs = [one.strip().partition(":") for one in text.split(",") if one.strip()]
    try:
        return _checked(Keys(pairs[0][0], {one: _key(key) for one, _, key in pairs}))
    except (IndexError, ValueError) as error:
        raise KeyringError("a keyring is id:base64 of 32 bytes, comma-separated") from error


def _key(text: str) -> bytes:
    try:
        key = base64.b64decode(text, validate=True)
    except binascii.Error as error:
        raise ValueError("not base64") from error
    if len(key) != KEY_BYTES:
        raise ValueError(f"a key has {KEY_BYTES} bytes")
    return key


def _checked(keys: Keys) -> Keys:
    if keys.active not in keys.by_id or not all(KEY_ID.fullmatch(one) for one in keys.by_id):
        raise ValueError("no such active key, or an id that is none")
    return keys


class _Made(NamedTuple):
    of: Mapping[str, str]
    keyring: Keyring


_made: list[_Made] = []


def keyring() -> Keyring:
    """The ring that `settings.KEYRING` names by `file`, `keys` or `class`. Raises KeyringError."""
    wanted: Mapping[str, str] = settings.KEYRING
    if not _made or _made[0].of != wanted:
        _made[:] = [_Made(dict(wanted), _make(wanted))]
    return _made[0].keyring


def _make(wanted: Mapping[str, str]) -> Keyring:
    if "class" in wanted:
        ring: Keyring = import_string(wanted["class"])()
        return ring
    if "keys" in wanted:
        return HeldKeyring(keys_of(wanted["keys"]))
    return FileKeyring(Path(wanted["file"]))
