from __future__ import annotations

import uuid
from dataclasses import dataclass, field

import pytest
from django.contrib.auth.models import AnonymousUser

from accounts.access import RULES, CustomerPass, WorkerPass, can, find_workspace, roles_for
from accounts.models import Role
from tests.accounts.people import person, workspace

pytestmark = pytest.mark.django_db


@dataclass
class Thing:
    """What a floor above hands to `can`."""

    workspace_id: uuid.UUID | None
    run_id: uuid.UUID = field(default_factory=uuid.uuid4)
    people_ids: frozenset[uuid.UUID] = frozenset()


def a_pass(run_id: uuid.UUID) -> CustomerPass:
    return CustomerPass(redemption_id=uuid.uuid4(), workspace_id=uuid.uuid4(), run_id=run_id)


@pytest.mark.parametrize("role", Role.values)
@pytest.mark.parametrize("action", sorted(RULES))
def test_a_role_may_what_its_row_says(action: str, role: str):
    user = person(role)

    assert can(user, action) == (RULES[action].anyone or role in RULES[action].roles)


@pytest.mark.parametrize("action", sorted(RULES))
def test_strangers_may_only_what_is_open_to_anyone(action: str):
    expected = RULES[action].anyone

    assert can(None, action) == expected
    assert can(AnonymousUser(), action) == expected
    assert can(person(), action) == expected


@pytest.mark.parametrize("action", sorted(RULES))
def test_customers_and_workers_have_no_staff_rights(action: str):
    rule = RULES[action]

    assert can(a_pass(uuid.uuid4()), action) == (rule.anyone or rule.customer)
    assert can(WorkerPass(worker_id="w1"), action) == (rule.anyone or rule.worker)


def test_a_role_counts_only_in_its_own_workspace():
    analyst = person(Role.ANALYST, where=workspace("Riverbank"))
    theirs = Thing(workspace("Riverbank").pk)
    foreign = Thing(workspace("Hillbank").pk)

    assert can(analyst, "draft.save", theirs)
    assert not can(analyst, "draft.save", foreign)


def test_an_object_of_no_workspace_is_nobodys():
    assert not can(person(Role.ANALYST), "draft.save", Thing(None))


def test_a_retired_person_may_nothing():
    assert not can(person(Role.ADMIN, is_active=False), "palette.read")


def test_a_right_that_was_withdrawn_is_gone_at_once():
    agent = person(Role.AGENT)
    assert can(agent, "desk.use")

    agent.memberships.all().delete()

    assert not can(agent, "desk.use")


def test_a_customer_may_act_in_their_own_run_only():
    run_id = uuid.uuid4()
    customer = a_pass(run_id)

    assert can(customer, "run.act", Thing(workspace().pk, run_id))
    assert not can(customer, "run.act", Thing(workspace().pk))


def test_an_agent_acts_only_where_seated():
    agent = person(Role.AGENT)
    seated = Thing(workspace().pk, people_ids=frozenset({agent.pk}))

    assert can(agent, "run.act", seated)
    assert not can(agent, "run.act", Thing(workspace().pk))


@pytest.mark.parametrize("action", ["recording.read", "evidence.read"])
def test_an_admin_has_no_way_to_recordings(action: str):
    run = Thing(workspace().pk)

    assert not can(person(Role.ADMIN), action, run)
    assert not can(person(Role.AGENT), action, run)
    assert can(person(Role.AUDITOR), action, run)


def test_agents_read_their_own_runs_and_oversight_reads_all():
    agent, run = person(Role.AGENT), Thing(workspace().pk)

    assert not can(agent, "run.read", run)
    assert can(agent, "run.read", Thing(workspace().pk, people_ids=frozenset({agent.pk})))
    assert can(person(Role.SUPERVISOR), "run.read", run)
    assert not can(person(Role.AUDITOR, where=workspace("Hillbank")), "run.read", run)


def test_an_unknown_action_is_a_fault_not_a_permission():
    with pytest.raises(KeyError):
        can(person(Role.ADMIN), "everything")


def test_roles_and_workspace_of_a_person():
    both = person(Role.SUPERVISOR, Role.AUDITOR)

    assert roles_for(both) == {Role.SUPERVISOR, Role.AUDITOR}
    assert find_workspace(both) == workspace()
    assert find_workspace(person()) is None
