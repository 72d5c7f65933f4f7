"""What staff decides about a run: who may, when, told once, and on record."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from accounts import audit
from accounts.models import AuditEvent, User
from flow.errors import EventRefusedError
from flow.events import IncidentRetried, RunCancelled, RunResumed, RunSuspended
from runtime import decisions, driver
from runtime.clock import now_ms
from runtime.models import Run, RunEvent
from tests.accounts.people import signed_in
from tests.runtime import builders
from tests.runtime.lives import act, asking, halted, next_version, parts  # noqa: F401 - a fixture

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("parts")]

WISHES: dict[str, tuple[str, dict[str, Any]]] = {
    "retry": ("incident", {"decision": "retry"}),
    "skip": ("incident", {"decision": "skip", "outcome": "ok", "reason": "seen to"}),
    "end": ("incident", {"decision": "end", "reason": "no use"}),
    "suspend": ("suspend", {"reason": "fire alarm"}),
    "resume": ("resume", {}),
    "cancel": ("cancel", {"reason": "wrong person"}),
}
"""Word -> where it is sent and what, without its identity."""
MAY = {
    "retry": {"seated", "supervisor"},
    "skip": {"supervisor"},
    "end": {"supervisor"},
    "suspend": {"supervisor"},
    "resume": {"supervisor"},
    "cancel": {"supervisor"},
    "migrate": {"supervisor", "admin"},
}
LEADS_TO = {
    ("open", "suspend"): "suspended",
    ("open", "cancel"): "closed",
    ("incident", "retry"): "open",
    ("incident", "skip"): "closed",
    ("incident", "end"): "closed",
    ("incident", "cancel"): "closed",
    ("suspended", "resume"): "open",
    ("suspended", "cancel"): "closed",
    ("undoing", "retry"): "compensating",
    ("undoing", "skip"): "closed",
}
"""Where a run stands, what is decided -> where it stands then. Anything else is refused."""
REFUSED_BECAUSE = {
    "open": "going_on",
    "incident": "halted",
    "suspended": "suspended",
    "undoing": "run_ended",
    "closed": "run_ended",
}


def opened() -> Run:
    return builders.entered(asking())


def suspended() -> Run:
    run = opened()
    told(run, RunSuspended(at_ms=now_ms(), by="user:1", reason="fire alarm"))
    return run


def undoing() -> Run:
    """Aborted, and what it had done could not be undone."""
    run = builders.entered(asking("test.book1"))
    told(run, RunCancelled(at_ms=now_ms(), by="user:1", reason="wrong person"))
    builders.perform_all()
    run.refresh_from_db()
    return run


def closed() -> Run:
    run = opened()
    act(run, "ok")
    return run


STATES: dict[str, Callable[[], Run]] = {
    "open": opened,
    "incident": halted,
    "suspended": suspended,
    "undoing": undoing,
    "closed": closed,
}


def told(run: Run, event: Any) -> None:
    driver.advance_run(run.pk, event, key=str(uuid.uuid4()), actor="test")
    run.refresh_from_db()


def somebody(who: str, run: Run) -> User:
    """A person of that role, or an agent seated in the run."""
    name = f"{who}-{uuid.uuid4().hex[:4]}"
    if who != "seated":
        return builders.staff(name, who)
    agent = builders.staff(name, "agent")
    builders.seat(run, agent)
    return agent


def decide(run: Run, word: str, person: User | Client, **more: Any) -> Any:
    client = person if isinstance(person, Client) else signed_in(person)
    where, wish = WISHES[word]
    body = {"id": str(uuid.uuid4()), **wish, **more}
    return client.post(f"/api/v1/runs/{run.pk}/{where}", body, "application/json")


@pytest.mark.parametrize("state", STATES)
@pytest.mark.parametrize("word", WISHES)
def test_each_decision_is_taken_where_it_makes_sense_and_nowhere_else(word: str, state: str):
    run = STATES[state]()
    before = run.seq

    answer = decide(run, word, somebody("supervisor", run))

    run.refresh_from_db()
    if (state, word) in LEADS_TO:
        assert answer.json() == {"seq": before + 1, "status": LEADS_TO[state, word]}
        assert (answer.status_code, run.status) == (200, LEADS_TO[state, word])
        return
    assert answer.status_code == 409
    assert answer.json()["code"] == REFUSED_BECAUSE[state]
    assert run.seq == before
    assert not AuditEvent.objects.filter(target=f"run:{run.pk}").exists()


@pytest.mark.parametrize("who", ["seated", "agent", "supervisor", "auditor", "analyst", "admin"])
@pytest.mark.parametrize("word", WISHES)
def test_each_decision_is_for_those_with_the_right(word: str, who: str):
    state = next(one for one, what in LEADS_TO if what == word)
    run = STATES[state]()

    answer = decide(run, word, somebody(who, run))

    may = who in MAY[word]
    assert (answer.status_code == 200) == may, answer.content
    assert may or answer.status_code in {403, 404}
    run.refresh_from_db()
    assert RunEvent.objects.filter(run=run, actor__startswith="user:").exists() == may


@pytest.mark.parametrize("who", ["seated", "supervisor", "auditor"])
@pytest.mark.parametrize("state", STATES)
def test_a_run_says_what_its_reader_may_decide_and_means_it(state: str, who: str):
    run = STATES[state]()
    client = signed_in(somebody(who, run))

    offered = client.get(f"/api/v1/runs/{run.pk}").json()["decisions"]

    taken = {word for one, word in LEADS_TO if one == state and who in MAY[word]}
    assert set(offered) == taken


def test_a_halted_run_says_why_and_what_can_be_done():
    run = halted()
    client = signed_in(builders.staff("lin", "supervisor"))

    incident = client.get(f"/api/v1/runs/{run.pk}").json()["incident"]

    assert (incident["code"], incident["node"]) == ("undeclared_output", "ask")
    assert incident["can"] == ["retry", "skip", "end"]
    assert [(one["id"], one["target"]["en"]) for one in incident["outcomes"]] == [
        ("ok", "End: success"),
        ("fail", "End: refused"),
    ]
    assert "nobody" in incident["cause"]
    assert incident["at"] is not None
    decide(run, "retry", client)
    assert client.get(f"/api/v1/runs/{run.pk}").json()["incident"] is None


def test_a_suspended_run_says_since_when():
    run = suspended()
    client = signed_in(builders.staff("lin", "supervisor"))

    assert client.get(f"/api/v1/runs/{run.pk}").json()["suspended_at"] is not None
    decide(run, "resume", client)
    assert client.get(f"/api/v1/runs/{run.pk}").json()["suspended_at"] is None


def test_a_decision_sent_twice_is_taken_once():
    run = halted()
    client = signed_in(builders.staff("lin", "supervisor"))
    id_ = str(uuid.uuid4())

    first = decide(run, "retry", client, id=id_)
    again = decide(run, "retry", client, id=id_)

    assert (first.status_code, first.json()) == (again.status_code, again.json())
    assert RunEvent.objects.filter(run=run, kind="IncidentRetried").count() == 1
    assert AuditEvent.objects.filter(action="run.retry").count() == 1


def test_the_same_id_from_somebody_else_is_another_decision():
    run = halted()
    id_ = str(uuid.uuid4())

    decide(run, "retry", builders.staff("lin", "supervisor"), id=id_)
    other = decide(run, "retry", builders.staff("wu", "supervisor"), id=id_)

    assert other.json()["code"] == "going_on"


@pytest.mark.parametrize("word", WISHES)
def test_a_decision_is_on_record_with_its_reason(word: str):
    state = next(one for one, what in LEADS_TO if what == word)
    run, person = STATES[state](), builders.staff("lin", "supervisor")

    seq = decide(run, word, person).json()["seq"]

    entry = AuditEvent.objects.get(action=f"run.{word}")
    wish = WISHES[word][1]
    assert (entry.actor, entry.target) == (f"user:{person.pk}", f"run:{run.pk}")
    assert entry.chain == str(run.workspace_id)
    assert entry.data["seq"] == seq
    assert entry.data.get("reason") == wish.get("reason")
    assert entry.data.get("outcome") == wish.get("outcome")
    stored = RunEvent.objects.get(run=run, seq=seq)
    assert stored.actor == f"user:{person.pk}"


@pytest.mark.parametrize("word", ["skip", "end", "suspend", "cancel"])
@pytest.mark.parametrize("reason", ["", "   "])
def test_who_overrules_a_flow_says_why(word: str, reason: str):
    state = next(one for one, what in LEADS_TO if what == word)
    run = STATES[state]()

    answer = decide(run, word, builders.staff("lin", "supervisor"), reason=reason)

    assert (answer.status_code, answer.json()["field"]) == (400, "/reason")


def test_a_step_is_skipped_only_by_an_outcome_it_has():
    run = halted()

    answer = decide(run, "skip", builders.staff("lin", "supervisor"), outcome="vanish")

    assert (answer.status_code, answer.json()["field"]) == (400, "/outcome")


@pytest.mark.parametrize(("locale", "says"), [("en", "is going on"), ("zh-hans", "正在进行中")])
def test_a_refusal_is_read_in_ones_own_language(locale: str, says: str):
    run = opened()
    client = signed_in(builders.staff("lin", "supervisor"))
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = locale

    assert says in decide(run, "retry", client).json()["message"]


def test_a_run_of_another_workspace_is_not_there():
    run = halted()
    stranger = builders.staff("lin", "supervisor", of=builders.workspace("Elsewhere"))

    assert decide(run, "retry", stranger).status_code == 404


def test_what_cannot_be_put_on_record_is_not_decided(monkeypatch: pytest.MonkeyPatch):
    run, person = halted(), builders.staff("lin", "supervisor")

    def broken(**_said: object) -> None:
        raise RuntimeError("disk full")

    monkeypatch.setattr(audit, "append", broken)
    with pytest.raises(RuntimeError):
        decisions.take(run, IncidentRetried(at_ms=now_ms(), by="x"), id_="1", by=person)

    run.refresh_from_db()
    assert run.status == Run.Status.INCIDENT
    assert driver.is_snapshot_true(run.pk)
    assert driver.read_run(run.pk).state.status == "incident"


def test_nobody_acts_while_a_run_stands_still_and_all_goes_on_afterwards():
    run = suspended()

    with pytest.raises(EventRefusedError) as refused:
        act(run, "ok")
    told(run, RunResumed(at_ms=now_ms(), by="user:1"))
    act(run, "ok")

    assert refused.value.reason == "suspended"
    assert (run.status, run.ending) == ("closed", "success")


def test_an_offered_migration_needs_another_version():
    run = opened()
    lin = builders.staff("lin", "supervisor")

    alone = decisions.open_to(lin, run, driver.read_run(run.pk))
    next_version(run.version, asking(ask="sign"))
    then = decisions.open_to(lin, run, driver.read_run(run.pk))

    assert ("migrate" in alone, "migrate" in then) == (False, True)
