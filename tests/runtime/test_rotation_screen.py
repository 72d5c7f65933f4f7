"""The keyring as an admin sees it: which key wraps how much, and a rotation that takes its time."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest

from accounts.models import AuditEvent, Role
from runtime import connections, driver
from runtime.keyring import FileKeyring, keyring, write_first
from runtime.models import Connection, Job, Run
from tests.accounts.people import PASSWORD, person, signed_in
from tests.runtime import builders

pytestmark = pytest.mark.django_db
URL = "/api/v1/keyring"
JSON = "application/json"


@pytest.fixture
def admin():
    return signed_in(person(Role.ADMIN))


@pytest.fixture
def ring(settings, tmp_path: Path) -> FileKeyring:
    path = tmp_path / "keyring.json"
    write_first(path)
    settings.KEYRING = {"file": str(path)}
    settings.REDIS_URL = ""  # several hosts cannot add to a file that each has for itself
    found = keyring()
    assert isinstance(found, FileKeyring)
    return found


def rotate(admin: Any, **more: Any) -> Any:
    body = {"id": str(uuid.uuid4()), "password": PASSWORD, **more}
    return admin.post(f"{URL}/rotation", body, JSON)


def secret_keeper(run: Run) -> Connection:
    made = Connection(
        workspace=run.workspace, name="core", kind="core", base_url="https://c.example"
    )
    connections.seal_secret(made, "s3cret")
    made.save()
    return made


def test_an_admin_sees_what_each_key_wraps(admin, ring: FileKeyring):
    run = builders.entered()
    first = ring.active
    second = ring.add()
    other = builders.started()
    secret_keeper(run)

    shown = admin.get(URL).json()

    assert (shown["kind"], shown["adds_keys"], shown["under_way"]) == ("file", True, False)
    assert shown["keys"] == [
        {"id": second, "active": True, "missing": False, "runs": 1, "connections": 1},
        {"id": first, "active": False, "missing": False, "runs": 1, "connections": 0},
    ]
    assert other.data_key.startswith(second)


def test_a_rotation_adds_a_key_and_a_job_wraps_everything_with_it(admin, ring: FileKeyring):
    run = builders.entered()
    connection, first = secret_keeper(run), ring.active

    begun = rotate(admin)
    again = rotate(admin)
    builders.perform_all()
    shown = admin.get(URL).json()

    assert (begun.status_code, begun.json()["under_way"]) == (202, True)
    assert (again.status_code, again.json()["code"]) == (409, "under_way")
    assert [one["id"] for one in shown["keys"]] == [ring.active, first]
    assert [(one["runs"], one["connections"]) for one in shown["keys"]] == [(1, 1), (0, 0)]
    assert not shown["under_way"]
    driver.forget(run.pk)
    assert driver.read_run(run.pk).seq == run.seq
    connection.refresh_from_db()
    assert connections.secret_of(connection) == "s3cret"
    entry = AuditEvent.objects.get(action="keyring.rotate")
    assert entry.data == {"active": ring.active, "added": ring.active}
    assert PASSWORD not in json.dumps(entry.data)


def test_only_who_knows_the_password_begins_a_rotation(admin, ring: FileKeyring):
    refused = rotate(admin, password="not this one")

    assert (refused.status_code, refused.json()["field"]) == (403, "/password")
    assert len(ring.ids) == 1
    assert not Job.objects.filter(kind="Rewrap").exists()
    assert AuditEvent.objects.filter(action="session.unconfirmed").count() == 1


def test_on_several_hosts_a_key_is_added_elsewhere_and_wraps_from_here(
    admin, ring: FileKeyring, settings
):
    builders.started()
    settings.REDIS_URL = "redis://nowhere.example"
    ring.add()

    shown, held = admin.get(URL).json(), ring.ids
    begun = rotate(admin)
    settings.REDIS_URL = ""
    builders.perform_all()

    assert not shown["adds_keys"]
    assert begun.status_code == 202
    assert ring.ids == held
    assert admin.get(URL).json()["keys"][1]["runs"] == 0


def test_a_key_that_is_missing_is_named_with_what_it_wraps(admin, ring: FileKeyring, settings):
    run = builders.started()
    lost = run.data_key.partition(":")[0]
    other = ring.path.with_name("other.json")
    write_first(other)
    settings.KEYRING = {"file": str(other)}

    keys = {one["id"]: one for one in admin.get(URL).json()["keys"]}

    assert (keys[lost]["missing"], keys[lost]["runs"]) == (True, 1)


def test_a_ring_that_cannot_be_read_says_so(admin, settings, tmp_path: Path):
    settings.KEYRING = {"file": str(tmp_path / "none.json")}

    answer = admin.get(URL)

    assert (answer.status_code, answer.json()["code"]) == (503, "keyring")
    assert str(tmp_path) not in answer.content.decode()


@pytest.mark.parametrize("kind", ["environment", "file"])
def test_the_kind_of_the_ring_is_told(admin, settings, ring: FileKeyring, kind: str):
    if kind == "environment":
        settings.KEYRING = {"keys": "env1:" + "A" * 43 + "="}

    shown = admin.get(URL).json()

    assert (shown["kind"], shown["adds_keys"]) == (kind, kind == "file")
