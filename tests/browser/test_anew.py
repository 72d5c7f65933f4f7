"""A flow whose drops are final: the same link, opened again, begins a new session."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.browser.calls import begin
from tests.browser.conftest import LiveSite, OpenPage, eventually, sign_in
from tests.browser.flows import Graph, ask_api, link_into, publish_flow


def drops_are_final(graph: Graph) -> None:
    graph["settings"]["drop_policy"] = "fresh_session"


def test_who_dropped_begins_anew_by_the_same_link(
    open_page: OpenPage, live_site: LiveSite, office: Page
) -> None:
    flow = publish_flow(office, drops_are_final)
    link = link_into(office, flow)
    supervisor = sign_in(open_page(), live_site, "supervisor")

    def runs() -> list[tuple[str, str | None]]:
        found = ask_api(supervisor, "GET", f"runs?q={flow.name.replace(' ', '%20')}")["results"]
        return [(one["status"], one["ending"]) for one in found]

    customer = open_page(phone=True)
    begin(customer, link)
    expect(customer.get_by_role("button", name="Play")).to_be_visible()
    customer.goto("about:blank")

    def is_over() -> bool:
        return bool(customer.request.get(f"{live_site.url}/api/v1/join").json()["anew"])

    eventually(is_over, "the site has noticed that the customer is gone")
    customer.goto(link)

    expect(customer.get_by_role("button", name="Play")).to_be_visible()
    assert [one[0] for one in runs()] == ["open", "closed"]
