"""The administrator's pages: connections, keys, and erasing a run, as people go through them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from uuid import uuid4

import pytest
from playwright.sync_api import Locator, Page, ViewportSize, expect

from tests.browser.axe import assert_accessible
from tests.browser.calls import begin
from tests.browser.conftest import ROOT, LiveSite, OpenPage, eventually, sign_in, take_picture
from tests.browser.fits import NARROW, assert_fits
from tests.browser.flows import Change, Flow, Graph, ask_api, link_into, publish_flow, unchecked
from tests.runtime.core_peer import CorePeer

DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)
SECRET = "s3cret-of-the-journal"
SECOND = """
from accounts.models import Membership, Role, User, Workspace
named = {"display_name": "Bo Lind"}
user, fresh = User.objects.get_or_create(username="admin2", defaults=named)
user.set_password("a second pair of eyes")
user.save()
workspace = Workspace.objects.get(memberships__user__username="admin")
Membership.objects.create(user=user, workspace=workspace, role=Role.ADMIN)
"""
GONE = """
from accounts.models import Membership
Membership.objects.filter(user__username="admin2").delete()
"""


@pytest.fixture
def second(live_site: LiveSite) -> Iterator[str]:
    """Another administrator of the demo while a test needs one; their name at the door."""
    told(live_site, SECOND)
    live_site.people["admin2"] = "a second pair of eyes"
    yield "admin2"
    told(live_site, GONE)


def told(site: LiveSite, code: str) -> None:
    """Run it with the site's own settings, not with those of the tests."""
    here = {"COUNTERFLOW_VAR": str(site.folder), "DJANGO_SETTINGS_MODULE": "config.settings.local"}
    environment = {**os.environ, **here}
    command = [sys.executable, "manage.py", "shell", "-c", code]
    subprocess.run(command, cwd=ROOT, env=environment, check=True)


def in_chinese(page: Page) -> Page:
    """Until the next test signs in, who always gets English."""
    page.get_by_role("button", name="中文").click()
    expect(page.locator("html")).to_have_attribute("lang", "zh-Hans")
    return page


def look_at(page: Page, name: str) -> None:
    """At both widths, in both languages: nothing cut, nothing a machine objects to."""
    assert_accessible(page)
    assert_fits(page, name, DESK, PHONE, NARROW)
    in_chinese(page)
    assert_fits(page, f"{name}-zh", DESK, PHONE)
    page.get_by_role("button", name="English").click()
    expect(page.locator("html")).to_have_attribute("lang", "en")


def asks(name: str) -> Change:
    """A change of the shipped flow: it asks that connection once the two have met."""

    def change(graph: Graph) -> None:
        edges = graph["edges"]
        edge = next(one for one in edges if (one["from"], one["outcome"]) == ("connect", "ok"))
        onward, edge["to"] = edge["to"], "asks"
        config = {"connection": name, "operation": "limit", "effect": "query"}
        graph["nodes"].append(
            {"id": "asks", "component": "int.core", "version": "1.0.0", "config": config}
        )
        for outcome in ("ok", "declined", "error", "timeout"):
            edges.append({"from": "asks", "outcome": outcome, "to": onward})

    return change


def choose(page: Page, row: Locator, entry: str) -> None:
    row.get_by_role("button", name="More about").press("Enter")
    page.get_by_role("menuitem", name=entry).press("Enter")


def set_up(admin: Page, core: CorePeer) -> None:
    """`journal`, after every fault a person could make of it."""
    admin.get_by_role("button", name="Add a connection").first.press("Enter")
    form = admin.get_by_role("dialog")
    name, address = (form.get_by_role("textbox", name=one) for one in ("Name", "Address"))
    expect(name).to_be_focused()
    name.fill("Journal")
    form.get_by_role("combobox", name="Kind").select_option(label="Core system")
    address.fill("ftp://nowhere")
    form.get_by_role("combobox", name="How it knows us").select_option(label="Token")
    form.get_by_label("Token", exact=True).fill(SECRET)
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("Small letters, digits and _")).to_be_visible()
    name.fill("journal")
    form.get_by_role("button", name="Save").click()
    expect(form.get_by_text("The address must begin with https://")).to_be_visible()
    assert_accessible(admin, "[role=dialog]")
    take_picture(admin, "connections-fault")
    address.fill(f"http://127.0.0.1:{core.port}")
    form.get_by_text("It stands in a private network").click()
    form.get_by_role("button", name="Save").press("Enter")


def test_connections_are_set_up_tested_and_removed_when_nothing_uses_them(
    open_page: OpenPage, live_site: LiveSite, office: Page, core: CorePeer
) -> None:
    admin = sign_in(open_page(), live_site, "admin", "/")
    admin.get_by_role("link", name="Administration").first.click()
    expect(admin.get_by_role("heading", level=1, name="Connections")).to_be_visible()
    set_up(admin, core)
    row = admin.get_by_role("listitem").filter(has_text="journal")
    expect(row.get_by_text("No flow uses it")).to_be_visible()
    assert SECRET not in admin.content()
    row.get_by_role("button", name="Test journal").click()
    expect(row.get_by_text("Answers,")).to_be_visible()

    flow = publish_flow(office, unchecked, asks("journal"))
    admin.reload()
    expect(row.get_by_role("link", name=flow.name)).to_be_visible()
    look_at(admin, "connections")
    choose(admin, row, "Remove")
    kept = admin.get_by_role("dialog", name="journal is in use")
    expect(kept.get_by_text(flow.name)).to_be_visible()
    take_picture(admin, "connections-in-use")
    kept.get_by_role("button", name="Switch off").click()
    expect(row.get_by_text("Switched off")).to_be_visible()

    choose(admin, row, "Change")
    form = admin.get_by_role("dialog", name="Change journal")
    expect(form.get_by_text("One is kept. Leave this empty to keep it.")).to_be_visible()
    expect(form.get_by_label("Token", exact=True)).to_have_value("")
    take_picture(admin, "connections-change")
    form.get_by_text("Steps can use it").click()
    form.get_by_role("button", name="Save").click()
    expect(row.get_by_text("Switched off")).to_have_count(0)


def test_a_connection_that_nothing_uses_goes(
    open_page: OpenPage, live_site: LiveSite, core: CorePeer
) -> None:
    admin = sign_in(open_page(phone=True, dark=True), live_site, "admin", "/admin/connections")
    address = f"https://nobody.example.invalid:{core.port}"
    ask_api(admin, "POST", "connections", {"name": "spare", "kind": "http", "base_url": address})
    admin.reload()
    row = admin.get_by_role("listitem").filter(has_text="spare")
    row.get_by_role("button", name="Test spare").click()
    expect(row.get_by_text("Nobody can be reached there")).to_be_visible()
    take_picture(admin, "connections-phone-dark")

    choose(admin, row, "Remove")
    admin.get_by_role("dialog").get_by_role("button", name="Remove").click()

    expect(row).to_have_count(0)


def test_keys_are_rotated_by_who_gives_their_password(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    begin(open_page(phone=True), link_into(office, publish_flow(office, unchecked)))
    admin = sign_in(open_page(dark=True), live_site, "admin", "/admin/keys")
    now = admin.get_by_role("row").filter(has_text="Wraps now")
    expect(now).to_be_visible()
    before = now.locator(".mono").inner_text()
    expect(admin.get_by_text("Everything is wrapped by the current key")).to_be_visible()
    look_at(admin, "keys")

    admin.get_by_role("button", name="Rotate").click()
    asked = admin.get_by_role("dialog", name="Start a rotation?")
    expect(asked.get_by_label("Your password")).to_be_focused()
    asked.get_by_role("button", name="Start").click()
    expect(asked.get_by_text("Give your password.")).to_be_visible()
    asked.get_by_label("Your password").fill("not this one")
    asked.get_by_label("Your password").press("Enter")
    expect(asked.get_by_text("This is not your password.")).to_be_visible()
    take_picture(admin, "keys-password")
    asked.get_by_label("Your password").fill(live_site.people["admin"])
    asked.get_by_role("button", name="Start").click()

    expect(admin.get_by_role("row").filter(has_text=before)).to_contain_text("Earlier key")
    expect(admin.get_by_text("Everything is wrapped by the current key")).to_be_visible()
    assert before != now.locator(".mono").inner_text()
    expect(admin.get_by_role("row").filter(has_text=before).locator("td").first).to_have_text("0")
    take_picture(admin, "keys-rotated")


@pytest.fixture
def supervisor(open_page: OpenPage, live_site: LiveSite) -> Page:
    return sign_in(open_page(), live_site, "supervisor", "/runs/")


def ended(supervisor: Page, office: Page, customer: Page) -> tuple[Flow, str]:
    """A flow, and the id of its only run, which has ended with nothing left to do."""
    flow = publish_flow(office, unchecked)
    begin(customer, link_into(office, flow))
    expect(customer.get_by_role("button", name="I agree")).to_be_visible()
    (run,) = ask_api(supervisor, "GET", f"runs?q={flow.name}")["results"]
    body = {"id": str(uuid4()), "reason": "only a test"}
    ask_api(supervisor, "POST", f"runs/{run['id']}/cancel", body)
    return flow, str(run["id"])


def erasable(admin: Page, run: str) -> str:
    """Wait until nothing is left to do for the run; its number."""
    path = f"runs/{run}/erase"
    eventually(lambda: ask_api(admin, "GET", path)["obstacle"] is None, "nothing is left to do")
    return str(ask_api(admin, "GET", path)["number"])


def test_the_only_admin_erases_a_run_after_being_asked_twice(
    open_page: OpenPage, live_site: LiveSite, office: Page, supervisor: Page
) -> None:
    flow, run = ended(supervisor, office, open_page(phone=True))
    admin = sign_in(open_page(), live_site, "admin", "/runs/")
    number = erasable(admin, run)
    admin.get_by_role("searchbox").fill(flow.name)
    admin.get_by_role("row", name=flow.name).get_by_role("link").click()
    expect(admin.get_by_role("heading", level=1, name="Erase personal data")).to_be_visible()
    look_at(admin, "erase")

    admin.get_by_role("button", name="Erase …").click()
    asked = admin.get_by_role("dialog")
    asked.get_by_role("button", name="Erase for good").click()
    expect(asked.get_by_text("Give a reason.")).to_be_visible()
    expect(asked.get_by_text(f"This is not {number}.")).to_be_visible()
    assert_accessible(admin, "[role=dialog]")
    take_picture(admin, "erase-alone")
    asked.get_by_role("textbox", name="Reason").fill("Asked for in writing")
    asked.get_by_role("textbox", name="Number of the run").fill(number)
    asked.get_by_role("button", name="Erase for good").click()

    expect(admin.get_by_role("heading", name="This run is erased")).to_be_visible()
    expect(admin.get_by_text("Reason: Asked for in writing")).to_be_visible()
    take_picture(admin, "erase-done")
    supervisor.goto(f"{live_site.url}/runs/{run}")
    expect(supervisor.get_by_text("erased").first).to_be_visible()


def test_where_there_are_two_admins_one_asks_and_the_other_agrees(
    open_page: OpenPage, live_site: LiveSite, office: Page, supervisor: Page, second: str
) -> None:
    flow, run = ended(supervisor, office, open_page(phone=True))
    admin = sign_in(open_page(), live_site, "admin", "/runs/")
    number = erasable(admin, run)
    admin.goto(f"{live_site.url}/runs/{run}")
    admin.get_by_role("button", name="Ask for erasing").click()
    asked = admin.get_by_role("dialog")
    asked.get_by_role("textbox", name="Reason").fill("Asked for by phone")
    asked.get_by_role("button", name="Ask for it").click()
    expect(admin.get_by_role("heading", name="You have asked for this")).to_be_visible()
    assert_accessible(admin)
    take_picture(admin, "erase-asked")

    other = sign_in(open_page(phone=True, dark=True), live_site, second, "/runs/")
    other.get_by_role("searchbox").fill(flow.name)
    expect(other.get_by_role("row", name=flow.name)).to_contain_text("erasing asked")
    other.get_by_role("row", name=flow.name).get_by_role("link").click()
    expect(other.get_by_role("heading", name="asks for this run to be erased")).to_be_visible()
    look_at(other, "erase-second")
    other.get_by_role("button", name="Agree and erase").click()
    sure = other.get_by_role("dialog")
    sure.get_by_role("textbox", name="Number of the run").fill(number)
    take_picture(other, "erase-agree")
    sure.get_by_role("button", name="Erase for good").press("Enter")

    expect(other.get_by_role("heading", name="This run is erased")).to_be_visible()
    expect(other.get_by_text("asked for by Ada Novak")).to_be_visible()
