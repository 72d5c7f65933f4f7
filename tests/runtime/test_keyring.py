"""The keyring: file, environment, a class of the house's own; rotation, and keys that are gone."""

from __future__ import annotations

import base64
import json
import uuid
from io import StringIO
from pathlib import Path

import pytest
from channels.db import database_sync_to_async as in_db
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command
from django.test import Client as Browser

from runtime import connections, dispatch, driver, rotation, sealing
from runtime.clock import now_ms
from runtime.errors import KeyringError, RunSealedError, UnknownKeyError
from runtime.keyring import FileKeyring, HeldKeyring, keyring, keys_of, write_first
from runtime.models import Connection, Job, Run
from tests.runtime import builders

KEY = bytes(range(32))
OWNER = uuid.uuid4().bytes


def said(key_id: str, key: bytes = KEY) -> str:
    return f"{key_id}:{base64.b64encode(key).decode()}"


class Vault:
    """A key management service: its keys never leave it, and wrapped keys are long."""

    def __init__(self) -> None:
        self._ring = HeldKeyring(keys_of(said("vault-7")))

    @property
    def active(self) -> str:
        return self._ring.active

    def wrap(self, key: bytes, owner: bytes) -> str:
        return f"{self._ring.wrap(key, owner)}{'=' * 400}"

    def unwrap(self, wrapped: str, owner: bytes) -> bytes:
        return self._ring.unwrap(wrapped[:-400], owner)


@pytest.fixture
def ring(settings, tmp_path: Path) -> FileKeyring:
    path = tmp_path / "keyring.json"
    write_first(path)
    settings.KEYRING = {"file": str(path)}
    made = keyring()
    assert isinstance(made, FileKeyring)
    return made


def rotate(*options: str) -> str:
    out = StringIO()
    call_command("rotate_keyring", *options, stdout=out)
    return out.getvalue()


def test_a_wrapped_key_names_its_wrapper_and_opens_for_its_row_only():
    ring = HeldKeyring(keys_of(said("a")))

    wrapped = ring.wrap(b"k" * 32, OWNER)

    assert wrapped.startswith("a:")
    assert ring.unwrap(wrapped, OWNER) == b"k" * 32
    with pytest.raises(KeyringError):
        ring.unwrap(wrapped, uuid.uuid4().bytes)


def test_the_first_key_wraps_and_all_unwrap():
    before = HeldKeyring(keys_of(said("old")))
    after = HeldKeyring(keys_of(f"{said('new', b'n' * 32)}, {said('old')}"))

    assert after.wrap(b"x" * 32, OWNER).startswith("new:")
    assert after.unwrap(before.wrap(b"x" * 32, OWNER), OWNER) == b"x" * 32


def test_a_key_the_ring_lacks_is_named():
    wrapped = HeldKeyring(keys_of(said("lost"))).wrap(b"x" * 32, OWNER)

    with pytest.raises(UnknownKeyError, match="lost"):
        HeldKeyring(keys_of(said("other"))).unwrap(wrapped, OWNER)


@pytest.mark.parametrize(
    "text", ["", "a", "a:%%%", said("a", b"short"), said("a b"), said("x" * 41), said("")]
)
def test_a_ring_that_is_none_is_refused(text: str):
    with pytest.raises(KeyringError):
        keys_of(text)


@pytest.mark.parametrize("text", ["", "[]", '{"active": "a", "keys": {}}', '{"keys": 3}'])
def test_a_file_that_is_no_ring_is_refused(tmp_path: Path, text: str):
    path = tmp_path / "keyring.json"
    path.write_text(text)

    with pytest.raises(KeyringError, match=r"keyring\.json"):
        FileKeyring(path)


def test_the_first_start_makes_a_ring_for_its_owner_alone_and_keeps_it(tmp_path: Path):
    path = tmp_path / "keyring.json"

    write_first(path)
    first = path.read_text()
    write_first(path)

    assert path.read_text() == first
    assert path.stat().st_mode & 0o777 == 0o600
    assert len(json.loads(first)["keys"]) == 1
    assert [one.name for one in tmp_path.iterdir()] == ["keyring.json"]


def test_a_process_that_runs_learns_of_a_key_added_by_another(ring: FileKeyring):
    elsewhere = FileKeyring(ring.path)

    added = elsewhere.add()

    assert ring.active == added
    assert ring.unwrap(elsewhere.wrap(b"x" * 32, OWNER), OWNER) == b"x" * 32
    assert ring.path.stat().st_mode & 0o777 == 0o600


@pytest.mark.django_db
def test_a_class_of_the_house_wraps_the_keys_of_runs(settings):
    settings.KEYRING = {"class": f"{__name__}.Vault"}

    run = builders.entered()

    run.refresh_from_db()
    assert run.data_key.startswith("vault-7:")
    assert len(run.data_key) > 400
    assert driver.is_snapshot_true(run.pk)


@pytest.mark.django_db
def test_rotation_wraps_every_key_anew_and_changes_nothing_else(ring: FileKeyring):
    runs = [builders.entered() for _ in range(3)]
    core = Connection(
        workspace=builders.workspace(), name="core", kind="core", base_url="https://core.example"
    )
    connections.seal_secret(core, "open sesame")
    core.save()
    before = dict(Run.objects.values_list("pk", "data_key"))

    said_so = rotate()

    assert "4 wrapped" in said_so
    for run in runs:
        run.refresh_from_db()
        assert run.data_key.startswith(f"{ring.active}:")
        assert run.data_key != before[run.pk]
        assert driver.is_snapshot_true(run.pk)
    assert rotation.users_of(ring.active) == 4
    core.refresh_from_db()
    assert connections.secret_of(core) == "open sesame"


@pytest.mark.django_db
def test_a_rotation_cut_short_goes_on_where_it_was(ring: FileKeyring, monkeypatch):
    for _ in range(5):
        builders.entered()
    first = ring.active
    wrap = HeldKeyring.wrap
    done: list[bytes] = []

    def breaks(self: HeldKeyring, key: bytes, owner: bytes) -> str:
        if len(done) == 2:
            raise KeyboardInterrupt
        done.append(owner)
        return wrap(self, key, owner)

    monkeypatch.setattr(HeldKeyring, "wrap", breaks)
    with pytest.raises(KeyboardInterrupt):
        rotate()
    monkeypatch.undo()
    assert rotation.users_of(first) == 3

    assert "3 wrapped" in rotate("--finish")
    assert rotation.users_of(first) == 0
    assert rotation.users_of(ring.active) == 5


@pytest.mark.django_db
def test_a_rotation_goes_in_bounded_batches(ring: FileKeyring):
    for _ in range(5):
        builders.entered()
    ring.add()

    tally = rotation.rewrap(ring, batch=2)

    assert tally.rewrapped == 5
    assert not tally.unopened


@pytest.mark.django_db
def test_a_key_is_retired_only_when_it_wraps_nothing(ring: FileKeyring):
    run = builders.entered()
    first = ring.active
    ring.add()

    with pytest.raises(CommandError, match="still wraps 1"):
        rotate("--retire", first)
    rotate("--finish")
    rotate("--retire", first)

    assert first not in json.loads(ring.path.read_text())["keys"]
    assert driver.is_snapshot_true(run.pk)
    with pytest.raises(CommandError, match="wraps"):
        rotate("--retire", ring.active)
    with pytest.raises(CommandError, match="nonsense"):
        rotate("--retire", "nonsense")


@pytest.mark.django_db
def test_a_ring_that_others_keep_is_not_written(settings):
    settings.KEYRING = {"keys": said("a")}
    builders.entered()
    settings.KEYRING = {"keys": f"{said('b', b'b' * 32)},{said('a')}"}

    with pytest.raises(CommandError, match="--finish"):
        rotate()
    assert "1 wrapped with b" in rotate("--finish")


@pytest.mark.django_db
def test_a_run_whose_key_is_gone_says_so(settings, ring: FileKeyring):
    run = builders.entered()
    lost = ring.active
    sealing.forget(run.pk)
    settings.KEYRING = {"keys": said("other")}

    with pytest.raises(RunSealedError, match=lost):
        driver.read_run(run.pk)
    with pytest.raises(CommandError, match="does not open 1"):
        rotate("--finish")


@pytest.mark.django_db
def test_jobs_wait_for_a_lost_key_and_go_on_when_it_is_back(settings, ring: FileKeyring):
    run, at = builders.entered(builders.call_graph()), now_ms()
    settings.KEYRING = {"keys": said("other")}
    sealing.forget(run.pk)
    for _ in range(2 * dispatch.ATTEMPTS):
        builders.perform_all(at, rounds=1)
        at += dispatch.BACKOFF_LIMIT_MS
        dispatch.sweep(at)
    waiting = Job.objects.get(run=run, kind="Enqueue")
    assert (waiting.status, waiting.problem) == ("ready", "run_sealed")
    assert waiting.attempt > dispatch.ATTEMPTS

    settings.KEYRING = {"file": str(ring.path)}
    builders.perform_all(at)

    assert run.queue_entries.exists()
    assert driver.is_snapshot_true(run.pk)


@pytest.mark.django_db
def test_the_interface_says_that_a_run_cannot_be_opened(settings, ring: FileKeyring):
    run, at = builders.entered(), "/api/v1/runs"
    browser = Browser()
    browser.cookies[settings.SESSION_COOKIE_NAME] = builders.session_of(
        builders.staff("sue", "supervisor")
    )
    settings.KEYRING = {"keys": said("other")}
    sealing.forget(run.pk)

    answers = [browser.get(f"{at}/{run.pk}{one}") for one in ("", "/events", "/migration")]

    assert [(one.status_code, one.json()["code"]) for one in answers] == [(503, "run_sealed")] * 3
    assert browser.get(f"{at}/{run.pk}/verify").json()["ok"]
    assert browser.get(at).status_code == 200


@pytest.mark.usefixtures("committed")
async def test_a_socket_in_a_run_that_cannot_be_opened_is_told_to_come_back(settings, ring):
    run, cookie = await in_db(builders.joined)()
    settings.KEYRING = {"keys": said("other")}
    sealing.forget(run.pk)
    client = builders.Client.of_customer(run, cookie)
    await client.connect(timeout=5)

    await client.say("hello", protocol=1, seq=0, locale="en", tab=str(uuid.uuid4()))

    assert await client.expect_close() == 1012


def test_a_ring_that_was_taken_away_says_so(tmp_path: Path, settings):
    settings.KEYRING = {"file": str(tmp_path / "nowhere.json")}

    with pytest.raises(KeyringError, match=r"nowhere\.json"):
        keyring()


def test_the_first_ring_of_a_site_is_made_by_the_command_and_never_replaced(tmp_path, settings):
    path = tmp_path / "keyring.json"
    settings.KEYRING = {"file": str(path)}

    rotate("--first")
    first = path.read_text()
    rotate("--first")

    assert path.read_text() == first
    assert keyring().active in json.loads(first)["keys"]
    settings.KEYRING = {"keys": said("a")}
    with pytest.raises(CommandError, match="no file"):
        rotate("--first")


def test_the_tests_have_a_ring_of_their_own():
    assert django_settings.KEYRING["file"].startswith(str(django_settings.VAR))
