"""Coming in by a link: once, by POST, and back on the same device."""

from __future__ import annotations

import threading

import pytest
from django.conf import settings
from django.db import connections
from django.test import Client as Browser
from django.utils import timezone

from accounts.links import LinkUnusableError
from runtime import joining
from runtime.models import Participant, Run
from tests.runtime import builders


def post(browser: Browser, token: str):
    return browser.post("/api/v1/join", {"token": token}, content_type="application/json")


@pytest.mark.django_db
def test_a_link_starts_a_run_and_the_same_device_comes_back():
    token = builders.link_to(builders.published(builders.consent_graph()))
    browser = Browser()

    first = post(browser, token)
    again = post(browser, token)
    back = browser.get("/api/v1/join")

    assert first.status_code == 200
    assert first.json()["socket"] == f"/ws/run/{first.json()['run']}/"
    assert again.json()["run"] == back.json()["run"] == first.json()["run"]
    assert Run.objects.count() == Participant.objects.count() == 1
    assert browser.cookies[settings.JOIN_COOKIE_NAME]["httponly"]


@pytest.mark.django_db
def test_used_and_forged_links_get_the_same_answer():
    token = builders.link_to(builders.published(builders.consent_graph()))
    post(Browser(), token)

    answers = [post(Browser(), one) for one in (token, "forged", "")]

    assert {one.status_code for one in answers} == {404}
    assert len({one.content for one in answers}) == 1
    assert Browser().get("/api/v1/join").status_code == 404
    assert Run.objects.count() == 1


@pytest.mark.usefixtures("committed")
def test_many_devices_at_once_start_one_run():
    token = builders.link_to(builders.published(builders.consent_graph()))
    outcomes: list[str] = []

    def work() -> None:
        try:
            joining.join(token, ip="10.0.0.1", cookie=None, locale="en", now=timezone.now())
            outcomes.append("in")
        except LinkUnusableError:
            outcomes.append("out")
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    assert sorted(outcomes) == ["in"] + ["out"] * 7
    assert Run.objects.count() == 1
