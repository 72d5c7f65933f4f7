"""Connections: who sets them up, what is kept of a secret, how a call proves who we are."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import socket
from ipaddress import ip_network
from typing import Any

import pytest
from django.utils import timezone

from accounts.models import AuditEvent, Role
from designer.models import Draft, FlowVersion
from runtime import connections, driver, egress
from runtime.clock import now_ms
from runtime.errors import BlockedError, NoConnectionError, RefusedError, UnsentError
from runtime.mail import Letter
from runtime.models import Connection, Run
from tests.accounts.people import person, signed_in, workspace
from tests.runtime import builders
from tests.runtime.test_egress import OK, peer

pytestmark = pytest.mark.django_db
URL = "/api/v1/connections"
JSON = "application/json"
SECRET = "s3cret-of-the-core"


@pytest.fixture(autouse=True)
def loopback_is_allowed(settings):
    settings.EGRESS_PRIVATE = (ip_network("127.0.0.0/8"),)


@pytest.fixture
def admin():
    return signed_in(person(Role.ADMIN))


def wanted(**more: Any) -> dict[str, Any]:
    return {
        "name": "core",
        "kind": "core",
        "base_url": "https://core.example/api",
        "auth": "bearer",
        "secret": SECRET,
        **more,
    }


def made(admin, **more) -> Connection:
    answer = admin.post(URL, wanted(**more), JSON)
    assert answer.status_code == 201, answer.content
    return Connection.objects.get(pk=answer.json()["id"])


def local(port: int, **more) -> Connection:
    """A connection to a server of the test's own."""
    secret = more.pop("secret", "")
    connection = Connection(
        workspace=workspace(),
        **{
            "name": "near",
            "kind": "http",
            "base_url": f"http://127.0.0.1:{port}/v1",
            "private": True,
            **more,
        },
    )
    connections.seal_secret(connection, secret)
    connection.save()
    return connection


def test_a_secret_goes_in_and_never_comes_out(admin):
    connection = made(admin)

    shown = admin.get(f"{URL}/{connection.pk}")

    assert shown.json()["has_secret"] is True
    assert "secret" not in shown.json()
    assert SECRET not in shown.content.decode() + connection.sealed_secret
    assert connections.secret_of(connection) == SECRET
    assert SECRET not in json.dumps(list(AuditEvent.objects.values("data")))


def test_a_secret_moved_to_another_connection_does_not_open(admin):
    first, second = made(admin), made(admin, name="other")
    second.sealed_secret = first.sealed_secret

    with pytest.raises(Exception, match="does not open"):
        connections.secret_of(second)


def test_what_is_missing_stays_and_every_change_is_in_the_trail(admin):
    connection = made(admin)

    answer = admin.patch(f"{URL}/{connection.pk}", {"timeout_ms": 2_000}, JSON)

    connection.refresh_from_db()
    assert answer.json()["timeout_ms"] == 2_000
    assert connections.secret_of(connection) == SECRET
    actions = AuditEvent.objects.filter(action__startswith="connection.").order_by("seq")
    assert [one.action for one in actions] == ["connection.create", "connection.change"]
    assert actions[1].data["changed"] == ["timeout_ms"]


def test_a_name_belongs_to_one_connection_of_a_workspace(admin):
    made(admin)

    assert admin.post(URL, wanted(), JSON).json()["code"] == "name_taken"


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"name": "Core System"}, "/name"),
        ({"base_url": "http://core.example:22"}, "/base_url"),
        ({"base_url": "gopher://core.example"}, "/base_url"),
        ({"base_url": "https://u:p@core.example"}, "/base_url"),
        ({"base_url": "https://2130706433"}, "/base_url"),
        ({"timeout_ms": 100}, "/timeout_ms"),
        ({"timeout_ms": 600_000}, "/timeout_ms"),
        ({"secret": ""}, "/secret"),
        ({"secret": "a\r\nHost: b"}, "/secret"),
        ({"auth": "header", "username": "Host"}, "/username"),
        ({"auth": "header", "username": "X Y"}, "/username"),
        ({"kind": "email", "base_url": "smtp://mail.example", "sender": ""}, "/sender"),
        ({"kind": "email", "base_url": "https://mail.example"}, "/base_url"),
    ],
)
def test_what_could_not_be_called_is_refused_with_its_field(admin, more, field):
    answer = admin.post(URL, wanted(**more), JSON)

    assert answer.status_code == 400
    assert answer.json()["field"] == field


def test_people_of_another_workspace_find_nothing(admin):
    connection = made(admin)
    stranger = signed_in(person(Role.ADMIN, where=workspace("Elsewhere")))

    assert stranger.get(URL).json() == []
    for method in (stranger.get, stranger.delete):
        assert method(f"{URL}/{connection.pk}").status_code == 404
    assert stranger.patch(f"{URL}/{connection.pk}", {}, JSON).status_code == 404
    assert stranger.post(f"{URL}/{connection.pk}/check").status_code == 404


def test_an_analyst_sees_names_and_no_addresses(admin):
    made(admin)

    (row,) = signed_in(person(Role.ANALYST)).get(URL).json()

    assert set(row) == {"id", "name", "kind", "allowed", "details"}
    assert row["details"] is None


def asking(name: str) -> dict[str, Any]:
    """A flow whose step asks the connection of that name."""
    nodes = [builders.node("link", "entry.link"), builders.node("ask", "int.http", connection=name)]
    edges = [builders.edge("link", "ok", "ask")]
    return builders.graph([*nodes, builders.end()], edges)


def test_an_admin_sees_which_flows_use_a_connection_and_removes_it_only_when_none_does(admin):
    connection, spare = made(admin, kind="http"), made(admin, name="spare", kind="http")
    first = builders.published(asking("core"), of=connection.workspace)
    run = driver.start_run(first, at_ms=now_ms())
    FlowVersion.objects.create(
        flow=first.flow, number=2, hash="x", graph=asking("spare"), published_at=timezone.now()
    )

    rows = {one["name"]: one["details"] for one in admin.get(URL).json()}
    kept = admin.delete(f"{URL}/{connection.pk}")

    assert [one["versions"] for one in rows["core"]["used_by"]] == [[1]]
    assert [one["versions"] for one in rows["spare"]["used_by"]] == [[2]]
    assert rows["core"]["used_by"][0]["flow"] == str(first.flow_id)
    assert (kept.status_code, kept.json()["code"]) == (409, "in_use")
    Run.objects.filter(pk=run.pk).update(status="closed", ending="abort", ended_at_ms=1)
    assert admin.get(f"{URL}/{connection.pk}").json()["used_by"] == []
    assert admin.delete(f"{URL}/{connection.pk}").status_code == 204
    assert admin.delete(f"{URL}/{spare.pk}").status_code == 409


def test_a_draft_uses_a_connection_too(admin):
    connection = made(admin, kind="http")
    flow = builders.published(asking("other"), of=connection.workspace).flow
    Draft.objects.create(flow=flow, graph=asking("core"), saved_at=timezone.now())

    (row,) = admin.get(URL).json()

    (use,) = row["details"]["used_by"]
    assert (use["draft"], use["versions"]) == (True, [])


def test_a_connection_that_is_switched_off_or_of_another_kind_is_not_found(admin):
    connection = made(admin)
    of = connection.workspace_id

    assert connections.get_connection(of, "core", "core") == connection
    with pytest.raises(NoConnectionError):
        connections.get_connection(of, "core", "http")
    admin.patch(f"{URL}/{connection.pk}", {"allowed": False}, JSON)
    with pytest.raises(NoConnectionError):
        connections.get_connection(of, "core", "core")


def heard_by_peer(settings, connect, wish: connections.Wish) -> bytes:
    heard: list[bytes] = []

    def talk(line: socket.socket) -> None:
        head, _, body = line.recv(65_536).partition(b"\r\n\r\n")
        size = re.search(rb"Content-Length: (\d+)", head)
        while len(body) < int(size.group(1) if size else 0):
            body += line.recv(65_536)
        heard.append(head + b"\r\n\r\n" + body)
        line.sendall(OK)

    with peer(talk, settings) as place:
        connections.ask(connect(place.port), wish, 1_700_000_000_000)
    return heard[0]


def test_a_signed_call_can_be_checked_by_who_receives_it(settings):
    wish = connections.Wish(method="POST", path="/orders", id="run/n.1:0", document={"a": 1})

    heard = heard_by_peer(
        settings, lambda port: local(port, auth="signature", secret="k3y"), wish
    ).decode()

    head, _, body = heard.partition("\r\n\r\n")
    headers = dict(one.split(": ", 1) for one in head.split("\r\n")[1:])
    signed = f"run/n.1:0.1700000000.{body}".encode()
    expected = base64.b64encode(hmac.new(b"k3y", signed, hashlib.sha256).digest()).decode()
    assert head.startswith("POST /v1/orders HTTP/1.1")
    assert headers["Webhook-Id"] == headers["Idempotency-Key"] == "run/n.1:0"
    assert headers["Webhook-Timestamp"] == "1700000000"
    assert headers["Webhook-Signature"] == f"v1,{expected}"


def test_the_example_of_standard_webhooks_has_its_signature():
    """The vector published with the specification (svix test of `sign`)."""
    headers = connections.signature(
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "msg_p5jXN8AQM9LWM0D4loKWxJek",
        1614265330,
        b'{"test": 2432232314}',
    )

    assert headers["Webhook-Signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("auth", "username", "header"),
    [
        ("bearer", "", f"Authorization: Bearer {SECRET}"),
        ("header", "X-Api-Key", f"X-Api-Key: {SECRET}"),
        ("basic", "bank", "Authorization: Basic YmFuazpzM2NyZXQtb2YtdGhlLWNvcmU="),
    ],
)
def test_each_way_to_prove_who_we_are(settings, auth, username, header):
    heard = heard_by_peer(
        settings,
        lambda port: local(port, auth=auth, username=username, secret=SECRET),
        connections.Wish(method="GET", path="", id="x", query={"q": "a b&c"}),
    ).decode()

    assert header in heard
    assert heard.startswith("GET /v1?q=a+b%26c HTTP/1.1")


@pytest.mark.parametrize("path", ["/a/../../admin", "/%2e%2e/admin", "//evil\\x", "/a?b", "admin"])
def test_a_path_stays_below_the_connection_s_own(path):
    with pytest.raises(BlockedError):
        connections.ask(local(80), connections.Wish(method="GET", path=path, id="x"), 0)


def test_a_check_tells_why_not(admin, settings):
    def talk(line: socket.socket) -> None:
        line.recv(4096)
        line.sendall(b"HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n")

    with peer(talk, settings) as place:
        near = local(place.port)
        refused = admin.post(f"{URL}/{near.pk}/check").json()
    gone = admin.post(f"{URL}/{near.pk}/check").json()
    near.private = False
    near.save()
    blocked = admin.post(f"{URL}/{near.pk}/check").json()

    assert (refused["ok"], refused["code"], refused["status"]) == (False, "refused", 401)
    assert [gone["code"], blocked["code"]] == ["unreachable", "blocked"]


def mail_server(taken: list[str], *, answer: bytes = b"250 ok"):
    """A mail server without TLS that takes what it is handed."""

    def talk(line: socket.socket) -> None:
        line.sendall(b"220 mail\r\n")
        sink = line.makefile("rb")
        for said in sink:
            word = said[:4].upper()
            if word == b"DATA":
                line.sendall(b"354 go on\r\n")
                letter = b"".join(iter(sink.readline, b".\r\n"))
                taken.append(letter.decode())
                line.sendall(answer + b"\r\n")
            else:
                line.sendall(b"250 ok\r\n")

    return talk


def letter(**more) -> Letter:
    return Letter(
        **{"to": "a@b.example", "subject": "你好", "text": "Your order", "id": "x", **more}
    )


def mailing(port: int, **more) -> Connection:
    return local(
        port, kind="email", base_url=f"smtp://127.0.0.1:{port}", sender="bank@b.example", **more
    )


def test_a_letter_has_the_same_id_at_every_attempt(settings):
    taken: list[str] = []

    with peer(mail_server(taken), settings) as place:
        connection = mailing(place.port)
        connections.mail_out(connection, letter(), 5_000)
        connections.mail_out(connection, letter(), 5_000)

    ids = [line for one in taken for line in one.splitlines() if line.startswith("Message-ID")]
    assert len(ids) == 2
    assert ids[0] == ids[1]
    assert "To: a@b.example" in taken[0]


def test_a_letter_refused_for_good_is_told_from_one_to_try_again(settings):
    with peer(mail_server([], answer=b"554 no"), settings) as place:
        connection = mailing(place.port)
        with pytest.raises(RefusedError):
            connections.mail_out(connection, letter(), 5_000)
        for bad in ({"subject": "a\nBcc: x@y.example"}, {"to": "a@b.example, c@d.example"}):
            with pytest.raises(RefusedError, match="address"):
                connections.mail_out(connection, letter(**bad), 5_000)
    with pytest.raises(UnsentError):
        connections.mail_out(connection, letter(), 5_000)


def test_a_password_is_not_sent_to_a_public_server_without_tls(settings, monkeypatch):
    monkeypatch.setattr(egress, "addresses_of", lambda *_, **__: ["127.0.0.1"])

    with peer(mail_server([]), settings) as place:
        connection = mailing(place.port, username="bank", secret=SECRET)
        connection.private = False
        with pytest.raises(BlockedError, match="not_encrypted"):
            connections.mail_out(connection, letter(), 5_000)
