"""Flows for the browser tests, made as the designer makes them: the shipped one with a change."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from playwright.sync_api import Page

TEMPLATE = "account-service-call"
Graph = dict[str, Any]
Change = Callable[[Graph], None]


@dataclass(frozen=True, kw_only=True)
class Flow:
    """A published flow: its id and the name people choose it by."""

    id: str
    name: str


def ask_api(page: Page, method: str, path: str, body: object = None, **headers: str) -> Any:
    """A request to the API as the person signed in on `page`; the parsed answer."""
    site = "/".join(page.url.split("/", 3)[:3])
    token = page.evaluate("() => JSON.parse(document.getElementById('page').textContent).csrf")
    answer = page.request.fetch(
        f"{site}/api/v1/{path}",
        method=method,
        data=body,
        headers={"X-CSRFToken": token, "Referer": page.url, **headers},
    )
    assert answer.ok, f"{method} {path}: {answer.status} {answer.text()[:500]}"
    return json.loads(answer.text())


def publish_flow(analyst: Page, *changes: Change) -> Flow:
    """The shipped flow with `changes` as version 1, under a name of its own."""
    name = f"Counter {uuid4().hex[:6]}"
    flow = ask_api(analyst, "POST", "flows", {"name": name, "template": TEMPLATE})
    made = Flow(id=flow["id"], name=name)
    publish_version(analyst, made, "First version", without_haste, *changes)
    return made


def publish_version(analyst: Page, flow: Flow, note: str, *changes: Change) -> None:
    """Change the draft and publish it."""
    draft = ask_api(analyst, "GET", f"flows/{flow.id}/draft")
    graph = draft["graph"]
    for change in changes:
        change(graph)
    body = {"graph": graph, "layout": draft["layout"]}
    named = {"If-Match": f'"{draft["revision"]}"'}
    saved = ask_api(analyst, "PUT", f"flows/{flow.id}/draft", body, **named)
    ask_api(
        analyst, "POST", f"flows/{flow.id}/publish", {"revision": saved["revision"], "note": note}
    )


def link_into(staff: Page, flow: Flow) -> str:
    """A join link to the newest version."""
    return str(ask_api(staff, "POST", f"flows/{flow.id}/links", {})["url"])


def without_haste(graph: Graph) -> None:
    """A machine that is late for a ring loses no call, and one that is early need not wait."""
    connect = next(one for one in graph["nodes"] if one["component"] == "people.connect")
    connect["config"]["ring_s"] = 120
    consent = next(one for one in graph["nodes"] if one["component"] == "consent.ask")
    consent["config"]["min_view_s"] = 0


def unchecked(graph: Graph) -> None:
    """From the link straight to the consent: the devices are checked elsewhere."""
    gone = {"device", "device_retry", "device_blocked"}
    graph["nodes"] = [one for one in graph["nodes"] if one["id"] not in gone]
    graph["edges"] = [one for one in graph["edges"] if one["from"] not in gone]
    next(one for one in graph["edges"] if one["to"] == "device")["to"] = "consent"


def faulty_after(node: str) -> Change:
    """A fault no check can see: on leaving `node` the flow divides by a limit nobody has set."""

    def change(graph: Graph) -> None:
        graph["variables"].append(
            {"name": "case.limit", "type": "int", "privacy": "none", "initial": 0}
        )
        edge = next(one for one in graph["edges"] if (one["from"], one["outcome"]) == (node, "ok"))
        case = {
            "id": "within",
            "label": {"en": "within the limit", "zh-Hans": "未超限额"},
            "expression": "100 / case.limit > 1",
            "polarity": "positive",
        }
        graph["nodes"].append(
            {
                "id": "limit",
                "component": "logic.branch",
                "version": "1.0.0",
                "title": {"en": "Check the limit", "zh-Hans": "核对限额"},
                "config": {"cases": [case]},
            }
        )
        onward, edge["to"] = edge["to"], "limit"
        for outcome in ("within", "else"):
            graph["edges"].append({"from": "limit", "outcome": outcome, "to": onward})

    return change


def waiting_after(node: str, event: str) -> Change:
    """On leaving `node` the flow waits for `event` from another system, ten minutes at most."""

    def change(graph: Graph) -> None:
        edge = next(one for one in graph["edges"] if (one["from"], one["outcome"]) == (node, "ok"))
        text = {"en": "We are asking the branch. It answers soon.", "zh-Hans": "正在询问网点。"}
        graph["nodes"].append(
            {
                "id": "branch_answer",
                "component": "logic.wait",
                "version": "1.0.0",
                "title": {"en": "Ask the branch", "zh-Hans": "询问网点"},
                "config": {"event": event, "timeout_s": 600, "text": text, "fields": []},
            }
        )
        onward, edge["to"] = edge["to"], "branch_answer"
        for outcome in ("event", "timeout"):
            graph["edges"].append({"from": "branch_answer", "outcome": outcome, "to": onward})

    return change


def renamed(node: str, to: str, title: str) -> Change:
    """The same step under another id and another title."""

    def change(graph: Graph) -> None:
        step = next(one for one in graph["nodes"] if one["id"] == node)
        step["id"], step["title"] = to, {"en": title}
        for edge in graph["edges"]:
            for end in ("from", "to"):
                if edge[end] == node:
                    edge[end] = to
        for boundary in graph["boundaries"]:
            if boundary["scope"] == node:
                boundary["scope"] = to

    return change
