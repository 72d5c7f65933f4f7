"""What the doctor says: each check of a deployment that is well, and of one that is not."""

from __future__ import annotations

import json
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError, connection
from typing_extensions import override

from config import health, servers
from config.diagnosis import database, doctor, house, media, traffic, turn
from config.diagnosis.verdict import Level
from runtime import keyring, outbox
from runtime.clock import now_ms
from runtime.errors import KeyringError
from runtime.models import Job, Worker
from tests.runtime import builders

OK, WARN, FAIL = Level.OK, Level.WARN, Level.FAIL
GIB = 1024**3


@pytest.mark.django_db
def test_a_database_that_answers_is_named():
    verdict = database.database()

    assert verdict.level is OK
    assert connection.display_name in verdict.detail


@pytest.mark.django_db
def test_an_isolation_level_that_steps_do_not_expect_fails(monkeypatch):
    monkeypatch.setattr(database, "_isolation", lambda: "serializable")

    assert database.database().level is FAIL


@pytest.mark.django_db
def test_an_old_postgresql_fails(monkeypatch):
    monkeypatch.setattr(connection, "vendor", "postgresql")
    monkeypatch.setattr(database, "_version", lambda: 140_009)

    verdict = database.database()

    assert (verdict.level, verdict.detail) == (FAIL, "PostgreSQL 14")


def test_commits_that_last_are_well(monkeypatch):
    monkeypatch.setattr(
        health, "database_mode", lambda: health.Check(name="database", ok=True, detail="sqlite wal")
    )
    kept = {"innodb_flush_log_at_trx_commit": "1", "innodb_doublewrite": "ON"}
    monkeypatch.setattr(database, "_setting", lambda name: kept.get(name, "on"))

    assert database.durability().level is OK


@pytest.mark.django_db
def test_commits_that_a_power_cut_may_take_fail():
    """As the tests' own databases are set."""
    assert database.durability().level is FAIL


@pytest.mark.django_db
@pytest.mark.parametrize(("waiting", "level"), [(0, OK), (3, FAIL)])
def test_migrations(monkeypatch, waiting, level):
    check = health.Check(name="migrations", ok=not waiting, detail=f"{waiting} waiting", mend="do")
    monkeypatch.setattr(health, "migrations", lambda: check)

    assert database.migrations().level is level


@pytest.mark.parametrize(
    ("skew_ms", "level"), [(3, OK), (-100, OK), (-900, WARN), (1_500, WARN), (7_200_000, FAIL)]
)
def test_clocks(skew_ms, level):
    assert database.judge_clock(skew_ms).level is level


@pytest.mark.django_db
def test_the_clock_of_the_database_is_read():
    assert database.clock().level is OK


def test_redis_that_is_not_used_is_well(settings):
    settings.REDIS_URL = ""

    assert traffic.redis().level is OK


def test_redis_that_is_away_fails(settings):
    settings.REDIS_URL = f"redis://:very-secret@127.0.0.1:{servers.free_port()}/0"

    verdict = traffic.redis()

    assert verdict.level is FAIL
    assert "very-secret" not in verdict.detail + verdict.mend


@pytest.mark.parametrize(("heard", "level"), [(True, OK), (False, FAIL)])
def test_redis_must_carry_a_hint_round(settings, monkeypatch, heard, level):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    monkeypatch.setattr(traffic, "_is_heard", lambda _client: heard)

    assert traffic.redis().level is level


def test_a_broker_that_is_not_used_is_well(settings):
    settings.CELERY_BROKER_URL = ""

    assert traffic.broker().level is OK


def test_a_broker_that_is_away_fails(settings, monkeypatch):
    from config.celery import app  # noqa: PLC0415 - loaded only where it is used

    settings.CELERY_BROKER_URL = f"amqp://u:very-secret@127.0.0.1:{servers.free_port()}//"
    monkeypatch.setattr(app.conf, "broker_url", settings.CELERY_BROKER_URL)
    app.set_current()

    verdict = traffic.broker()

    assert verdict.level is FAIL
    assert "very-secret" not in verdict.detail + verdict.mend


def test_both_sorts_of_jobs_need_a_performer():
    house_only = {"a@h": [{"name": "counterflow.jobs"}]}
    both = {**house_only, "b@h": [{"name": "counterflow.outside"}]}

    assert traffic.judge_consumers(both).level is OK
    assert traffic.judge_consumers(house_only).level is FAIL
    assert "counterflow.outside" in traffic.judge_consumers(house_only).detail
    assert traffic.judge_consumers({}).level is FAIL


@pytest.mark.django_db
@pytest.mark.parametrize(("late_ms", "level"), [(0, OK), (5_000, WARN), (60_000, FAIL)])
def test_jobs_that_nobody_takes(late_ms, level):
    outbox.put("CheckDesk", key="j", due_at_ms=now_ms() - late_ms)

    assert traffic.dispatcher().level is level


@pytest.mark.django_db
def test_jobs_that_were_given_up_are_told():
    before = traffic.dead_jobs()
    outbox.put("CheckDesk", key="j", due_at_ms=now_ms())
    Job.objects.update(status=Job.Status.DEAD)

    after = traffic.dead_jobs()

    assert before.level is OK
    assert (after.level, after.detail) == (WARN, "1 given up since a day: CheckDesk")


@pytest.mark.django_db
def test_a_live_worker_is_well_and_none_fails():
    before = media.workers()
    builders.live_worker()

    assert before.level is FAIL
    assert media.workers().level is OK


@pytest.mark.django_db
def test_a_zone_without_a_live_worker_fails():
    builders.live_worker()
    Worker.objects.filter(pk=builders.worker("edge-1", "another").pk).update(zone="edge")

    verdict = media.workers()

    assert (verdict.level, verdict.detail) == (FAIL, "none is alive in zone edge")


@pytest.mark.django_db
def test_workers_that_are_all_full_fail():
    builders.live_worker()
    Worker.objects.update(load=0.99)

    assert media.workers().level is FAIL


@pytest.mark.parametrize(
    ("url", "level"), [("", OK), ("http://localhost:8000", OK), ("https://bank.example", WARN)]
)
def test_the_missing_turn_server_is_told_where_others_call(settings, url, level):
    settings.SITE_URL = url

    assert [one.level for one in turn.relays()] == [level]


@pytest.fixture
def a_silent_turn_server(settings) -> str:
    """Where nobody answers."""
    url = f"turn:127.0.0.1:{servers.free_port()}?transport=tcp"
    settings.TURN_URLS, settings.TURN_SECRET = {"edge": (url,)}, "s" * 32
    return url


def test_a_turn_server_that_does_not_answer_fails(a_silent_turn_server):
    (verdict,) = turn.relays()

    assert verdict.level is FAIL
    assert a_silent_turn_server in verdict.detail


@pytest.mark.parametrize(("free", "level"), [(50 * GIB, OK), (5 * GIB, WARN), (GIB, FAIL)])
def test_room_on_a_disk(free, level):
    assert media.judge_disk("disk_var", free).level is level


def test_every_folder_has_its_disk(settings):
    assert [one.name for one in media.disks()] == ["disk_var", "disk_media", "disk_spool"]


def test_bucket_that_is_away_is_named_and_a_folder_needs_none(settings, monkeypatch):
    assert list(media.bucket()) == []
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "site")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of the tests")
    settings.MEDIA_BUCKET = "s3://media?endpoint=http://127.0.0.1:9&region=us-east-1"

    (verdict,) = media.bucket()

    assert verdict.level is FAIL


def test_a_keyring_that_opens_what_it_wraps_is_well():
    assert house.wrapping_keys().level is OK


def test_a_keyring_that_is_missing_fails(settings, tmp_path):
    settings.KEYRING = {"file": str(tmp_path / "gone.json")}

    assert house.wrapping_keys().level is FAIL


def test_a_keyring_that_does_not_open_its_own_fails(monkeypatch):
    class Broken(keyring.HeldKeyring):
        @override
        def unwrap(self, wrapped, owner):
            raise KeyringError("does not open")

    ring = Broken(keyring.keys_of("k:" + "A" * 43 + "="))
    monkeypatch.setattr(house, "keyring", lambda: ring)

    assert house.wrapping_keys().level is FAIL


@pytest.mark.parametrize(("mode", "level"), [(0o600, OK), (0o640, FAIL), (0o604, FAIL)])
@pytest.mark.parametrize("name", ["secret-key", "keyring.json", "worker-token-media-2"])
def test_secrets_are_for_the_site_alone(settings, tmp_path, name, mode, level):
    settings.VAR = tmp_path
    (tmp_path / name).write_text("s")
    (tmp_path / name).chmod(mode)

    assert house.secret_files().level is level


def test_debugging_fails(settings):
    settings.DEBUG = False
    settings.DJANGO_VITE = {"default": {"dev_mode": False}}
    assert house.debugging().level is OK

    settings.DJANGO_VITE = {"default": {"dev_mode": True}}
    assert house.debugging().level is FAIL

    settings.DEBUG = True
    assert house.debugging().level is FAIL


@pytest.mark.parametrize(
    ("demo", "url", "level"),
    [
        (True, "http://localhost:8000", OK),
        (False, "https://bank.example", OK),
        (True, "https://bank.example", WARN),
    ],
)
def test_demo_people_stay_at_home(settings, demo, url, level):
    settings.DEMO, settings.SITE_URL = demo, url

    assert house.demo().level is level


@pytest.mark.parametrize(
    ("allowed", "level"), [(["bank.example"], OK), (["*"], FAIL), (["other.example"], FAIL)]
)
def test_hosts(settings, allowed, level):
    settings.ALLOWED_HOSTS, settings.SITE_URL = allowed, "https://bank.example"

    assert house.hosts().level is level


@pytest.mark.parametrize(
    ("url", "https", "level"),
    [
        ("https://bank.example", True, OK),
        ("http://localhost:8000", False, OK),
        ("", False, WARN),
        ("http://bank.example", False, FAIL),
        ("https://bank.example", False, FAIL),
        ("http://localhost:8000", True, FAIL),
    ],
)
def test_the_site_s_own_address(settings, url, https, level):
    settings.SITE_URL, settings.HTTPS = url, https

    assert house.address().level is level


@pytest.mark.django_db
def test_a_failing_check_gives_the_exit_code_and_one_line(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (traffic.dead_jobs, media.workers))
    out = StringIO()

    with pytest.raises(SystemExit) as ended:
        call_command("doctor", stdout=out)

    assert ended.value.code == 1
    well, ill = out.getvalue().splitlines()
    assert well.startswith("ok    dead_jobs")
    assert ill.startswith("fail  workers")
    assert "→ Start one" in ill


@pytest.mark.django_db
def test_json_says_the_same_and_all_well_exits_with_0(monkeypatch):
    monkeypatch.setattr(doctor, "CHECKS", (traffic.dead_jobs,))
    out = StringIO()

    call_command("doctor", "--json", stdout=out)

    assert json.loads(out.getvalue()) == [
        {"name": "dead_jobs", "level": "ok", "detail": "none since a day", "mend": ""}
    ]


def test_without_a_database_the_rest_is_said_once(monkeypatch):
    def away():
        raise OperationalError

    monkeypatch.setattr(database, "database", away)
    monkeypatch.setattr(doctor, "CHECKS", (away, traffic.dispatcher, house.debugging))
    monkeypatch.setattr(doctor, "ROWS", {traffic.dispatcher})

    verdicts = doctor.examine()

    assert [one.name for one in verdicts] == ["away", "debug"]
    assert verdicts[0].level is FAIL


@pytest.mark.django_db
def test_every_check_gives_a_verdict_with_a_way_to_mend_what_is_wrong():
    verdicts = doctor.examine()

    assert len(verdicts) >= len(doctor.CHECKS)
    assert all(bool(one.mend) is (one.level is not OK) for one in verdicts)
