"""What keeps delivered files, a folder or a bucket, is one thing to everybody above it."""

from __future__ import annotations

import hashlib
import http.client
import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import boto3
import pytest
from django.test import Client as Browser
from moto.server import ThreadedMotoServer

from runtime.clock import now_ms
from runtime.composer.plan import SOUND
from runtime.evidence import files, grants, verify
from runtime.evidence.bucket import Bucket
from runtime.evidence.folder import Folder
from runtime.evidence.store import FileExists, Store, StoreUnavailableError
from runtime.models import Room
from tests.runtime import builders
from tests.runtime.test_compositions import ask, listed, recorded, signed_in_as

CONTENT = bytes(range(256)) * 40
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "site", "AWS_SECRET_ACCESS_KEY": "of the tests"}


@pytest.fixture(scope="module")
def endpoint() -> Iterator[str]:
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    yield f"http://{host}:{port}"
    server.stop()


@pytest.fixture
def bucket(endpoint: str, monkeypatch: pytest.MonkeyPatch) -> str:
    """A fresh bucket's address."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    name = f"media-{now_ms()}"
    client = boto3.client("s3", endpoint_url=endpoint, region_name="us-east-1")
    client.create_bucket(Bucket=name)
    return f"s3://{name}/bank/a?endpoint={endpoint}&region=us-east-1"


@pytest.fixture(params=["folder", "bucket"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    if request.param == "folder":
        return Folder(tmp_path / "media")
    return Bucket(request.getfixturevalue("bucket"))


@pytest.fixture
def in_bucket(bucket: str, settings: Any) -> str:
    """The site keeps its files in a bucket."""
    settings.MEDIA_BUCKET = bucket
    return bucket


def test_file_is_kept_whole_and_read_in_parts(store: Store) -> None:
    assert store.keep(io.BytesIO(CONTENT), "run/1/a.webm", limit_bytes=99_999) == len(CONTENT)

    assert store.size_of("run/1/a.webm") == len(CONTENT)
    assert store.read("run/1/a.webm", 10, 19) == CONTENT[10:20]
    assert store.read("run/1/a.webm", len(CONTENT) - 5, len(CONTENT) + 90) == CONTENT[-5:]
    assert store.read("run/1/a.webm", len(CONTENT), len(CONTENT) + 9) == b""
    with store.borrow("run/1/a.webm") as path:
        assert path.read_bytes() == CONTENT


def test_same_file_twice_is_one_and_another_content_is_refused(store: Store) -> None:
    store.keep(io.BytesIO(CONTENT), "run/1/a.webm", limit_bytes=99_999)
    store.keep(io.BytesIO(CONTENT), "run/1/a.webm", limit_bytes=99_999)

    with pytest.raises(FileExists):
        store.keep(io.BytesIO(b"other"), "run/1/a.webm", limit_bytes=99_999)

    assert store.read("run/1/a.webm", 0, 9) == CONTENT[:10]


def test_file_that_is_too_large_leaves_nothing(store: Store) -> None:
    with pytest.raises(ValueError, match="larger"):
        store.keep(io.BytesIO(CONTENT), "run/1/a.webm", limit_bytes=100)

    assert store.size_of("run/1/a.webm") is None


def test_what_is_not_there_says_so(store: Store) -> None:
    assert store.size_of("run/1/none.webm") is None
    with pytest.raises(FileNotFoundError):
        store.read("run/1/none.webm", 0, 9)
    with pytest.raises(FileNotFoundError), store.borrow("run/1/none.webm"):
        pass
    store.remove("run/1/none.webm")
    store.remove_below("run/9")


def test_removing_a_run_leaves_the_others(store: Store) -> None:
    for name in ("run-1/1/a", "run-1/2/b", "run-10/1/c"):
        store.keep(io.BytesIO(CONTENT), name, limit_bytes=99_999)

    store.remove_below("run-1")

    sizes = [store.size_of(name) for name in ("run-1/1/a", "run-1/2/b", "run-10/1/c")]
    assert sizes == [None, None, len(CONTENT)]


def test_workplace_is_found_again_as_it_was_left(store: Store, tmp_path: Path) -> None:
    with store.workplace("run/work") as place:
        (place / "part-1").write_bytes(b"one")
    with store.workplace("run/work") as place:
        assert (place / "part-1").read_bytes() == b"one"
        (place / "whole").write_bytes(b"all")
        store.put(place / "whole", "run/whole")

    assert store.read("run/whole", 0, 9) == b"all"
    store.remove_below("run/work")
    with store.workplace("run/work") as place:
        assert list(place.iterdir()) == []


@pytest.mark.parametrize("name", ["../a", "run/../../../a", "/etc/passwd"])
def test_name_that_leads_out_is_refused(store: Store, name: str) -> None:
    with pytest.raises(ValueError, match="leads out"):
        store.size_of(name)


def test_bucket_that_is_away_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    away = Bucket("s3://media?endpoint=http://127.0.0.1:9&region=us-east-1")

    with pytest.raises(StoreUnavailableError):
        away.size_of("run/1/a")


@pytest.mark.parametrize("address", ["media", "https://media", "s3:///folder"])
def test_address_that_names_no_bucket_is_refused(address: str) -> None:
    with pytest.raises(ValueError, match="s3://bucket"):
        Bucket(address)


def put(address: str, content: bytes) -> int:
    """As a worker does, with nothing but the address."""
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.netloc, timeout=10)
    connection.request("PUT", f"{parts.path}?{parts.query}", body=content)
    status = connection.getresponse().status
    connection.close()
    return status


@pytest.mark.django_db
def test_worker_is_told_where_to_put_a_file(in_bucket: str) -> None:
    room = opened()
    grant = grants.grant_for(room, now_ms())

    asked = place(room, "one.webm", grant)
    address = urlsplit(asked.json()["put"])
    status = put(asked.json()["put"], CONTENT)

    assert status == 200
    assert files.read_range(f"{room.run_id}/1/one.webm", 0, 9) == CONTENT[:10]
    assert address.path.endswith(f"/bank/a/{room.run_id}/1/one.webm")
    assert {"X-Amz-Signature", "X-Amz-Expires"} <= parse_qs(address.query).keys()
    assert "of the tests" not in address.query
    assert place(room, "one.webm", "forged.grant").status_code == 403
    assert place(room, ".hidden", grant).status_code == 403


@pytest.mark.django_db
def test_site_with_a_folder_takes_files_itself() -> None:
    room = opened()

    asked = place(room, "one.webm", grants.grant_for(room, now_ms()))

    assert asked.json() == {"put": None}


def opened() -> Room:
    return Room.objects.create(
        run=builders.entered(), worker=builders.worker(), generation=1, status=Room.Status.OPEN
    )


def place(room: Room, name: str, grant: str) -> Any:
    address = f"/api/v1/media/{room.run_id}/{room.generation}/{name}"
    return Browser().post(address, headers={"Authorization": f"Grant {grant}"})


@pytest.fixture
def kept(in_bucket: str, settings: Any) -> Any:
    """A recorded run whose file has gone into the bucket."""
    recording = recorded()
    (file,) = recording.files.all()
    local = Folder(Path(settings.MEDIA_FOLDER))
    with local.borrow(file.path) as path:
        file.sha256, file.bytes = hashlib.sha256(path.read_bytes()).hexdigest(), path.stat().st_size
        file.save()
        with path.open("rb") as source:
            files.keep(source, file.path, limit_bytes=1 << 30)
    local.remove(file.path)
    return recording


@pytest.mark.django_db
def test_recording_in_a_bucket_is_played_verified_composed_and_erased(kept: Any) -> None:
    auditor = signed_in_as(builders.staff("audit", "auditor"))
    (file,) = kept.files.all()
    url = f"/api/v1/runs/{kept.run_id}/recordings/{file.pk}/grant"

    granted = auditor.post(url, {"reason": "look"}, content_type="application/json").json()["url"]
    played = auditor.get(granted, headers={"Range": "bytes=0-99"})
    ask(auditor, kept)
    builders.perform_all()
    (video,) = listed(auditor, kept)

    assert played.status_code == 206
    assert len(played.content) == 100
    assert verify.verify_file(file)["problem"] is None
    assert video["state"] == "done"
    assert files.size_of(f"{kept.run_id}/compositions/{video['id']}.mp4")
    assert files.size_of(f"{kept.run_id}/compositions/{video['id']}/{SOUND}") is None
    files.remove_run(kept.run_id)
    assert verify.verify_file(file)["problem"] == "the file is missing"
