"""A call whose flow asks a core system: both sides see how it goes, and why it was refused."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Page, expect

from tests.browser.calls import answer, expect_pictures, open_desk, walk_straight
from tests.browser.conftest import LiveSite, OpenPage, sign_in, take_picture
from tests.browser.flows import Graph, ask_api, link_into, publish_flow, unchecked
from tests.runtime.core_peer import CorePeer


def connect(admin: Page, core: CorePeer) -> Any:
    """Set up the connection that the flow names; what a check of it says."""
    made = ask_api(
        admin,
        "POST",
        "connections",
        {
            "name": "core",
            "kind": "core",
            "base_url": f"http://127.0.0.1:{core.port}",
            "auth": "bearer",
            "secret": "s3cret",
            "private": True,
            "timeout_ms": 2_000,
        },
    )
    return ask_api(admin, "POST", f"connections/{made['id']}/check")


def books_after_connecting(graph: Graph) -> None:
    """The order is placed as soon as the two have met."""
    edge = next(one for one in graph["edges"] if (one["from"], one["outcome"]) == ("connect", "ok"))
    onward, edge["to"] = edge["to"], "book"
    graph["nodes"].append(
        {
            "id": "book",
            "component": "int.core",
            "version": "1.0.0",
            "title": {"en": "Place the order", "zh-Hans": "提交订单"},
            "sla_s": 1,
            "config": {
                "connection": "core",
                "operation": "place_order",
                "effect": "commit",
                "payload": [{"name": "amount", "expression": "250"}],
                "heading": {"en": "Order system", "zh-Hans": "订单系统"},
            },
        }
    )
    for outcome in ("ok", "declined", "error", "timeout"):
        graph["edges"].append({"from": "book", "outcome": outcome, "to": onward})


def test_a_slow_core_that_refuses_is_told_to_both_sides(
    open_page: OpenPage, live_site: LiveSite, office: Page, core: CorePeer
) -> None:
    core.ledger.declines = "LIMIT_EXCEEDED"
    assert connect(sign_in(open_page(), live_site, "admin"), core)["code"] == "ok"
    link = link_into(office, publish_flow(office, unchecked, books_after_connecting))
    desk = open_desk(open_page(), live_site)
    customer = open_page(phone=True)
    core.faults.extend(["late", "busy", "busy", "busy", "busy"])
    walk_straight(customer, link)

    answer(desk)

    step = desk.locator(".call-step")
    expect(step.get_by_role("heading", name="Asking the other system")).to_be_visible()
    expect(customer.get_by_role("heading", name="One moment, please")).to_be_visible()
    take_picture(desk, "outside-working")
    expect(step.get_by_role("heading", name="No answer yet")).to_be_visible()
    expect(step.get_by_text("Late", exact=True)).to_be_visible()
    take_picture(desk, "outside-unknown")
    take_picture(customer, "outside-customer")
    core.release.set()
    expect(step.get_by_role("heading", name="The other system said no")).to_be_visible()
    expect(step.get_by_text("Reason given: LIMIT_EXCEEDED")).to_be_visible()
    take_picture(desk, "outside-declined")
    step.get_by_role("button", name="Go on").click()
    expect(desk.get_by_role("heading", name="Agent greeting")).to_be_visible()
    expect_pictures(desk, ".call-customer video")
    posts = [one for one in core.ledger.heard if one.startswith("POST")]
    assert posts == ["POST /place_order"]
