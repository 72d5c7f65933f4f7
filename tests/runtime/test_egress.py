"""The guard at the way out: which addresses are called, and what a hostile other side can do."""

from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import ip_network

import pytest

from runtime import egress
from runtime.egress import MAIL, WEB, Call, Place, place_of
from runtime.errors import BlockedError, NoAnswerError, UnsentError
from tests.runtime.certificate import certificate_of_core

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings):
    settings.EGRESS_PRIVATE = (ip_network("127.0.0.0/8"), ip_network("10.20.0.0/16"))


@contextmanager
def peer(talk: Callable[[socket.socket], None], settings) -> Iterator[Place]:
    """A server that lets `talk` speak on each connection; its port is allowed."""
    listener = socket.create_server(("127.0.0.1", 0))
    port = listener.getsockname()[1]
    settings.EGRESS_PORTS = frozenset({port, 443, 80})
    over = threading.Event()

    def serve() -> None:
        while not over.is_set():
            try:
                line, _ = listener.accept()
            except OSError:
                return
            with line:
                try:
                    talk(line)
                except OSError:
                    continue

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield Place(scheme="http", host="127.0.0.1", port=port)
    finally:
        over.set()
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def get(place: Place, limit_s: float = 5.0, **more) -> egress.Answer:
    return egress.send(
        Call(place=place, method="GET", target="/", limit_s=limit_s, private=True, **more)
    )


def checked(*found: str, private: bool = False, scheme: str = "https") -> list[str]:
    return egress.addresses_of(
        Place(scheme=scheme, host="core.example", port=443),
        private=private,
        resolve=lambda _host, _port: list(found),
        limit_s=1,
    )


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "0.0.0.0",
        "10.20.0.1",
        "192.168.1.1",
        "172.16.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "100.100.100.200",
        "168.63.129.16",
        "224.0.0.1",
        "255.255.255.255",
        "192.0.2.1",
        "198.18.0.1",
        "::",
        "::1",
        "::ffff:127.0.0.1",
        "::ffff:10.20.0.1",
        "::127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::a00:1",
        "2002:7f00:1::",
        "fe80::1",
        "fd00::1",
        "fd00:ec2::254",
        "ff02::1",
    ],
)
def test_an_address_that_is_not_public_is_never_called(address: str):
    with pytest.raises(BlockedError) as refused:
        checked(address)

    assert refused.value.cause == "address"


def test_public_addresses_are_called():
    assert checked("93.184.216.34", "2606:2800:220:1::1", "64:ff9b::5db8:d822") == [
        "93.184.216.34",
        "2606:2800:220:1::1",
        "64:ff9b::5db8:d822",
    ]


def test_one_bad_address_among_good_ones_blocks_them_all():
    with pytest.raises(BlockedError):
        checked("93.184.216.34", "127.0.0.1")


def test_a_private_network_needs_the_site_and_the_connection():
    assert checked("10.20.3.4", private=True) == ["10.20.3.4"]
    with pytest.raises(BlockedError):
        checked("10.20.3.4")
    with pytest.raises(BlockedError):
        checked("10.21.3.4", private=True)


def test_metadata_is_not_called_even_where_its_network_is_allowed(settings):
    settings.EGRESS_PRIVATE = (ip_network("169.254.0.0/16"), ip_network("fd00::/8"))

    for one in ("169.254.169.254", "fd00:ec2::254"):
        with pytest.raises(BlockedError):
            checked(one, private=True)


def test_without_tls_only_a_private_network_is_called():
    assert checked("10.20.3.4", private=True, scheme="http") == ["10.20.3.4"]
    with pytest.raises(BlockedError) as refused:
        checked("93.184.216.34", private=True, scheme="http")
    assert refused.value.cause == "not_encrypted"


@pytest.mark.parametrize(
    ("url", "cause"),
    [
        ("gopher://core.example/", "scheme"),
        ("file:///etc/passwd", "scheme"),
        ("ftp://core.example/", "scheme"),
        ("core.example", "scheme"),
        ("https://admin:pw@core.example/", "userinfo"),
        ("https://core.example@127.0.0.1/", "userinfo"),
        ("https://core.example:22/", "port"),
        ("https://core.example:6379/", "port"),
        ("https://core.example:99999/", "url"),
        ("https://2130706433/", "host"),
        ("https://0177.0.0.1/", "host"),
        ("https://0x7f.0.0.1/", "host"),
        ("https://127.1/", "host"),
        ("https://0x7f000001/", "host"),
        ("https://core.example?x=1", "url"),
        ("https://core.example/#x", "url"),
        ("https://core.example\\@127.0.0.1/", "url"),
        ("https://core .example/", "url"),
        ("https:///x", "host"),
        ("https://[fe80::1%25eth0]/", "host"),
    ],
)
def test_an_address_that_could_mean_another_host_is_refused(url: str, cause: str):
    with pytest.raises(BlockedError) as refused:
        place_of(url, WEB)

    assert refused.value.cause == cause


def test_a_base_url_is_taken_apart():
    assert place_of("https://Core.Example:8443/v2/", WEB) == Place(
        scheme="https", host="core.example", port=8443, path="/v2"
    )
    assert place_of("smtp://mail.example", MAIL).port == 587
    with pytest.raises(BlockedError):
        place_of("https://core.example:587", WEB)


def test_a_resolver_that_changes_its_mind_gains_nothing(settings, monkeypatch):
    """First the address we may call, from then on another: the first one is connected to."""
    asked: list[str] = []

    def resolve(host: str, _port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"] if len(asked) == 1 else ["169.254.169.254"]

    monkeypatch.setattr(egress, "ask_resolver", resolve)
    heard: list[bytes] = []

    def talk(line: socket.socket) -> None:
        heard.append(line.recv(4096))
        line.sendall(OK)

    with peer(talk, settings) as place:
        named = Place(scheme="http", host="core.example", port=place.port)
        answer = get(named)

    assert answer.status == 200
    assert asked == ["core.example"]
    assert f"Host: core.example:{place.port}".encode() in heard[0]


def test_a_name_that_resolves_to_nothing_was_not_called(monkeypatch):
    def nowhere(_host: str, _port: int) -> list[str]:
        raise socket.gaierror

    monkeypatch.setattr(egress, "ask_resolver", nowhere)

    with pytest.raises(UnsentError):
        get(Place(scheme="https", host="core.example", port=443))


def test_a_resolver_that_never_answers_is_not_waited_for(monkeypatch):
    told = threading.Event()

    def slow(_host: str, _port: int) -> list[str]:
        told.wait(10)
        return []

    monkeypatch.setattr(egress, "ask_resolver", slow)
    try:
        with pytest.raises(UnsentError):
            get(Place(scheme="https", host="core.example", port=443), limit_s=0.05)
    finally:
        told.set()


def test_a_redirect_is_an_answer_and_not_followed(settings):
    to = b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 0\r\n\r\n"
    heard: list[bytes] = []

    def talk(line: socket.socket) -> None:
        heard.append(line.recv(4096))
        line.sendall(to)

    with peer(talk, settings) as place:
        answer = get(place)

    assert answer.status == 302
    assert len(heard) == 1


def drips_its_headers(line: socket.socket) -> None:
    line.recv(4096)
    line.sendall(b"HTTP/1.1 200 OK\r\n")
    drip(line)


def drips_its_body(line: socket.socket) -> None:
    line.recv(4096)
    line.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
    drip(line)


def drip(line: socket.socket) -> None:
    pause = threading.Event()
    for number in range(2_000):
        line.sendall(b"x" if number else b"x-drip: ")
        pause.wait(0.01)


def says_nothing(line: socket.socket) -> None:
    while line.recv(4096):
        pass


@pytest.mark.parametrize("talk", [drips_its_headers, drips_its_body, says_nothing])
def test_one_limit_holds_for_everything_however_slowly_it_drips(talk, settings):
    with peer(talk, settings) as place, pytest.raises(NoAnswerError):
        get(place, limit_s=0.3)


def test_a_huge_answer_is_not_read(settings):
    sent: list[int] = []

    def talk(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        for _ in range(64):
            sent.append(1)
            line.sendall(bytes(1024 * 1024))

    with peer(talk, settings) as place, pytest.raises(NoAnswerError) as lost:
        get(place)

    assert lost.value.cause == "size"
    assert len(sent) < 64


def test_a_small_answer_that_would_unfold_into_a_huge_one_is_taken_as_it_is(settings):
    def talk(line: socket.socket) -> None:
        line.recv(4096)
        head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n"
        line.sendall(head + b"\x1f\x8bzz")

    with peer(talk, settings) as place:
        assert get(place).body == b"\x1f\x8bzz"


def test_a_huge_request_is_not_sent():
    with pytest.raises(BlockedError):
        get(Place(scheme="https", host="core.example", port=443), body=bytes(1024 * 1024 + 1))


@pytest.mark.parametrize(
    "answer", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nhalf", b"SSH-2.0-x\r\n"]
)
def test_a_line_that_breaks_after_the_request_leaves_it_open_what_happened(answer, settings):
    def talk(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(answer)

    with peer(talk, settings) as place, pytest.raises(NoAnswerError):
        get(place)


def test_nobody_there_means_nothing_was_sent(settings):
    with peer(says_nothing, settings) as place:
        pass

    with pytest.raises(UnsentError):
        get(place)


def test_a_stranger_s_certificate_means_nothing_was_sent(settings, own_certificate):
    heard: list[bytes] = []
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate)

    def talk(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as safe:
            heard.append(safe.recv(4096))

    with peer(talk, settings) as place, pytest.raises(UnsentError):
        get(Place(scheme="https", host="127.0.0.1", port=place.port))

    assert heard in ([], [b""])


def test_with_tls_the_certificate_is_the_name_s(settings, own_certificate, monkeypatch):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own_certificate)
    trusted = ssl.create_default_context(cafile=own_certificate)
    monkeypatch.setattr(egress, "tls", lambda: trusted)
    monkeypatch.setattr(egress, "ask_resolver", lambda _host, _port: ["127.0.0.1"])

    def talk(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as safe:
            safe.recv(4096)
            safe.sendall(OK)

    with peer(talk, settings) as place:
        good = get(Place(scheme="https", host="core.example", port=place.port))
        with pytest.raises(UnsentError):
            get(Place(scheme="https", host="other.example", port=place.port))

    assert good.body == b"ok"


@pytest.fixture(scope="module")
def own_certificate(tmp_path_factory) -> str:
    return certificate_of_core(tmp_path_factory.mktemp("tls"))
