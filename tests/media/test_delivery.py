"""Files on their way to the site: renamed on its own host, streamed to it or to a bucket."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typing_extensions import override

from runtime.media.delivery import Delivery
from runtime.media.ice import UdpMux

CONTENT = bytes(range(256)) * 2000


class Upload(BaseHTTPRequestHandler):
    """Keeps what was put; refuses while `refuses` is set."""

    put: str | None = None  # where it sends files
    got: dict[str, tuple[str, bytes]] = {}  # noqa: RUF012 - one server a test, cleared by its fixture
    refuses = False

    def do_POST(self) -> None:
        self.send_response(403 if Upload.refuses else 200)
        self.end_headers()
        self.wfile.write(json.dumps({"put": Upload.put}).encode())

    def do_PUT(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if not Upload.refuses:
            Upload.got[self.path] = (self.headers.get("Authorization", ""), body)
        self.send_response(403 if Upload.refuses else 201)
        self.end_headers()

    @override
    def log_message(self, *args: object) -> None:
        del args


@pytest.fixture
def upload() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Upload)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    Upload.got.clear()
    Upload.refuses, Upload.put = False, None
    yield f"ws://127.0.0.1:{server.server_port}/ws/worker/"
    server.shutdown()
    server.server_close()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rec1.customer.webm"
    path.write_bytes(CONTENT)
    return path


def is_there(path: Path) -> bool:
    return path.exists()


def read(path: Path) -> bytes:
    return path.read_bytes()


async def test_file_of_another_host_is_streamed_and_kept_until_it_is_acknowledged(
    upload: str, file: Path
) -> None:
    where = await Delivery(None, upload).deliver(file, "run1/2/", "g.sig")

    assert where == {"uploaded": "run1/2/rec1.customer.webm"}
    told = Upload.got["/api/v1/media/run1/2/rec1.customer.webm"]
    assert told == ("Grant g.sig", CONTENT)
    assert is_there(file)


async def test_file_goes_where_the_site_says_without_the_grant(upload: str, file: Path) -> None:
    Upload.put = upload.replace("ws://", "http://").replace("/ws/worker/", "/bucket/a?signed=1")

    where = await Delivery(None, upload).deliver(file, "run1/2/", "g.sig")

    assert where == {"uploaded": "run1/2/rec1.customer.webm"}
    assert Upload.got == {"/bucket/a?signed=1": ("", CONTENT)}


async def test_place_that_is_none_is_not_believed(upload: str, file: Path) -> None:
    Upload.put = "file:///etc/passwd"

    with pytest.raises(OSError, match="none"):
        await Delivery(None, upload).deliver(file, "run1/2/", "g.sig")

    assert not Upload.got


async def test_refused_upload_keeps_the_file(upload: str, file: Path) -> None:
    Upload.refuses = True

    with pytest.raises(OSError, match="403"):
        await Delivery(None, upload).deliver(file, "run1/2/", "g.sig")

    assert read(file) == CONTENT


async def test_file_of_this_host_is_renamed(file: Path, tmp_path: Path) -> None:
    delivery = Delivery(tmp_path / "media", "ws://unused/")

    where = await delivery.deliver(file, "run1/2/", "g.sig")

    assert where == {"path": "run1/2/rec1.customer.webm"}
    found = delivery.find_delivered("run1/2/", file.name)
    assert found is not None
    assert read(found) == CONTENT


async def test_one_port_serves_both_families() -> None:
    mux = UdpMux()
    loop = asyncio.get_running_loop()

    port = await mux.open(0, ["127.0.0.1", "::1"])

    for host in ("127.0.0.1", "::1"):
        with pytest.raises(OSError, match="in use"):
            await loop.create_datagram_endpoint(asyncio.DatagramProtocol, local_addr=(host, port))
    mux.close()
