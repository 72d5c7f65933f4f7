"""Every address of the REST interface: who gets in, and that the CSRF token is asked for."""

from __future__ import annotations

import re
import uuid
from collections.abc import Iterator

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from accounts.access import RULES
from accounts.models import Role
from tests.accounts.people import person, signed_in

pytestmark = pytest.mark.django_db

ANALYST, AGENT, SUPERVISOR = Role.ANALYST, Role.AGENT, Role.SUPERVISOR
ADMIN, AUDITOR = Role.ADMIN, Role.AUDITOR
EVERYBODY: set[str] = set(Role.values)
ANYONE: set[str] = set()
GRANT: set[str] = set()
"""Not a person's door: the request carries a signed grant, and no cookie is read."""

DOORS: dict[tuple[str, str], set[str]] = {
    ("GET", "api/schema/"): EVERYBODY,
    ("GET", "api/docs/"): EVERYBODY,
    ("GET", "api/v1/me"): EVERYBODY,
    ("PUT", "api/v1/me"): EVERYBODY,
    ("POST", "api/v1/login"): ANYONE,
    ("POST", "api/v1/logout"): ANYONE,
    ("GET", "api/v1/palette"): {ANALYST, ADMIN, AUDITOR},
    ("GET", "api/v1/templates"): {ANALYST, ADMIN, AUDITOR},
    ("GET", "api/v1/flows"): EVERYBODY,
    ("POST", "api/v1/flows"): {ANALYST},
    ("GET", "api/v1/flows/<uuid:flow_id>"): {ANALYST, ADMIN, AUDITOR, SUPERVISOR},
    ("PATCH", "api/v1/flows/<uuid:flow_id>"): {ANALYST},
    ("GET", "api/v1/flows/<uuid:flow_id>/draft"): {ANALYST, ADMIN, AUDITOR},
    ("PUT", "api/v1/flows/<uuid:flow_id>/draft"): {ANALYST},
    ("POST", "api/v1/flows/<uuid:flow_id>/publish"): {ANALYST},
    ("GET", "api/v1/flows/<uuid:flow_id>/versions/<int:number>"): EVERYBODY,
    ("POST", "api/v1/flows/<uuid:flow_id>/links"): {ANALYST, AGENT, SUPERVISOR},
    ("POST", "api/v1/verify"): {ANALYST, ADMIN},
    ("POST", "api/v1/join"): ANYONE,
    ("GET", "api/v1/join"): ANYONE,
    ("GET", "api/v1/runs"): EVERYBODY,
    ("GET", "api/v1/runs/<uuid:run_id>"): {AGENT, SUPERVISOR, AUDITOR},
    ("GET", "api/v1/runs/<uuid:run_id>/events"): {AGENT, SUPERVISOR, AUDITOR},
    ("POST", "api/v1/runs/<uuid:run_id>/events"): {SUPERVISOR},
    ("GET", "api/v1/runs/<uuid:run_id>/verify"): {SUPERVISOR, AUDITOR},
    ("POST", "api/v1/runs/<uuid:run_id>/incident"): {AGENT, SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/suspend"): {SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/resume"): {SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/cancel"): {SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/step-in"): {SUPERVISOR},
    ("GET", "api/v1/runs/<uuid:run_id>/migration"): {SUPERVISOR, ADMIN},
    ("POST", "api/v1/runs/<uuid:run_id>/migration"): {SUPERVISOR, ADMIN},
    ("POST", "api/v1/runs/<uuid:run_id>/callback"): {SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/guests"): {AGENT, SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/oversee"): {SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/parties/<uuid:participant_id>"): {AGENT, SUPERVISOR},
    ("DELETE", "api/v1/runs/<uuid:run_id>/parties/<uuid:participant_id>"): {AGENT, SUPERVISOR},
    ("POST", "api/v1/runs/<uuid:run_id>/route"): {SUPERVISOR, ADMIN},
    ("POST", "api/v1/runs/<uuid:run_id>/move"): {SUPERVISOR, ADMIN},
    ("GET", "api/v1/runs/<uuid:run_id>/erase"): {ADMIN},
    ("POST", "api/v1/runs/<uuid:run_id>/erase"): {ADMIN},
    ("DELETE", "api/v1/runs/<uuid:run_id>/erase"): {ADMIN},
    ("POST", "api/v1/runs/<uuid:run_id>/erase/agree"): {ADMIN},
    ("POST", "api/v1/callbacks/<str:token>"): GRANT,
    ("POST", "api/v1/runs/<uuid:run_id>/recordings/<uuid:file_id>/grant"): EVERYBODY,
    ("GET", "api/v1/runs/<uuid:run_id>/compositions"): EVERYBODY,
    ("POST", "api/v1/runs/<uuid:run_id>/compositions"): EVERYBODY,
    ("DELETE", "api/v1/runs/<uuid:run_id>/compositions/<uuid:composition_id>"): EVERYBODY,
    ("GET", "api/v1/media/play/<str:token>"): EVERYBODY,
    ("POST", "api/v1/media/<uuid:run_id>/<int:generation>/<str:name>"): GRANT,
    ("PUT", "api/v1/media/<uuid:run_id>/<int:generation>/<str:name>"): GRANT,
    ("GET", "api/v1/workers"): {ADMIN},
    ("POST", "api/v1/workers/<uuid:worker_id>/drain"): {ADMIN},
    ("GET", "api/v1/keyring"): {ADMIN},
    ("POST", "api/v1/keyring/rotation"): {ADMIN},
    ("GET", "api/v1/evidence/<uuid:evidence_id>"): EVERYBODY,
    ("GET", "api/v1/connections"): {ADMIN, ANALYST},
    ("POST", "api/v1/connections"): {ADMIN},
    ("GET", "api/v1/connections/<uuid:connection_id>"): {ADMIN},
    ("PATCH", "api/v1/connections/<uuid:connection_id>"): {ADMIN},
    ("DELETE", "api/v1/connections/<uuid:connection_id>"): {ADMIN},
    ("POST", "api/v1/connections/<uuid:connection_id>/check"): {ADMIN},
}
PERSONAL = sorted(one for one, who in DOORS.items() if who is not GRANT)
UNSAFE = [one for one in PERSONAL if one[0] != "GET"]


def entry_points() -> Iterator[tuple[str, str, type]]:
    """(method, route, view) of all that answers under api/."""
    for route, pattern in walk(get_resolver().url_patterns):
        view = getattr(pattern.callback, "cls", None)
        if not route.startswith("api/"):
            continue
        assert view is not None, f"{route} is no class with declared actions"
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            if hasattr(view, method.lower()):
                yield method, route, view


def walk(
    patterns: list[URLPattern | URLResolver], before: str = ""
) -> Iterator[tuple[str, URLPattern]]:
    for one in patterns:
        route = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from walk(one.url_patterns, route)
        else:
            yield route, one


def address(route: str) -> str:
    """The route with ids of nothing."""
    values = {"uuid": str(uuid.uuid4()), "int": "1", "str": "x"}
    return "/" + re.sub(r"<(\w+):\w+>", lambda found: values[found[1]], route)


def call(client: Client, method: str, route: str):
    return client.generic(method, address(route), "{}", "application/json")


def test_every_entry_point_is_in_the_table():
    assert {(method, route) for method, route, _ in entry_points()} == set(DOORS)


def test_every_page_is_known():
    """Pages ask `can` themselves; who may open which is in test_pages. A new one belongs there."""
    pages = {
        route for route, _ in walk(get_resolver().url_patterns) if not route.startswith("api/")
    }

    assert pages == {
        "",
        "login",
        "language",
        "designer/",
        "designer/<uuid:flow_id>/",
        "desk/",
        "runs/",
        "runs/<uuid:run_id>",
        "runs/<uuid:run_id>/erase",
        "admin/",
        "admin/<str:place>",
        "join",
        "healthz",
        "readyz",
    }


def test_every_entry_point_declares_an_action_that_exists():
    undeclared = [
        f"{method} {route}"
        for method, route, view in entry_points()
        if getattr(view, "actions", {}).get(method) not in RULES
    ]

    assert not undeclared


@pytest.mark.parametrize("role", Role.values)
def test_each_door_opens_for_the_roles_of_the_table(role: str):
    user = person(role)

    for method, route in PERSONAL:
        who = DOORS[method, route]
        expected = who is ANYONE or role in who
        answer = call(signed_in(user), method, route)

        assert (answer.status_code not in {401, 403}) == expected, f"{role}: {method} {route}"


def test_nobody_gets_in_without_signing_in():
    for method, route in PERSONAL:
        answer = call(Client(), method, route)

        if route == "api/docs/":  # a page: it leads to the login page
            assert answer.url == "/login?next=/api/docs/"
        elif DOORS[method, route] is not ANYONE:
            assert answer.status_code == 401, f"{method} {route}"
            assert b"not_signed_in" in answer.content


def test_a_person_without_a_role_gets_in_nowhere():
    client = signed_in(person())

    for method, route in PERSONAL:
        if DOORS[method, route] is not ANYONE:
            assert call(client, method, route).status_code == 403, f"{method} {route}"


@pytest.mark.parametrize(("method", "route"), UNSAFE)
def test_nothing_unsafe_works_without_the_csrf_token(method: str, route: str):
    client = signed_in(person(*Role.values), checks_csrf=True)

    for one in (client, Client(enforce_csrf_checks=True)):
        answer = call(one, method, route)

        assert answer.status_code == 403
        assert answer.json()["code"] == "csrf_failed"


@pytest.mark.parametrize("path", ["/login", "/language"])
def test_forms_of_pages_need_the_csrf_token_too(path: str):
    assert Client(enforce_csrf_checks=True).post(path, {}).status_code == 403


def test_a_delivery_needs_a_grant_whoever_is_signed_in():
    for (method, route), who in DOORS.items():
        if who is GRANT:
            for client in (Client(), signed_in(person(*Role.values))):
                assert call(client, method, route).status_code in {401, 403, 404}


def test_foreign_objects_are_not_there():
    """With every role in one workspace, ids that are not of it answer as ids of nothing."""
    client = signed_in(person(*Role.values))

    for method, route in PERSONAL:
        if "<uuid:" in route:
            answer = call(client, method, route)

            assert answer.status_code == 404, f"{method} {route}: {answer.content[:200]!r}"
