"""Calls that leave by a forward proxy: what it is asked, what it refuses, what is checked."""

from __future__ import annotations

import base64
import re
import socket
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from ipaddress import ip_network

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import environment
from runtime import connections, egress, tunnel
from runtime.egress import Place
from runtime.errors import BlockedError, EgressError, UnsentError
from runtime.models import Connection
from runtime.tunnel import Proxy, proxy_of
from tests.runtime.certificate import certificate_of_core
from tests.runtime.test_egress import OK, get, peer

ASKED = re.compile(rb"CONNECT (\S+) HTTP/1.1\r\n")


@dataclass
class SmallProxy:
    """Knows names of its own, and makes tunnels to them."""

    port: int
    knows: dict[str, int] = field(default_factory=dict)
    """`host:port` -> port on this machine."""
    heads: list[bytes] = field(default_factory=list)
    refusal: bytes = b"HTTP/1.1 502 Bad Gateway\r\n\r\n"

    def serve(self, line: socket.socket) -> None:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            head += line.recv(4096) or b"\r\n\r\n"
        self.heads.append(head)
        found = ASKED.match(head)
        there = self.knows.get(found[1].decode()) if found else None
        if there is None:
            line.sendall(self.refusal)
            return
        with socket.create_connection(("127.0.0.1", there)) as onward:
            line.sendall(b"HTTP/1.1 200 Connection established\r\nVia: small\r\n\r\n")
            back = threading.Thread(target=pour, args=(onward, line))
            back.start()
            pour(line, onward)
            back.join()


def pour(source: socket.socket, sink: socket.socket) -> None:
    try:
        while piece := source.recv(65_536):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        return


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings):
    settings.EGRESS_PRIVATE = (ip_network("127.0.0.0/8"),)


@pytest.fixture(autouse=True)
def names_are_unknown_here(monkeypatch):
    monkeypatch.setattr(egress, "ask_resolver", nobody_knows)


def nobody_knows(_host: str, _port: int) -> list[str]:
    raise OSError("no such name")


@pytest.fixture(scope="module")
def certificate(tmp_path_factory) -> str:
    return certificate_of_core(tmp_path_factory.mktemp("tls"))


@contextmanager
def a_proxy(settings, **more) -> Iterator[SmallProxy]:
    ports = settings.EGRESS_PORTS
    made = SmallProxy(port=0, **more)
    with peer(made.serve, settings) as place:
        settings.EGRESS_PORTS = ports | {443, 80}
        made.port = place.port
        settings.EGRESS_PROXY = Proxy("127.0.0.1", place.port)
        yield made


@contextmanager
def a_core(settings, certificate: str, monkeypatch) -> Iterator[tuple[int, list[bytes]]]:
    """core.example with TLS, at a port of this machine, and what it hears."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    trusted = ssl.create_default_context(cafile=certificate)
    monkeypatch.setattr(egress, "tls", lambda: trusted)
    heard: list[bytes] = []

    def talk(line: socket.socket) -> None:
        with context.wrap_socket(line, server_side=True) as safe:
            heard.append(safe.recv(4096))
            safe.sendall(OK)

    with peer(talk, settings) as place:
        yield place.port, heard


CORE = Place(scheme="https", host="core.example", port=443)


def test_a_call_goes_through_the_proxy_by_name_and_is_encrypted_to_the_end(
    settings,
    certificate,
    monkeypatch,
):
    with (
        a_core(settings, certificate, monkeypatch) as (port, heard),
        a_proxy(settings, knows={"core.example:443": port}) as proxy,
    ):
        answer = get(CORE)

    assert answer.body == b"ok"
    (head,) = proxy.heads
    assert head.startswith(b"CONNECT core.example:443 HTTP/1.1\r\nHost: core.example:443\r\n")
    assert b"Proxy-Authorization" not in head
    assert heard[0].startswith(b"GET / HTTP/1.1\r\nHost: core.example\r\n")


def test_the_proxy_is_told_who_we_are_and_nobody_else_is(
    settings,
    certificate,
    monkeypatch,
):
    with (
        a_core(settings, certificate, monkeypatch) as (port, heard),
        a_proxy(settings, knows={"core.example:443": port}) as proxy,
    ):
        settings.EGRESS_PROXY = proxy_of(f"http://us:p%40ss@127.0.0.1:{proxy.port}")
        get(CORE)

    pair = base64.b64encode(b"us:p@ss")
    assert b"\r\nProxy-Authorization: Basic " + pair + b"\r\n" in proxy.heads[0]
    assert b"Authorization" not in heard[0]


def test_a_stranger_behind_the_proxy_is_not_taken_for_the_name(
    settings,
    certificate,
    monkeypatch,
):
    with (
        a_core(settings, certificate, monkeypatch) as (port, heard),
        a_proxy(settings, knows={"other.example:443": port}),
        pytest.raises(UnsentError) as failed,
    ):
        get(Place(scheme="https", host="other.example", port=443))

    assert failed.value.cause == "tls"
    assert heard == []


@pytest.mark.parametrize(
    ("refusal", "error"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", BlockedError),
        (b"HTTP/1.1 407 Who are you\r\n\r\n", UnsentError),
        (b"HTTP/1.1 502 Bad Gateway\r\n\r\n", UnsentError),
        (b"SSH-2.0-not-a-proxy\r\n\r\n", UnsentError),
        (b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 4_000, UnsentError),
        (b"", UnsentError),
    ],
)
def test_what_the_proxy_does_not_grant_was_surely_not_sent(
    refusal: bytes, error: type[EgressError], settings
):
    with a_proxy(settings, refusal=refusal), pytest.raises(error) as failed:
        get(CORE)

    assert failed.value.cause == "proxy"


def drips(line: socket.socket) -> None:
    line.recv(4096)
    while True:
        line.sendall(b"H")
        threading.Event().wait(0.05)


def test_a_proxy_that_drips_keeps_nobody_beyond_the_limit(settings):
    with peer(drips, settings) as place:
        settings.EGRESS_PROXY = Proxy("127.0.0.1", place.port)
        settings.EGRESS_PORTS = frozenset({443})
        with pytest.raises(UnsentError):
            get(CORE, limit_s=0.4)


def test_no_proxy_there_means_nothing_was_sent(settings):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        settings.EGRESS_PROXY = Proxy("127.0.0.1", listener.getsockname()[1])

    with pytest.raises(UnsentError):
        get(CORE)


@pytest.mark.parametrize("address", ["169.254.169.254", "10.9.9.9", "::ffff:10.9.9.9", "0.0.0.0"])
def test_names_found_at_forbidden_addresses_do_not_even_reach_the_proxy(
    address: str, settings, monkeypatch
):
    monkeypatch.setattr(egress, "ask_resolver", lambda _host, _port: [address])

    with a_proxy(settings) as proxy, pytest.raises(BlockedError):
        get(CORE)

    assert proxy.heads == []


def test_what_stands_in_an_allowed_private_network_is_reached_directly(settings, monkeypatch):
    def talk(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(OK)

    monkeypatch.setattr(egress, "ask_resolver", lambda _host, _port: ["127.0.0.1"])
    with peer(talk, settings) as place, a_proxy(settings) as proxy:
        answer = get(Place(scheme="http", host="core.internal", port=place.port))

    assert answer.body == b"ok"
    assert proxy.heads == []


def test_nothing_leaves_unencrypted_by_the_proxy(settings):
    with a_proxy(settings) as proxy, pytest.raises(BlockedError) as failed:
        get(Place(scheme="http", host="core.example", port=80))

    assert failed.value.cause == "not_encrypted"
    assert proxy.heads == []


def test_mail_goes_the_same_way(settings):
    mail = Connection(kind="email", base_url="smtps://mail.example", sender="a@b.example")

    with a_proxy(settings) as proxy:
        found = connections.check(mail, 1)

    assert found.code == "unreachable"
    assert proxy.heads[0].startswith(b"CONNECT mail.example:465 ")


def test_a_host_that_is_an_ipv6_address_is_written_in_brackets(settings):
    with a_proxy(settings) as proxy, pytest.raises(UnsentError):
        tunnel.dig(settings.EGRESS_PROXY, "2001:db8::1", 443, 5)

    assert proxy.heads[0].startswith(b"CONNECT [2001:db8::1]:443 ")


@pytest.mark.parametrize(
    "value",
    [
        "proxy.example:3128",
        "https://proxy.example:3128",
        "http://proxy.example",
        "http://proxy.example:3128/way",
        "http://proxy.example:port",
        "http://:secret@:3128",
    ],
)
def test_a_proxy_that_is_none_stops_the_site_without_telling_its_password(value: str, monkeypatch):
    monkeypatch.setenv("COUNTERFLOW_EGRESS_PROXY", value)

    with pytest.raises(ImproperlyConfigured) as fault:
        environment.proxy("COUNTERFLOW_EGRESS_PROXY")

    assert "secret" not in str(fault.value)


def test_without_the_variable_calls_leave_directly(monkeypatch):
    monkeypatch.delenv("COUNTERFLOW_EGRESS_PROXY", raising=False)

    assert environment.proxy("COUNTERFLOW_EGRESS_PROXY") is None
    monkeypatch.setenv("COUNTERFLOW_EGRESS_PROXY", "http://proxy.example:3128")
    assert environment.proxy("COUNTERFLOW_EGRESS_PROXY") == Proxy("proxy.example", 3128)
