"""Whole lives with marked values in every input: none is found where it must not be.

Not in the database's files, not in the logs, not in a refusal, and in no answer or screen for a
reader who is not entitled to it.
"""

from __future__ import annotations

import json
import logging
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.conf import settings as site_settings
from django.db import connection
from django.db.models import Q
from django.test import Client as Browser
from typing_extensions import override

from flow.errors import EventRefusedError
from flow.events import (
    Acted,
    ActivityId,
    Event,
    ExternalEventReceived,
    IncidentEnded,
    ParticipantId,
    ParticipantJoined,
    Role,
)
from runtime import board, driver, screens
from runtime.clock import now_ms
from runtime.models import Run
from runtime.standing import Seat
from tests.runtime import builders
from tests.runtime.at_rest import database
from tests.runtime.bookings import reach, work_off
from tests.runtime.builders import consent, edge, end, graph, node
from tests.runtime.core_peer import CorePeer, core_peer
from tests.runtime.test_calls_outside import Site, said, site

__all__ = ["site"]
pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("committed")]
MARK = "zq7Canary"
NAME, HEALTH, PIN = f"{MARK} Vogel", f"{MARK}-asthma", f"{MARK}9021"
PHONE, AMOUNT = "+49 170 91827364", 918_273_645
ANSWERED, BOOKED, SCORED = f"{MARK}-answered", f"{MARK}-booked", f"{MARK}-scored"
NOTED, TYPED = f"{MARK}-note", f"{MARK}-wrong"
PERSONAL = (NAME, PHONE, str(AMOUNT), ANSWERED, SCORED, TYPED)
SPECIAL = (HEALTH, BOOKED)
EVERYTHING = (MARK, PHONE, PHONE[-8:], str(AMOUNT))


ANSWER = {"customer": {"name": ANSWERED}, "rest": NOTED}


def field(name: str, kind: str, privacy: str) -> dict[str, Any]:
    label = {"en": name.title(), "zh-Hans": name}
    return {"name": name, "label": label, "type": kind, "required": True, "privacy": privacy}


FIELDS = [
    field("name", "text", "personal"),
    field("phone", "phone", "personal"),
    field("health", "text", "special"),
    field("pin", "text", "secret"),
    field("amount", "number", "personal"),
]
VALUES: dict[str, Any] = {
    "name": NAME, "phone": PHONE, "health": HEALTH, "pin": PIN, "amount": AMOUNT
}  # fmt: skip


def sent(*names: str) -> list[dict[str, str]]:
    return [{"name": one, "expression": f"form.{one}"} for one in names]


def kept(name: str, pointer: str, privacy: str) -> dict[str, str]:
    return {"name": name, "pointer": pointer, "type": "string", "privacy": privacy}


def life() -> dict[str, Any]:
    """A form, an HTTP call, a booking, a text message, an external event, a question; an abort."""
    heading = {"en": "Details", "zh-Hans": "信息"}
    text = {"en": "Dear {{form.name}}", "zh-Hans": "{{form.name}}"}
    nodes = [
        node("link", "entry.link"),
        node("form", "doc.form", heading=heading, fields=FIELDS),
        node(
            "ask_crm", "int.http", connection="crm", method="POST", path="/v1/{{form.name}}",
            values=sent("name", "phone", "pin", "amount"), timeout_s=1,
            answer=[kept("crm.name", "/customer/name", "personal")],
        ),
        node(
            "book", "int.core", connection="core", operation="order", effect="commit",
            payload=sent("phone", "health"), timeout_s=5,
            answer=[kept("core.health", "/of/health", "special")],
        ),
        node(
            "tell", "int.notify", connection="texts", channel="sms", to="{{form.phone}}", text=text
        ),
        node(
            "wait", "logic.wait", event="score", timeout_s=600,
            fields=[{"name": "who", "type": "string", "privacy": "personal"}],
        ),
        consent("ask"),
        end(),
        end("aborted", "abort"),
    ]  # fmt: skip
    line = [("link", "form"), ("form", "ask_crm"), ("ask_crm", "book"), ("book", "tell")]
    edges = [edge(one, "ok", other) for one, other in [*line, ("tell", "wait"), ("ask", "done")]]
    edges += [edge("wait", "event", "ask"), edge("ask", "declined", "aborted")]
    edges += [edge("ask_crm", one, "book") for one in ("error", "timeout")]
    others = {"book": ("declined", "error", "timeout"), "form": ("cancelled", "timeout")}
    others |= {"tell": ("undelivered",), "wait": ("timeout",), "ask": ("timeout",)}
    edges += [edge(one, way, "aborted") for one, ways in others.items() for way in ways]
    return graph(nodes, [*edges, edge("link", "expired", "aborted")])  # fmt: skip


@pytest.fixture
def core(settings, site: Site) -> Iterator[CorePeer]:
    ports = settings.EGRESS_PORTS
    with core_peer() as peer:
        reach(peer, settings)
        settings.EGRESS_PORTS |= ports
        yield peer


@pytest.fixture
def heard() -> Iterator[list[str]]:
    """Every line logged, as the site's own formatter writes it, tracebacks and all."""
    lines: list[str] = []

    class Listener(logging.Handler):
        @override
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(written.format(record))

    written = next(one.formatter for one in logging.getLogger().handlers if one.formatter)
    listener = Listener(level=logging.DEBUG)
    logging.getLogger().addHandler(listener)
    yield lines
    logging.getLogger().removeHandler(listener)


class Life:
    """One run from its link to its end, watched by everybody who may not see everything."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.run = driver.start_run(builders.published(document), at_ms=now_ms())
        self.shown: dict[str, list[str]] = {}
        self.refused: list[str] = []
        self.child: Run | None = None
        """The sub-flow that the next acts go to."""
        self.user = builders.staff("lea")
        builders.be_present(self.run)

    def bring(self, event: Event) -> None:
        run = self.child or self.run
        try:
            driver.advance_run(run.pk, event, key=uuid.uuid4().hex, actor="test")
        except EventRefusedError as refusal:
            self.refused.append(f"{refusal} {refusal.reason} {refusal.field}")
        work_off(run, until_ms=60_000)
        builders.perform_all()
        self.look()

    def come(self) -> None:
        who = ParticipantId("p1")
        self.bring(ParticipantJoined(at_ms=now_ms(), participant=who, role="customer", name=NAME))

    def act(self, activity: str, action: str, **data: Any) -> None:
        self.bring(
            Acted(
                at_ms=now_ms(),
                activity=ActivityId(activity),
                action=action,
                participant=ParticipantId("p1"),
                role="customer",
                data=data,
            )
        )

    def look(self) -> None:
        """What agent and supervisor have on their screens now, and the desk shows."""
        roles: tuple[Role, ...] = ("customer", "agent", "supervisor")
        for role in roles:
            seat = Seat(participant=self.user.pk, run=self.run.pk, role=role, name="")
            shown = screens.look(seat, 0, None, now_ms())
            self.note(role, shown.view)
        self.note("desk", board.desk_of(self.user, self.run.workspace_id, now_ms()))

    def note(self, reader: str, document: Any) -> None:
        told = json.dumps(document, ensure_ascii=False, default=str)
        self.shown.setdefault(reader, []).append(told)

    def read(self, role: str) -> str:
        """All the interface answers this reader about the run."""
        user = builders.staff(f"{role[:3]}-{self.run.number[-5:]}", role)
        if role == "agent":
            builders.seat(self.run, user)
        browser = Browser()
        browser.cookies[site_settings.SESSION_COOKIE_NAME] = builders.session_of(user)
        family = Run.objects.filter(Q(pk=self.run.pk) | Q(root=self.run.pk))
        answers = [
            browser.get(f"/api/v1/runs/{run.pk}{one}")
            for run in family
            for one in ("", "/events", "/verify", "/migration")
        ]
        return b"".join(one.content for one in [*answers, browser.get("/api/v1/runs")]).decode()


def lived(document: dict[str, Any], *, last: str) -> Life:
    one = Life(document)
    one.come()
    one.act("form.1", TYPED, **{TYPED: TYPED})
    one.act("form.1", "edit", field="phone", value=TYPED)
    one.act("form.1", "submit")
    one.act("form.1", "edit", field="amount", value=TYPED)
    one.act("form.1", "edit", field=TYPED, value=TYPED)
    for name, value in VALUES.items():
        one.act("form.1", "edit", field=name, value=value)
    one.act("form.1", "submit")
    one.bring(ExternalEventReceived(at_ms=now_ms(), name=NOTED, data={NOTED: NOTED}))
    one.bring(ExternalEventReceived(at_ms=now_ms(), name="score", data={"who": SCORED, "x": NOTED}))
    one.act("ask.1", last, note=NOTED)
    return one


def found(texts: list[str], marks: tuple[str, ...]) -> list[str]:
    """Marks that stand anywhere in the texts, as they are or as JSON writes them."""
    whole = "\n".join(texts).lower()
    return [one for one in marks if one.lower() in whole]


def in_database(marks: tuple[str, ...]) -> list[str]:
    whole = b"".join(database()).lower()
    assert b"runtime_runevent" in whole or connection.vendor != "sqlite"
    return [one for one in marks if one.lower().encode() in whole]


@pytest.fixture
def completed(site, core, heard) -> Life:
    site.document = ANSWER
    return lived(life(), last="agree")


@pytest.fixture
def undone(site, core, heard) -> Life:
    """The customer declines at the end: the booking is undone."""
    site.document = ANSWER
    return lived(life(), last="decline")


@pytest.fixture
def troubled(site, core, heard) -> Life:
    """Everything outside answers with errors that repeat what they were sent."""
    site.answers = [said(500, {"error": NAME}), said(418, {"why": PHONE}), None] * 6
    core.faults.extend(["garbage", "error_after", "half", "lost_after"])
    core.ledger.declines = "no_limit"
    return lived(life(), last="agree")


@pytest.fixture
def called(heard) -> Life:
    """The values pass through a sub-flow and back, then the caller's next step fails on one."""
    builders.published(inner(), key="child")
    one = Life(outer())
    one.come()
    one.child = Run.objects.get(parent=one.run)
    one.act("form.1", TYPED)
    one.act("form.1", "submit", x=NOTED)
    one.act("form.1", "edit", field=TYPED, value=TYPED)
    one.act("form.1", "edit", field="amount", value=TYPED)
    for name, value in VALUES.items():
        one.act("form.1", "edit", field=name, value=value)
    one.act("form.1", "submit")
    one.child = None
    assert driver.read_run(one.run.pk).state.incident is not None
    one.look()
    one.bring(IncidentEnded(at_ms=now_ms(), by="user:1", reason="no use"))
    return one


def inner() -> dict[str, Any]:
    """call → form → granted."""
    given = [{"name": "who", "type": "string", "privacy": "personal"}]
    nodes = [
        node("call", "entry.call", given=[], inputs=given),
        node("form", "doc.form", fields=FIELDS),
        end("granted"),
        end("refused", "reject"),
    ]
    edges = [edge("call", "ok", "form"), edge("form", "ok", "granted")]
    edges += [edge("form", one, "refused") for one in ("cancelled", "timeout")]
    return graph(nodes, edges)


def outer() -> dict[str, Any]:
    """link → service (the child) → count (an expression that fails on a name) → done."""
    outputs = [
        {"name": f"got.{one}", "from": f"form.{one}", "type": "string", "privacy": privacy}
        for one, privacy in (("name", "personal"), ("health", "special"), ("pin", "secret"))
    ]
    inputs = [{"name": "who", "value": "'somebody'"}]
    count = {"name": "n", "expression": "int(got.name)", "type": "int", "privacy": "personal"}
    nodes = [
        node("link", "entry.link"),
        node(
            "service", "logic.subflow", flow="child", version="latest",
            inputs=inputs, outputs=outputs,
        ),
        node("count", "logic.set", assignments=[count]),
        end(),
        end("failed", "abort"),
    ]  # fmt: skip
    edges = [edge("link", "ok", "service"), edge("link", "expired", "failed")]
    edges += [edge("service", "ok", "count"), edge("service", "fail", "failed")]
    return graph(nodes, [*edges, edge("count", "ok", "done")])


LIVES = ["completed", "undone", "troubled", "called"]


@pytest.fixture
def one(request) -> Life:
    life_: Life = request.getfixturevalue(request.param)
    return life_


@pytest.mark.parametrize("one", LIVES, indirect=True)
def test_no_value_lies_in_the_database_or_in_a_log(one: Life, heard):
    assert Run.objects.get(pk=one.run.pk).status == "closed"

    assert in_database(EVERYTHING) == []
    assert found(heard, EVERYTHING) == []


@pytest.mark.parametrize("one", LIVES, indirect=True)
def test_no_refusal_repeats_what_was_said(one: Life):
    assert len(one.refused) >= 4
    assert found(one.refused, EVERYTHING) == []


@pytest.mark.parametrize("one", LIVES, indirect=True)
def test_no_screen_and_no_answer_shows_what_its_reader_may_not_see(one: Life):
    hidden = (*PERSONAL, *SPECIAL, PIN, NOTED)

    assert found(one.shown["supervisor"], hidden) == []
    assert found(one.shown["desk"], hidden) == []
    assert found(one.shown["agent"], (PIN,)) == []
    assert found([one.read("supervisor")], hidden) == []
    assert found([one.read("auditor")], hidden) == []
    assert found([one.read("agent")], (*SPECIAL, PIN)) == []


def test_who_is_entitled_does_see_it(completed: Life):
    own, served, later = (NAME, PHONE, HEALTH, PIN), (NAME, PHONE, HEALTH), (NAME, PHONE, ANSWERED)

    assert found(completed.shown["customer"], own) == list(own)
    assert found(completed.shown["agent"], served) == list(served)
    assert found([completed.read("agent")], later) == list(later)
    assert "•••• 7364" in "".join(completed.shown["supervisor"])


def test_the_lives_went_where_they_should(completed: Life, core: CorePeer, site: Site):
    assert Run.objects.get(pk=completed.run.pk).ending == "success"
    assert core.ledger.standing
    assert {line for line in site.lines if NAME.split(maxsplit=1)[0] in line}
    assert [one[2]["to"] for one in site.heard if one[2] and "to" in one[2]] == [PHONE]


def test_a_declined_life_undid_its_booking(undone: Life, core: CorePeer):
    assert Run.objects.get(pk=undone.run.pk).ending == "abort"
    assert core.ledger.booked
    assert not core.ledger.standing


def test_the_search_would_find_a_value():
    builders.staff(f"lea-{MARK}")

    assert in_database(EVERYTHING) == [MARK]
