from __future__ import annotations

import re
import statistics
import threading
import time
import uuid
from collections import Counter
from datetime import timedelta

import pytest
from django.db import IntegrityError, connection, connections, transaction
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from accounts import links
from accounts.models import JoinFailure, JoinLink, Redemption
from tests.accounts.people import NOW, link

pytestmark = pytest.mark.django_db
MINUTE = timedelta(minutes=1)


def redeem(token: str, *, ip: str = "192.0.2.1", at=NOW, cookie: str | None = None) -> links.Entry:
    return links.redeem(token, ip=ip, now=at, cookie=cookie)


def refused(token: str, **options) -> bool:
    """Redeem as the interface does: a refusal is counted."""
    try:
        redeem(token, **options)
    except links.LinkUnusableError:
        links.note_failure(token, ip=options.get("ip", "192.0.2.1"), now=options.get("at", NOW))
        return True
    return False


def bound(new: links.NewLink) -> tuple[links.Entry, uuid.UUID]:
    entry, run_id = redeem(new.token), uuid.uuid4()
    links.bind(entry.redemption, run_id)
    return entry, run_id


def test_a_token_opens_once():
    new = link()

    entry = redeem(new.token)

    assert not entry.resumed
    assert refused(new.token)
    new.link.refresh_from_db()
    assert (new.link.uses, new.link.used_at) == (1, NOW)


def test_the_token_is_nowhere_in_the_database():
    new = link()
    redeem(new.token)
    refused(new.token)
    refused("another")

    with connection.cursor() as cursor:
        tables = connection.introspection.table_names(cursor)
        dump = ""
        for table in tables:
            cursor.execute(f'SELECT * FROM "{table}"')
            dump += repr(cursor.fetchall())

    assert new.link.token_hash in dump
    assert new.token not in dump


def test_a_link_of_three_uses_opens_for_three_devices():
    new = link(max_uses=3)

    assert [refused(new.token) for _ in range(4)] == [False, False, False, True]
    assert Redemption.objects.filter(link=new.link).count() == 3


@pytest.mark.parametrize("after", [timedelta(0), MINUTE])
def test_an_expired_link_opens_nothing(after: timedelta):
    new = link(ttl_min=10)

    assert refused(new.token, at=NOW + 10 * MINUTE + after)


def test_a_revoked_link_opens_nothing_but_keeps_those_inside():
    new = link(max_uses=2)
    entry, run_id = bound(new)

    links.revoke(new.link, now=NOW)

    assert refused(new.token)
    inside = links.find_pass(links.cookie_of(entry), now=NOW)
    assert inside is not None
    assert inside.run_id == run_id


def test_a_failed_start_does_not_spend_the_link():
    new = link()

    with transaction.atomic():
        redeem(new.token)
        transaction.set_rollback(True)

    assert not refused(new.token)


def test_the_same_device_comes_back_with_its_link():
    new = link()
    entry, run_id = bound(new)

    again = redeem(new.token, cookie=links.cookie_of(entry))

    assert again.resumed
    assert again.redemption.run == run_id
    assert Redemption.objects.count() == 1


def test_the_cookie_of_one_link_opens_no_other():
    entry, _ = bound(link())
    other = link()

    fresh = redeem(other.token, cookie=links.cookie_of(entry))

    assert not fresh.resumed
    assert fresh.redemption.link == other.link


def test_a_device_may_return_until_its_window_closes():
    entry, run_id = bound(link())
    cookie = links.cookie_of(entry)

    assert links.find_pass(cookie, now=NOW + links.RESUME_WINDOW - MINUTE)
    assert links.find_pass(cookie, now=NOW + links.RESUME_WINDOW) is None

    links.keep_open(run_id, until=NOW + 2 * links.RESUME_WINDOW)
    assert links.find_pass(cookie, now=NOW + links.RESUME_WINDOW)

    links.keep_open(run_id, until=NOW)
    assert links.find_pass(cookie, now=NOW) is None


def test_a_redemption_leads_to_one_run_for_ever():
    entry, run_id = bound(link())

    with pytest.raises(links.LinkUnusableError):
        links.bind(entry.redemption, uuid.uuid4())

    entry.redemption.refresh_from_db()
    assert entry.redemption.run == run_id


def test_no_pass_before_there_is_a_run():
    entry = redeem(link().token)

    assert links.find_pass(links.cookie_of(entry), now=NOW) is None


@pytest.mark.parametrize("cookie", [None, "", "x", "a:b:c", "\ud800"])
def test_a_forged_cookie_proves_nothing(cookie: str | None):
    assert links.find_pass(cookie, now=NOW) is None


def test_a_cookie_with_another_device_key_proves_nothing():
    entry, _ = bound(link())
    stolen = links.Entry(redemption=entry.redemption, device_key="guess", resumed=False)

    assert links.find_pass(links.cookie_of(stolen), now=NOW) is None


def test_an_address_that_guesses_is_refused_everything():
    new = link()
    for n in range(5):
        assert refused(f"guess {n}", ip="192.0.2.66")

    assert refused(new.token, ip="192.0.2.66")
    assert not refused(new.token, ip="192.0.2.7")


def test_an_address_is_forgiven_after_ten_minutes():
    new = link()
    for n in range(5):
        refused(f"guess {n}")

    assert not refused(new.token, at=NOW + 10 * MINUTE + MINUTE)


def test_pressing_reload_on_a_spent_link_is_no_guessing():
    spent, new = link(), link()
    redeem(spent.token)

    for _ in range(8):
        assert refused(spent.token)

    assert not refused(new.token)


def test_a_link_that_many_addresses_fail_on_closes():
    new = link(ttl_min=1)
    for n in range(links.FAILURES_PER_LINK):
        refused(new.token, ip=f"198.51.100.{n}", at=NOW + 2 * MINUTE)
    JoinLink.objects.filter(pk=new.link.pk).update(expires_at=NOW + 60 * MINUTE)

    assert refused(new.token, ip="203.0.113.9", at=NOW + 3 * MINUTE)


def test_failures_are_stored_without_addresses_and_swept():
    refused("guess", ip="192.0.2.66")
    assert "192.0.2.66" not in repr(list(JoinFailure.objects.values()))

    refused("other", at=NOW + 20 * MINUTE)

    assert JoinFailure.objects.count() == 1


def test_the_database_itself_refuses_a_use_too_many():
    new = link()

    with pytest.raises(IntegrityError), transaction.atomic():
        JoinLink.objects.filter(pk=new.link.pk).update(uses=2)


def unusable_tokens() -> dict[str, str]:
    used, expired = link(), link(now=NOW - 120 * MINUTE)
    redeem(used.token)
    return {"unknown": "x" * 43, "used": used.token, "expired": expired.token}


def test_unknown_used_and_expired_take_the_same_queries():
    queries = {}
    for why, token in unusable_tokens().items():
        with CaptureQueriesContext(connection) as seen:
            assert refused(token, ip=f"ip of {why}")
        queries[why] = [
            re.sub(r'["`]s\d+_x\d+["`]|\'[^\']*\'', "?", one["sql"])
            for one in seen.captured_queries
        ]

    assert queries["unknown"] == queries["used"] == queries["expired"]


def test_unknown_used_and_expired_take_the_same_time():
    tokens = unusable_tokens()
    took: dict[str, list[float]] = {why: [] for why in tokens}
    for n in range(60):
        for why, token in tokens.items():
            started = time.thread_time()  # of this thread: a busy machine delays all three alike
            refused(token, ip=f"{why} {n}")
            took[why].append(time.thread_time() - started)

    p95 = {why: statistics.quantiles(times, n=20)[18] for why, times in took.items()}
    assert max(p95.values()) - min(p95.values()) < 0.005


@pytest.mark.timeout(120)
@pytest.mark.django_db(transaction=True)
def test_of_two_hundred_simultaneous_redemptions_one_succeeds():
    new = link()
    start = threading.Barrier(20)
    answers: Counter[str] = Counter()

    def device(_: int) -> None:
        start.wait()
        for _ in range(10):
            try:
                with transaction.atomic():
                    redeem(new.token)
                answers["in"] += 1
            except links.LinkUnusableError:
                answers["refused"] += 1
        connections.close_all()

    threads = [threading.Thread(target=device, args=(n,)) for n in range(20)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert answers == {"in": 1, "refused": 199}
    assert Redemption.objects.count() == 1


def test_the_join_cookie_is_kept_from_scripts_and_other_sites(settings):
    settings.HTTPS, settings.JOIN_COOKIE_NAME = True, "__Host-cf_join"
    response = HttpResponse()

    links.set_cookie(response, redeem(link().token))

    cookie = response.cookies["__Host-cf_join"]
    assert cookie["httponly"]
    assert cookie["secure"]
    assert (cookie["samesite"], cookie["path"], cookie["domain"]) == ("Strict", "/", "")
