from __future__ import annotations

import json
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from accounts import links
from accounts.access import roles_for
from accounts.models import JoinLink, Membership, Role, User, Workspace
from config import demo
from designer.models import Flow, FlowVersion

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _own_folder(settings, tmp_path):
    settings.VAR = tmp_path


def seeded(capsys) -> Any:
    call_command("seed_demo", "--json")
    return json.loads(capsys.readouterr().out)


def test_the_demo_has_its_people_a_published_flow_and_a_link(capsys):
    said = seeded(capsys)

    for one in said["people"]:
        assert User.objects.get(username=one["username"]).check_password(one["password"])
    assert [one["role"] for one in said["people"]] == [
        "analyst",
        "agent",
        "agent",
        "supervisor",
        "admin",
    ]
    both = roles_for(User.objects.get(username="supervisor"))
    assert both == {Role.SUPERVISOR, Role.AUDITOR}
    assert Workspace.objects.get().name == "Riverbank"
    assert Flow.objects.get().name == "Account service call"
    assert FlowVersion.objects.get().number == 1
    token = said["link"].partition("#")[2]
    assert JoinLink.objects.get().token_hash == links.hash_of(token)


def test_a_second_start_shows_the_same_people_and_a_fresh_link(capsys):
    first, second = seeded(capsys), seeded(capsys)

    assert second["people"] == first["people"]
    assert second["flow"] == first["flow"]
    assert second["link"] != first["link"]
    assert FlowVersion.objects.count() == 1
    assert Membership.objects.count() == 6


def test_a_second_start_keeps_what_people_changed(capsys):
    seeded(capsys)
    User.objects.filter(username="agent").update(display_name="Somebody else")

    seeded(capsys)

    assert User.objects.get(username="agent").display_name == "Somebody else"


def test_passwords_are_kept_to_their_owner_and_out_of_plain_output(capsys, settings):
    call_command("seed_demo")
    said = capsys.readouterr().out
    stored = settings.VAR / "demo-people.json"

    assert stored.stat().st_mode & 0o777 == 0o600
    assert not any(one in said for one in json.loads(stored.read_text()).values())


def test_lost_passwords_are_made_anew(capsys, settings):
    seeded(capsys)
    (settings.VAR / "demo-people.json").unlink()

    said = seeded(capsys)

    for one in said["people"]:
        assert User.objects.get(username=one["username"]).check_password(one["password"])


def test_a_site_for_real_people_has_no_demo(settings):
    settings.DEMO = False

    with pytest.raises(CommandError):
        call_command("seed_demo", "--json")
    assert not User.objects.exists()


def test_passwords_differ():
    assert len({demo._password() for _ in range(100)}) == 100
