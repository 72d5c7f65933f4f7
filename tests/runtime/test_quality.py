"""A weak network is what lasts, and a run hears of it when its flow cares."""

from __future__ import annotations

from typing import Any

import pytest
from channels.db import database_sync_to_async as in_db

from runtime import quality, sealing
from runtime.clock import now_ms
from runtime.models import Run, RunEvent
from runtime.quality import Quality
from tests.runtime import builders
from tests.runtime.builders import Client
from tests.runtime.lives import asking, parts  # noqa: F401 - a fixture

WEAK = [{"on": "weak_network", "after_s": 5, "to": "refused"}]


def judged(levels: list[int]) -> bool | None:
    link = Quality()
    for level in levels:
        link = quality.after(link, level)
    return link.is_weak


@pytest.mark.parametrize(
    ("levels", "is_weak"),
    [
        ([], None),
        ([1], None),
        ([1, 1], True),
        ([0, 1], True),
        ([4, 4, 4], False),
        ([1, 4, 1, 4, 1], None),
        ([1, 1, 4, 4, 4], False),
        ([1, 1, 4, 4, 2, 4, 4], True),
        ([1, 1, 2, 2, 2, 2], True),
        ([4, 4, 4, 1, 2, 1], False),
        ([4, 4, 4, 1, 1], True),
    ],
)
def test_a_link_is_weak_or_well_only_once_that_has_lasted(levels: list[int], is_weak: bool | None):
    assert judged(levels) is is_weak


def facts(run: Run) -> list[dict[str, Any]]:
    told = RunEvent.objects.filter(run=run, kind="Signalled").order_by("seq")
    return [dict(sealing.seal_for(run.pk).open_event(one)) for one in told]


@pytest.mark.django_db
@pytest.mark.usefixtures("parts")
def test_a_run_hears_each_change_once():
    run = builders.entered(asking(boundaries=WEAK))

    for number, is_weak in enumerate([False, True, True, False, False]):
        quality.tell_run(run.pk, is_weak=is_weak, key=str(number), now_ms=now_ms())

    assert [one["data"] for one in facts(run)] == [{"active": True}, {"active": False}]


@pytest.mark.django_db
@pytest.mark.usefixtures("parts")
def test_a_run_whose_flow_does_not_care_hears_nothing():
    run = builders.entered(asking())

    quality.tell_run(run.pk, is_weak=True, key="1", now_ms=now_ms())

    assert facts(run) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("parts")
def test_a_network_that_stays_weak_takes_the_flows_way():
    run = builders.entered(asking(boundaries=WEAK))

    quality.tell_run(run.pk, is_weak=True, key="1", now_ms=now_ms())
    builders.perform_all(now_ms() + 6_000)

    run.refresh_from_db()
    assert (run.status, run.ending) == ("closed", "reject")


@pytest.mark.usefixtures("committed", "parts")
async def test_the_customers_browser_reports_and_a_run_hears_of_it():
    run, cookie = await in_db(builders.joined)(asking(boundaries=WEAK))
    client = Client.of_customer(run, cookie)
    await client.hello()
    await client.expect("view")

    for level in (1, 1):
        await client.say("stats", rtt_ms=900, loss=0.3, kbps=60, level=level, fps=4)
    await client.expect("view", timeout_s=10)
    for level in (4, 4, 4):
        await client.say("stats", rtt_ms=40, loss=0, kbps=900, level=level, fps=24)
    await client.expect("view", timeout_s=10)

    told = [one["data"] for one in await in_db(facts)(run)]
    assert told == [{"active": True}, {"active": False}]
    await client.disconnect()
