"""Who is in a call beside its customer and agent: by what right, told to whom, on what record."""

from __future__ import annotations

from typing import Any, cast

import pytest
from django.test import Client as Browser
from django.utils import timezone

from accounts.links import LinkUnusableError
from accounts.models import AuditEvent, User
from flow.errors import EventRefusedError
from runtime import attendance, driver, joining, parties, screens
from runtime.clock import now_ms
from runtime.effects.media import record_params
from runtime.family import NOBODY
from runtime.models import Participant, Recording, Room, Run, RunEvent, WorkerRequest
from runtime.parties import Change
from runtime.places import table_of
from runtime.standing import Seat
from tests.accounts.people import signed_in
from tests.runtime import builders

pytestmark = pytest.mark.django_db


@pytest.fixture
def run() -> Run:
    run = builders.started()
    customer = Participant.objects.create(run=run, role="customer", name="Anna")
    attendance.arrive(customer.pk, "tab-a", now_ms())
    return run


@pytest.fixture
def agent(run: Run) -> User:
    user = builders.staff("wang", "agent", of=run.workspace)
    attendance.arrive(builders.seat(run, user).pk, "tab-w", now_ms())
    return user


@pytest.fixture
def supervisor(run: Run) -> User:
    return builders.staff("song", "supervisor", of=run.workspace)


@pytest.fixture
def room(run: Run) -> Room:
    return Room.objects.create(
        run=run, worker=builders.live_worker(), generation=1, status=Room.Status.OPEN
    )


def seat_of(run: Run, role: str) -> Participant:
    return Participant.objects.get(run=run, role=role)


def asked(kind: str) -> list[dict[str, Any]]:
    rows = WorkerRequest.objects.filter(kind=kind).order_by("id")
    return list(rows.values_list("params", flat=True))


def kinds_of(run: Run) -> list[str]:
    events = RunEvent.objects.filter(run=run).order_by("seq")
    return list(events.values_list("kind", flat=True))


def told_to(run: Run, role: str) -> list[str]:
    """The roles of those whom somebody in this role sees in the call."""
    one = seat_of(run, role)
    role_: Any = one.role
    seat = Seat(participant=one.pk, run=run.pk, role=role_, name="")
    view: Any = screens.view_of(seat, driver.read_run(run.pk), now_ms(), NOBODY)
    return [person["role"] for person in view["people"]]


def listen(run: Run, supervisor: User) -> Participant:
    seat = parties.oversee(run, "monitor", by=supervisor, now_ms=now_ms())
    attendance.arrive(seat.pk, "tab-s", now_ms())
    return seat


def guest(run: Run, by: User, role: Any = "expert") -> tuple[Participant, str]:
    """A guest who has come by the link; their cookie."""
    kept = parties.invite(run, role, "Dr Chen", by=by, now=timezone.now())
    joined = joining.join(
        kept.link.token, ip="192.0.2.1", cookie=None, locale="en", now=timezone.now()
    )
    attendance.arrive(kept.seat.pk, "tab-g", now_ms())
    return Participant.objects.get(pk=kept.seat.pk), str(joined.entry.redemption.pk)


def test_guest_comes_by_the_link_to_the_seat_that_was_kept(run: Run, agent: User) -> None:
    seat, device = guest(run, agent)

    assert (seat.role, seat.name, seat.device) == ("expert", "Dr Chen", device)
    assert sorted(told_to(run, "customer")) == ["agent", "customer", "expert"]
    noted = AuditEvent.objects.get(action="run.invite")
    assert noted.data["role"] == "expert"
    assert "Chen" not in str(noted.data)


def test_link_to_a_seat_opens_it_once(run: Run, agent: User) -> None:
    kept = parties.invite(run, "interpreter", "Li", by=agent, now=timezone.now())
    came: dict[str, Any] = {
        "ip": "192.0.2.1",
        "cookie": None,
        "locale": "en",
        "now": timezone.now(),
    }
    joining.join(kept.link.token, **came)

    with pytest.raises(LinkUnusableError):
        joining.join(kept.link.token, **came)


def test_guest_who_was_sent_away_has_no_way_back(run: Run, agent: User, room: Room) -> None:
    seat, _ = guest(run, agent)

    parties.send_away(run, seat.pk, by=agent, now_ms=now_ms())
    with pytest.raises(EventRefusedError):
        parties.send_away(run, seat.pk, by=agent, now_ms=now_ms())

    assert [one["party"] for one in asked("party.remove")] == [str(seat.pk)]
    assert kinds_of(run)[-1] == "ParticipantLeft"
    left = driver.read_run(run.pk).state.people
    assert not next(one for one in left.values() if one.role == "expert").present


def test_supervisor_listens_and_only_they_know(run: Run, agent: User, supervisor: User) -> None:
    listen(run, supervisor)

    assert "supervisor" not in told_to(run, "customer")
    assert "supervisor" not in told_to(run, "agent")
    assert "supervisor" in told_to(run, "supervisor")
    assert AuditEvent.objects.get(action="run.oversee").actor == f"user:{supervisor.pk}"


def test_whisper_is_for_the_agent_and_stands_in_the_log(
    run: Run, agent: User, supervisor: User, room: Room
) -> None:
    seat = listen(run, supervisor)

    parties.oversee(run, "whisper", by=supervisor, now_ms=now_ms())

    assert "supervisor" not in told_to(run, "customer")
    assert "supervisor" in told_to(run, "agent")
    place = asked("party.add")[-1]
    heard_by = [str(seat_of(run, "agent").pk)]
    assert (place["party"], place["mode"], place["to"]) == (str(seat.pk), "whisper", heard_by)
    assert kinds_of(run)[-1] == "ParticipantPlaced"


def test_supervisor_who_steps_in_is_told_of_to_everybody(
    run: Run, agent: User, supervisor: User
) -> None:
    listen(run, supervisor)

    parties.oversee(run, "normal", by=supervisor, now_ms=now_ms())

    assert "supervisor" in told_to(run, "customer")


def test_who_serves_the_customer_cannot_listen_to_themself(run: Run, agent: User) -> None:
    with pytest.raises(EventRefusedError) as refused:
        parties.oversee(run, "monitor", by=agent, now_ms=now_ms())

    assert refused.value.reason == "own_call"


def test_hold_reaches_the_worker_and_the_next_one(run: Run, agent: User, room: Room) -> None:
    customer = seat_of(run, "customer")

    for _ in range(2):
        parties.direct(run, customer.pk, Change(mode="hold"), by=agent, now_ms=now_ms())

    place = {"mode": "hold", "to": [], "muted": [], "turn": 1}
    held = {"party": str(customer.pk), "role": "customer", **place}
    assert asked("party.add") == [held]
    assert held in table_of(run.pk)


def test_next_worker_makes_ready_for_all_who_are_here(run: Run, agent: User) -> None:
    here, away = seat_of(run, "customer"), seat_of(run, "agent")
    Participant.objects.filter(pk=here.pk).update(present=True)
    Participant.objects.filter(pk=away.pk).update(present=False)

    (told,) = cast("list[dict[str, Any]]", table_of(run.pk))

    assert (told["party"], told["sends"]) == (str(here.pk), ["audio", "video"])


@pytest.mark.parametrize("mode", ["monitor", "whisper", "loud"])
def test_nobody_makes_another_listen_unseen(run: Run, agent: User, mode: Any) -> None:
    customer = seat_of(run, "customer")

    with pytest.raises(EventRefusedError) as refused:
        parties.direct(run, customer.pk, Change(mode=mode), by=agent, now_ms=now_ms())

    assert refused.value.reason == "invalid_data"


def test_agent_cannot_reach_a_supervisor_who_listens(
    run: Run, agent: User, supervisor: User
) -> None:
    seat = listen(run, supervisor)

    with pytest.raises(EventRefusedError) as refused:
        parties.direct(run, seat.pk, Change(mode="normal"), by=agent, now_ms=now_ms())

    assert refused.value.reason == "unknown_person"


def test_mute_is_told_to_the_others(run: Run, agent: User, room: Room) -> None:
    one = seat_of(run, "customer")
    seat = Seat(participant=one.pk, run=run.pk, role="customer", name="")

    parties.mute(seat, ["audio"], now_ms=now_ms())

    people = driver.read_run(run.pk).state.people.values()
    assert next(person for person in people if person.role == "customer").muted == ("audio",)
    assert asked("party.add")[-1]["muted"] == ["audio"]
    assert not AuditEvent.objects.filter(action="run.place").exists()


def test_newcomer_is_recorded_once_they_agree(run: Run, agent: User, room: Room) -> None:
    recording = Recording.objects.create(
        run=run, name="rec", roles=["customer", "agent"], started_at_ms=1, noted_at_ms=1
    )
    seat, _ = guest(run, agent)
    place = Seat(participant=seat.pk, run=run.pk, role="expert", name="")
    before: Any = record_params(room, recording, now_ms())

    parties.consent(place, now_ms=now_ms())
    parties.consent(place, now_ms=now_ms())

    (after,) = asked("record.start")
    roles = {"customer", "agent"}
    assert {one["role"] for one in before["parties"]} == roles
    assert {one["role"] for one in after["parties"]} == roles | {"expert"}
    assert kinds_of(run).count("RecordingConsented") == 1


def test_doors_are_for_those_who_serve_and_oversee(run: Run, agent: User, supervisor: User) -> None:
    stranger = builders.staff("zhao", "agent", of=run.workspace)
    base = f"/api/v1/runs/{run.pk}"
    browsers: dict[User, Browser] = {one: signed_in(one) for one in (agent, supervisor, stranger)}

    def status(who: User, path: str, body: dict[str, Any]) -> int:
        answer = browsers[who].post(f"{base}/{path}", body, content_type="application/json")
        return int(answer.status_code)

    wish = {"role": "expert", "name": "Dr Chen"}
    hold = {"mode": "hold"}
    path = f"parties/{seat_of(run, 'customer').pk}"
    assert [status(one, "guests", wish) for one in (agent, supervisor, stranger)] == [201, 201, 404]
    assert [status(one, path, hold) for one in (agent, supervisor, stranger)] == [200, 200, 404]
    assert status(supervisor, "oversee", {"mode": "monitor"}) == 200
    assert status(stranger, "oversee", {"mode": "monitor"}) == 403
    assert status(agent, "guests", {"role": "agent", "name": "x"}) == 400
    assert status(agent, path, {"mode": "whisper"}) == 400
