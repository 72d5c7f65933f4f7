from __future__ import annotations

import time
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.hashers import MD5PasswordHasher
from django.core.cache import cache
from django.test import Client, RequestFactory
from django.urls import reverse

from accounts import audit, sessions, signin
from accounts.addresses import client_ip
from accounts.models import AuditEvent, Role
from tests.accounts.people import PASSWORD, person, signed_in

pytestmark = pytest.mark.django_db
LOGIN = "/api/v1/login"


@pytest.fixture(autouse=True)
def _no_earlier_attempts():
    cache.clear()


def log_in(client: Client, username: str, password: str = PASSWORD, **extra):
    body = {"username": username, "password": password}
    return client.post(LOGIN, body, content_type="application/json", **extra)


def test_signing_in_gives_me_and_signing_out_ends_it(client: Client):
    user = person(Role.ANALYST, display_name="Lea Martin", staff_no="7")

    answer = log_in(client, user.username)

    assert answer.status_code == 200
    assert answer.json()["user"]["name"] == "Lea Martin"
    assert answer.json()["roles"] == ["analyst"]
    assert answer.json()["pages"] == ["designer", "runs"]
    assert client.get("/api/v1/me").json() == answer.json()
    assert client.post("/api/v1/logout").status_code == 204
    assert client.get("/api/v1/me").status_code == 401


def test_unknown_and_known_names_get_the_same_refusal(client: Client):
    user = person(Role.AGENT)

    wrong, unknown = log_in(client, user.username, "wrong"), log_in(client, "nobody", "wrong")

    assert wrong.status_code == unknown.status_code == 401
    assert wrong.content == unknown.content
    assert wrong.json()["code"] == "bad_credentials"
    assert wrong.headers.items() == unknown.headers.items()


def test_unknown_names_cost_one_hash_as_known_ones_do(client: Client, monkeypatch):
    hashed: list[str] = []
    encode = MD5PasswordHasher.encode
    user = person(Role.AGENT)

    def counted(*args: Any, **options: Any) -> str:
        hashed.append("once")
        return encode(*args, **options)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)

    log_in(client, "nobody", "wrong")
    for_unknown = len(hashed)
    log_in(client, user.username, "wrong")

    assert for_unknown == len(hashed) - for_unknown == 1


def test_the_session_key_changes_at_login(client: Client):
    user = person(Role.AGENT)
    session = client.session
    session["left"] = "by a stranger"
    session.save()
    before = session.session_key

    log_in(client, user.username)

    assert client.session.session_key != before
    assert before
    assert not session.exists(before)


def test_a_planted_session_key_is_ignored(client: Client):
    user = person(Role.AGENT)
    client.cookies["cf_session"] = "a" * 32

    log_in(client, user.username)

    assert client.session.session_key != "a" * 32


def test_ten_wrong_passwords_lock_the_name_at_this_address(client: Client):
    user = person(Role.AGENT)
    for _ in range(10):
        log_in(client, user.username, "wrong")

    locked = log_in(client, user.username)

    assert locked.status_code == 429
    assert locked.json()["code"] == "too_many_attempts"
    assert log_in(client, user.username, REMOTE_ADDR="192.0.2.50").status_code == 200


def test_a_name_that_does_not_exist_is_locked_alike(client: Client):
    user = person(Role.AGENT)
    answers = {}
    for name in (user.username, "nobody"):
        cache.clear()
        answers[name] = [log_in(client, name, "wrong").status_code for _ in range(12)]

    assert answers[user.username] == answers["nobody"]
    assert 429 in answers["nobody"]


def test_one_password_on_many_names_is_slowed(client: Client):
    answers = [log_in(client, f"name{n}", "Spring2026").status_code for n in range(50)]

    assert answers.count(401) == signin.ATTEMPTS_PER_MINUTE
    assert answers[-1] == 429


def test_a_lock_waits_longer_each_time(client: Client, rf: RequestFactory):
    waits = []
    for _ in range(14):
        log_in(client, "nobody", "wrong")
        waits.append(signin.cool_off(rf.get("/", REMOTE_ADDR="127.0.0.1")))

    assert waits[0] == signin.SHORTEST_COOL_OFF
    assert waits[13] >= waits[9]
    assert max(waits) <= timedelta(hours=4)


def test_refusals_and_sessions_are_in_the_trail_without_passwords(client: Client):
    user = person(Role.AGENT)
    log_in(client, user.username, "wrong-secret")
    log_in(client, user.username)
    client.post("/api/v1/logout")

    actions = list(AuditEvent.objects.order_by("seq").values_list("action", flat=True))

    assert actions == ["session.refused", "session.opened", "session.closed"]
    assert "wrong-secret" not in repr(list(AuditEvent.objects.values()))
    assert audit.verify(audit.SITE).broken_at is None


def aged(client: Client, *, opened_s: int = 0, seen_s: int = 0) -> Client:
    session = client.session
    session[sessions.OPENED] = int(time.time()) - opened_s
    session[sessions.SEEN] = int(time.time()) - seen_s
    session.save()
    return client


@pytest.mark.parametrize(
    ("opened_s", "seen_s", "status"),
    [
        (11 * 3600, 29 * 60, 200),
        (12 * 3600 + 1, 0, 401),
        (3600, 30 * 60 + 1, 401),
    ],
)
def test_a_session_ends_by_age_and_by_idleness(opened_s: int, seen_s: int, status: int):
    user = person(Role.AGENT)
    client = aged(signed_in(user), opened_s=opened_s, seen_s=seen_s)
    key = client.session.session_key
    as_socket = sessions.find_user(key)

    assert client.get("/api/v1/me").status_code == status
    assert (as_socket == user) == (status == 200)


def test_working_in_a_call_keeps_a_session_alive():
    user = person(Role.AGENT)
    client = aged(signed_in(user), seen_s=20 * 60)

    sessions.find_user(client.session.session_key, in_use=True)

    assert time.time() - client.session[sessions.SEEN] < 5


def test_a_session_without_times_is_not_believed(client: Client):
    client.force_login(person(Role.AGENT))

    assert client.get("/api/v1/me").status_code == 401


@pytest.mark.parametrize("key", [None, "", "x", "a" * 32])
def test_no_session_no_person(key: str | None):
    assert sessions.find_user(key) is None


def test_a_retired_person_is_out_at_once():
    user = person(Role.AGENT)
    client = signed_in(user)
    user.is_active = False
    user.save()

    assert client.get("/api/v1/me").status_code == 401
    assert sessions.find_user(client.session.session_key) is None


def test_the_login_page_signs_in_and_goes_only_to_our_own_pages(client: Client):
    user = person(Role.AGENT, locale="zh-Hans")
    form = {"username": user.username, "password": PASSWORD}

    answer = client.post(reverse("login"), {**form, "next": "https://evil.example/"})

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert client.cookies["cf_language"].value == "zh-hans"
    own = Client().post(reverse("login"), {**form, "next": "/desk/"})
    assert own.headers["Location"] == "/desk/"


def test_the_login_page_says_one_thing_for_every_wrong_pair(client: Client):
    user = person(Role.AGENT)

    pages = [
        client.post(reverse("login"), {"username": name, "password": "wrong"})
        for name in (user.username, "nobody")
    ]

    said = "This name and password do not belong together."
    assert [one.status_code for one in pages] == [401, 401]
    assert all(said in one.content.decode() for one in pages)


def test_choosing_a_language_is_kept(client: Client):
    client = signed_in(person(Role.AGENT))

    answer = client.put("/api/v1/me", {"locale": "zh-Hans"}, content_type="application/json")

    assert answer.json()["user"]["locale"] == "zh-Hans"
    assert client.cookies["cf_language"].value == "zh-hans"
    refused = client.put("/api/v1/me", {"locale": "fr"}, content_type="application/json")
    assert (refused.status_code, refused.json()["field"]) == (400, "/locale")


@pytest.mark.parametrize("locale", ["\\ud800", "en\\uDC00", "\\ud83d \\ude00"])
def test_half_a_character_is_no_text(client: Client, locale: str):
    client = signed_in(person(Role.AGENT))

    answer = client.put("/api/v1/me", f'{{"locale": "{locale}"}}', content_type="application/json")

    assert answer.status_code == 400


@pytest.mark.parametrize(
    ("proxies", "forwarded", "expected"),
    [
        (0, "198.51.100.1", "127.0.0.1"),
        (1, "198.51.100.1", "198.51.100.1"),
        (1, "6.6.6.6, 198.51.100.1", "198.51.100.1"),
        (2, "198.51.100.1, 10.0.0.1", "198.51.100.1"),
        (2, "10.0.0.1", "127.0.0.1"),
        (1, "", "127.0.0.1"),
    ],
)
def test_an_address_is_believed_as_far_as_our_proxies_vouch(
    settings, rf: RequestFactory, proxies: int, forwarded: str, expected: str
):
    settings.TRUSTED_PROXIES = proxies

    assert client_ip(rf.get("/", HTTP_X_FORWARDED_FOR=forwarded)) == expected
