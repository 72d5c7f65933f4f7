"""The page of the media workers: what each does, sending one away, none at all."""

from __future__ import annotations

import json

from playwright.sync_api import Page, Route, ViewportSize, expect

from tests.browser.axe import assert_accessible
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.fits import NARROW, assert_fits

DESK, PHONE = ViewportSize(width=1280, height=800), ViewportSize(width=390, height=844)


def test_an_administrator_sees_the_workers_and_can_send_one_away(
    open_page: OpenPage, live_site: LiveSite
) -> None:
    admin = sign_in(open_page(), live_site, "admin", "/admin/workers")
    rows = admin.get_by_role("article")
    expect(rows.filter(has_text="Takes calls")).to_have_count(1)
    expect(rows.filter(has_text="Stands by")).to_have_count(1)
    expect(admin.get_by_role("status").filter(has_text="2 workers take calls")).to_be_visible()
    take_picture(admin, "workers")
    assert_accessible(admin)
    assert_fits(admin, "workers", DESK, PHONE, NARROW)

    keep_from_leaving(admin)
    name = rows.filter(has_text="Takes calls").get_attribute("aria-label")
    admin.get_by_role("button", name=f"Drain {name}").click()
    dialog = admin.get_by_role("dialog", name=f"Send {name} away?")
    expect(dialog).to_contain_text("It takes calls again once it is started anew")
    take_picture(admin, "workers-drain")
    assert_accessible(admin)
    dialog.get_by_role("button", name="Drain", exact=True).click()

    expect(admin.get_by_text(f"{name} is leaving")).to_be_visible()
    expect(dialog).to_be_hidden()


def keep_from_leaving(page: Page) -> None:
    """The site has other tests to serve: the request is looked at here and answered as it would."""

    def answer(route: Route) -> None:
        assert route.request.method == "POST"
        route.fulfill(content_type="application/json", body=json.dumps({"moving": 0}))

    page.route("**/api/v1/workers/*/drain", answer)


def test_a_site_without_workers_says_what_to_do(open_page: OpenPage, live_site: LiveSite) -> None:
    admin = open_page(dark=True)
    admin.route("**/api/v1/workers", lambda route: route.fulfill(json=[]))

    sign_in(admin, live_site, "admin", "/admin/workers")

    expect(admin.get_by_role("heading", name="No media worker has enrolled")).to_be_visible()
    take_picture(admin, "workers-none")
    assert_accessible(admin)
    assert_fits(admin, "workers-none", DESK, PHONE)
