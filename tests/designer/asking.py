"""How the tests of the designer ask its REST: one function for each thing a screen does."""

from __future__ import annotations

from typing import Any

from django.test import Client

from designer.shipped import get_template

FLOWS = "/api/v1/flows"
TEMPLATE = "account-service-call"
JSON = "application/json"


def template() -> Any:
    """The graph of the shipped flow."""
    return get_template(TEMPLATE).graph


def created(client: Client, name: str = "Account call", template: str | None = TEMPLATE) -> Any:
    answer = client.post(FLOWS, {"name": name, "template": template}, JSON)
    assert answer.status_code == 201, answer.content
    return answer.json()


def draft_of(client: Client, flow: Any) -> Any:
    return client.get(f"{FLOWS}/{flow['id']}/draft").json()


def save(client: Client, flow: Any, revision: int | None, graph: object, layout: object = None):
    headers = {} if revision is None else {"if-match": f'"{revision}"'}
    body = {"graph": graph, "layout": layout if layout is not None else {}}
    return client.put(f"{FLOWS}/{flow['id']}/draft", body, JSON, headers=headers)


def publish(client: Client, flow: Any, revision: int = 1, note: str = ""):
    body = {"revision": revision, "note": note}
    return client.post(f"{FLOWS}/{flow['id']}/publish", body, JSON)
