"""The whole job in real browsers: drawn, published, lived, recorded, replayed and verified."""

from __future__ import annotations

import re
from uuid import uuid4

from playwright.sync_api import Page, expect

from tests.browser.calls import (
    fill_form,
    open_desk,
    read_script,
    take_call,
    take_pictures,
    walk_to_queue,
)
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.witness import (
    call_api,
    expect_media,
    fetch_file,
    keep_peers,
    read_file,
    read_files,
    run_of,
)

MOST_APART_S = 0.5
STORY = (
    "RunStarted",
    "ParticipantJoined",
    "Acted",  # the device report
    "Acted",  # the consent
    "RecordingNoted",
    "Acted",  # done reading
)


def publish_template(analyst: Page, site: LiveSite) -> tuple[str, str]:
    """Start from the shipped flow, publish version 1, make a link: (name of the flow, link)."""
    name = f"Counter {uuid4().hex[:6]}"
    analyst.goto(f"{site.url}/designer/")
    analyst.get_by_role("button", name="Account service call").first.click()
    analyst.get_by_role("textbox", name="Name").fill(name)
    analyst.get_by_role("button", name="Create").click()
    analyst.wait_for_url(re.compile(r"/designer/[0-9a-f-]{36}/"))
    expect(analyst.get_by_text("No problems. This flow can be published.")).to_be_visible()
    analyst.get_by_role("button", name="Publish").click()
    dialog = analyst.get_by_role("dialog")
    dialog.get_by_role("textbox", name="What is new").fill("First version")
    dialog.get_by_role("button", name=re.compile("^Publish")).click()
    expect(dialog.get_by_role("heading", name="Version 1 is published")).to_be_visible()
    link = dialog.get_by_role("textbox", name=re.compile("link", re.IGNORECASE)).input_value()
    return name, link


def test_flow_published_in_the_browser_is_lived_recorded_and_verified(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    name, link = publish_template(sign_in(open_page(), live_site, "analyst"), live_site)
    desk = open_desk(keep_peers(open_page(fine=True)), live_site, "agent2")
    customer = keep_peers(open_page(phone=True, fine=True))

    walk_to_queue(customer, link)
    take_call(desk)
    expect(desk.get_by_role("heading", name=name)).to_be_visible()
    number = desk.get_by_text(re.compile(r"^RUN-")).first.inner_text()
    expect_media(customer, "the customer")
    expect_media(desk, "the agent")
    expect(customer.get_by_role("heading", name="Our colleague is greeting you")).to_be_visible()
    read_script(desk)
    take_pictures(desk)
    take_picture(customer, "journey-form")
    fill_form(desk, customer)
    expect(customer.get_by_text("Done. We have recorded your request.")).to_be_visible()
    expect(desk.get_by_text("Completed")).to_be_visible()

    auditor = sign_in(open_page(), live_site, "supervisor")
    run = run_of(auditor, number)
    events = call_api(auditor, f"runs/{run}/events")
    assert [one["seq"] for one in events] == list(range(1, len(events) + 1))
    assert is_told_in_order(STORY, [one["kind"] for one in events])
    told = call_api(auditor, f"runs/{run}")
    assert told["status"] == "closed"
    assert told["ending"]["kind"] == "success"
    assert len(told["evidence"]) == 2
    files = read_files(auditor, run)
    assert {entry["role"] for entry, _ in files} == {"customer", "agent"}
    for entry, file in files:
        assert abs(file.audio_s - file.video_s) <= MOST_APART_S, entry
        assert abs(file.video_s - entry["duration_ms"] / 1000) <= MOST_APART_S, entry
        assert file.pictures > 20
    verified = call_api(auditor, f"runs/{run}/verify")
    assert verified["ok"], verified
    assert verified["recordings"]
    make_one_video(auditor, f"{live_site.url}/runs/{run}")


def make_one_video(auditor: Page, address: str) -> None:
    """Both parties in one file, asked for where the run is looked over."""
    auditor.goto(address)
    auditor.get_by_role("tab", name="Evidence").click()
    video = auditor.get_by_role("region", name="One video")
    video.get_by_role("button", name="Make the video").click()
    expect(video.get_by_role("button", name="Download the video")).to_be_visible(timeout=90_000)
    take_picture(auditor, "journey-one-video")
    (made,) = call_api(auditor, f"{address.split('/', 3)[3]}/compositions")
    data = fetch_file(auditor, made["url"])
    file = read_file(data)
    assert abs(file.audio_s - made["duration_ms"] / 1000) <= MOST_APART_S
    assert abs(file.video_s - made["duration_ms"] / 1000) <= MOST_APART_S
    assert b"ftyp" in data[:16]


def is_told_in_order(story: tuple[str, ...], kinds: list[str]) -> bool:
    """Whether the kinds of `story` occur in this order among `kinds`."""
    rest = iter(kinds)
    return all(kind in rest for kind in story)
