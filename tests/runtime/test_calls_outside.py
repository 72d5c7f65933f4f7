"""HTTP calls and notices of a run: what may be sent twice, and what of an answer is kept."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from ipaddress import ip_network
from typing import Any

import pytest

from runtime import claims, connections, driver
from runtime.clock import now_ms
from runtime.models import Connection, Run
from tests.runtime import builders
from tests.runtime.bookings import perform, work_off
from tests.runtime.test_connections import mail_server
from tests.runtime.test_egress import peer

pytestmark = pytest.mark.django_db


class Site:
    """Another system: answers as told, and remembers what it heard."""

    def __init__(self) -> None:
        self.answers: list[bytes | None] = []
        """One for each request, None for a line that breaks; then 200 with `document`."""
        self.document: Any = {"limit": 50, "customer": {"name": "Anna"}, "tags": ["a", "b"]}
        self.heard: list[tuple[str, dict[str, str], Any]] = []

    def talk(self, line: socket.socket) -> None:
        head, _, body = line.recv(65_536).partition(b"\r\n\r\n")
        size = re.search(rb"Content-Length: (\d+)", head)
        while len(body) < int(size.group(1) if size else 0):
            body += line.recv(65_536)
        first, *rest = head.decode().split("\r\n")
        headers = dict(one.split(": ", 1) for one in rest)
        self.heard.append((first, headers, json.loads(body) if body else None))
        answer = self.answers.pop(0) if self.answers else said(200, self.document)
        if answer is not None:
            line.sendall(answer)

    @property
    def lines(self) -> list[str]:
        return [one[0].removesuffix(" HTTP/1.1") for one in self.heard]


def said(status: int, document: Any = None) -> bytes:
    body = json.dumps(document).encode()
    return f"HTTP/1.1 {status} X\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


@pytest.fixture
def site(settings) -> Iterator[Site]:
    settings.EGRESS_PRIVATE = (ip_network("127.0.0.0/8"),)
    one = Site()
    with peer(one.talk, settings) as place:
        connect("crm", "http", place.port)
        connect("texts", "sms", place.port, auth="signature", secret="k3y")
        connect("hook", "webhook", place.port, auth="signature", secret="k3y")
        yield one


def connect(name: str, kind: str, port: int, secret: str = "", **more: Any) -> None:
    address = f"{'smtp' if kind == 'email' else 'http'}://127.0.0.1:{port}"
    connection = Connection(
        workspace=builders.workspace(),
        name=name,
        kind=kind,
        private=True,
        timeout_ms=500,
        **{"base_url": address, **more},
    )
    connections.seal_secret(connection, secret)
    connection.save()


def begun(component: str, outcomes: tuple[str, ...], **config: Any) -> Run:
    nodes = [
        builders.node("link", "entry.link"),
        builders.node("step", component, **config),
        *(builders.end(f"end_{one}") for one in outcomes),
    ]
    edges = [builders.edge("link", one, "step") for one in ("ok", "expired")]
    edges += [builders.edge("step", one, f"end_{one}") for one in outcomes]
    return builders.entered(builders.graph(nodes, edges))


def calling(method: str = "GET", **config: Any) -> Run:
    asked = {"connection": "crm", "method": method, "path": "/v1/limits", "timeout_s": 10}
    return begun("int.http", ("ok", "error", "timeout"), **asked, **config)


def notifying(channel: str, connection: str, **config: Any) -> Run:
    asked = {"connection": connection, "channel": channel, "to": "+49 30 1", **config}
    return begun("int.notify", ("ok", "undelivered"), **asked)


def outcome(run: Run) -> str:
    return driver.read_run(run.pk).state.passed["step"].outcome  # type: ignore[index]


OURS = ("crm.", "http.", "notify.")


def known(run: Run) -> dict[str, Any]:
    found = driver.read_run(run.pk).state.variables
    return {name: one for name, one in found.items() if name.startswith(OURS)}


KEPT = [
    {"name": "crm.name", "pointer": "/customer/name", "type": "string", "privacy": "personal"},
    {"name": "crm.tag", "pointer": "/tags/1", "type": "string"},
]


def test_what_was_asked_for_is_kept_and_nothing_else(site):
    run = calling(answer=KEPT)

    work_off(run)

    assert outcome(run) == "ok"
    assert known(run) == {"http.status": 200, "crm.name": "Anna", "crm.tag": "b"}
    told = [builders.said_by(one) for one in run.events.filter(kind="CommandCompleted")]
    assert "limit" not in json.dumps(told)


def test_values_go_into_the_query_of_a_get_and_the_body_of_a_post(site):
    values = [{"name": "q", "expression": "'a b'"}, {"name": "all", "expression": "true"}]

    work_off(calling("GET", values=values))
    work_off(calling("POST", values=values))

    assert site.lines == ["GET /v1/limits?q=a+b&all=true", "POST /v1/limits"]
    assert [one[2] for one in site.heard] == [None, {"q": "a b", "all": True}]


@pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
@pytest.mark.parametrize("fault", [None, said(503), said(500), b"HTTP/1.1 2"])
def test_what_may_be_sent_twice_is_tried_again_under_the_same_key(site, method, fault):
    site.answers = [fault, fault]
    run = calling(method)

    work_off(run)

    assert outcome(run) == "ok"
    assert len({one[1]["Idempotency-Key"] for one in site.heard}) == 1
    assert site.heard[0][1]["Idempotency-Key"] == f"{run.pk}/step.1:0"
    assert len(site.heard) == 3


@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_what_may_not_be_sent_twice_is_sent_once(site, method):
    site.answers = [None]
    run = calling(method)

    work_off(run)

    assert outcome(run) == "timeout"
    assert len(site.heard) == 1


def test_a_post_whose_process_died_is_not_sent_again(site):
    run = calling("POST")
    at = now_ms()
    (job,) = [one for one in claims.claim(at, limit=10) if one.kind == "CallHttp"]
    perform(job, at, kills=[1])

    work_off(run)

    assert outcome(run) == "timeout"
    assert len(site.heard) == 1


def test_another_answer_is_an_error_with_its_status(site):
    site.answers = [said(404, {"why": "unknown"})]
    run = calling(answer=KEPT)

    work_off(run)

    assert (outcome(run), known(run)) == ("error", {"http.status": 404})


@pytest.mark.parametrize(
    "document", [{}, {"customer": {"name": 5}}, [], "x", {"customer": {"name": "x" * 30_000}}]
)
def test_an_answer_without_what_was_asked_for_is_an_error(site, document):
    site.document = document
    run = calling(answer=KEPT[:1])

    work_off(run)

    assert (outcome(run), known(run)) == ("error", {"http.status": 200})


def test_a_number_no_reader_takes_alike_is_not_kept(site):
    site.document = {"limit": 2**60}
    run = calling(answer=[{"name": "crm.limit", "pointer": "/limit", "type": "int"}])

    work_off(run)

    assert outcome(run) == "error"


def test_a_site_that_stays_away_is_a_timeout(site):
    site.answers = [None] * 50
    run = calling()

    work_off(run)

    assert outcome(run) == "timeout"


def test_a_redirect_is_no_success(site):
    site.answers = [b"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"]
    run = calling()

    work_off(run)

    assert (outcome(run), known(run)["http.status"]) == ("error", 307)


def test_a_text_message_is_signed_and_has_one_id(site):
    site.answers = [None, said(503)]
    run = notifying("sms", "texts", text={"en": "Done", "zh-Hans": "完成"})

    work_off(run)

    id_ = f"{run.pk}/step.1:0"
    assert (outcome(run), known(run)) == ("ok", {"notify.id": id_})
    assert [one[2] for one in site.heard] == [{"id": id_, "to": "+49 30 1", "text": "Done"}] * 3
    assert {one[1]["Webhook-Id"] for one in site.heard} == {id_}
    assert all(one[1]["Webhook-Signature"].startswith("v1,") for one in site.heard)


def test_a_webhook_carries_its_data(site):
    run = notifying("webhook", "hook", values=[{"name": "a.b", "expression": "1"}])

    work_off(run)

    (heard,) = site.heard
    assert heard[2] == {"id": f"{run.pk}/step.1:0", "event": "notify", "data": {"a": {"b": 1}}}


def test_a_refused_message_is_undelivered_at_once(site):
    site.answers = [said(400)]
    run = notifying("sms", "texts")

    work_off(run)

    assert (outcome(run), len(site.heard)) == ("undelivered", 1)


def test_an_e_mail_is_handed_over_in_the_customer_s_words(settings):
    settings.EGRESS_PRIVATE = (ip_network("127.0.0.0/8"),)
    taken: list[str] = []
    with peer(mail_server(taken), settings) as place:
        connect("post", "email", place.port, sender="bank@b.example")
        run = notifying("email", "post", to="anna@a.example", subject={"en": "Your order"})

        work_off(run)

    assert outcome(run) == "ok"
    (letter,) = taken
    assert "Subject: Your order" in letter
    assert "To: anna@a.example" in letter
