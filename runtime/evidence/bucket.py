"""A bucket of an S3-compatible store, for several hosts without a folder in common.

Credentials are found as boto3 finds them: environment, file, or the host's own role.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from typing_extensions import override

from runtime.evidence.store import (
    FileExists,
    Source,
    Store,
    StoreUnavailableError,
    sha256_of,
    write,
)

READ_S, PUT_S = 3600, 900
"""How long an address is good: to be decoded from, to be put to."""
MOST_KEYS = 1000  # of one deletion, by the protocol
MISSING = frozenset({"404", "NoSuchKey", "NotFound"})
LIMITS = Config(
    connect_timeout=3,
    read_timeout=20,
    retries={"max_attempts": 3, "mode": "standard"},
    signature_version="s3v4",
)


class Bucket(Store):
    """`address` is `s3://bucket/folder?endpoint=https://…&region=…`; only the bucket must be."""

    def __init__(self, address: str) -> None:
        parts = urlsplit(address)
        if parts.scheme != "s3" or not parts.netloc:
            raise ValueError("a bucket is named s3://bucket/folder?endpoint=https://…&region=…")
        told = {name: values[-1] for name, values in parse_qs(parts.query).items()}
        self._bucket = parts.netloc
        self._folder = parts.path.strip("/")
        self._client: Any = boto3.session.Session().client(
            "s3",
            endpoint_url=told.get("endpoint"),
            region_name=told.get("region"),
            config=LIMITS,
        )

    @override
    def size_of(self, name: str) -> int | None:
        try:
            return int(self._ask("head_object", Key=self._key(name))["ContentLength"])
        except FileNotFoundError:
            return None

    @override
    def read(self, name: str, start: int, end: int) -> bytes:
        size = self.size_of(name)
        if size is None:
            raise FileNotFoundError(name)
        if start >= size:
            return b""
        span = f"bytes={start}-{end}"
        data: bytes = self._ask("get_object", Key=self._key(name), Range=span)["Body"].read()
        return data

    @override
    @contextmanager
    def borrow(self, name: str) -> Iterator[Path]:
        if self.size_of(name) is None:
            raise FileNotFoundError(name)
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            self._download(name, path)
            yield path

    @override
    def keep(self, source: Source, name: str, *, limit_bytes: int) -> int:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            size = write(source, path, limit_bytes)
            if self.size_of(name) is None:
                self._upload(path, name)
            elif self._sha256_of(name, Path(folder) / "held") != sha256_of(path):
                raise FileExists(name)
        return size

    @override
    def put(self, path: Path, name: str) -> None:
        self._upload(path, name)
        path.unlink()

    @override
    def remove(self, name: str) -> None:
        self._ask("delete_object", Key=self._key(name))

    @override
    def remove_below(self, folder: str) -> None:
        keys = [self._key(name) for name in self._names_below(folder)]
        for start in range(0, len(keys), MOST_KEYS):
            some = [{"Key": key} for key in keys[start : start + MOST_KEYS]]
            failed = self._ask("delete_objects", Delete={"Objects": some}).get("Errors")
            if failed:
                raise StoreUnavailableError(f"{len(failed)} files were not deleted")

    @override
    def address_of(self, name: str) -> str:
        return self._signed("get_object", name, READ_S)

    @override
    def upload_address(self, name: str) -> str | None:
        return self._signed("put_object", name, PUT_S)

    @override
    @contextmanager
    def workplace(self, folder: str) -> Iterator[Path]:
        with tempfile.TemporaryDirectory() as held:
            place = Path(held)
            for name in self._names_below(folder):
                self._download(name, place / name.removeprefix(f"{folder}/"))
            before = {path.name for path in place.iterdir()}
            yield place
            for path in place.iterdir():
                if path.name not in before:
                    self._upload(path, f"{folder}/{path.name}")

    def _key(self, name: str) -> str:
        if any(part in ("", ".", "..") for part in name.split("/")):
            raise ValueError(f"{name!r} leads out of the media folder")
        return f"{self._folder}/{name}" if self._folder else name

    def _names_below(self, folder: str) -> list[str]:
        prefix = f"{self._key(folder)}/"
        root = len(prefix) - len(folder) - 1
        pages = self._client.get_paginator("list_objects_v2")
        try:
            found = [
                str(one["Key"])[root:]
                for page in pages.paginate(Bucket=self._bucket, Prefix=prefix)
                for one in page.get("Contents", [])
            ]
        except (BotoCoreError, ClientError) as error:
            raise StoreUnavailableError(str(error)) from error
        return found

    def _signed(self, action: str, name: str, life_s: int) -> str:
        asked = {"Bucket": self._bucket, "Key": self._key(name)}
        address: str = self._client.generate_presigned_url(action, Params=asked, ExpiresIn=life_s)
        return address

    def _upload(self, path: Path, name: str) -> None:
        self._move("upload_file", str(path), self._bucket, self._key(name))

    def _download(self, name: str, path: Path) -> None:
        self._move("download_file", self._bucket, self._key(name), str(path))

    def _sha256_of(self, name: str, path: Path) -> str:
        self._download(name, path)
        return sha256_of(path)

    def _move(self, action: str, *where: str) -> None:
        """In parts when it is large, several at once."""
        try:
            getattr(self._client, action)(*where)
        except (BotoCoreError, ClientError, boto3.exceptions.Boto3Error) as error:
            raise StoreUnavailableError(str(error)) from error

    def _ask(self, action: str, **asked: object) -> dict[str, Any]:
        try:
            told: dict[str, Any] = getattr(self._client, action)(Bucket=self._bucket, **asked)
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in MISSING:
                raise FileNotFoundError(str(asked.get("Key", ""))) from error
            raise StoreUnavailableError(str(error)) from error
        except BotoCoreError as error:
            raise StoreUnavailableError(str(error)) from error
        return told
