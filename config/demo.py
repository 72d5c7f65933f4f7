"""A workspace to try things in: people, a published flow, a join link. Safe at every start."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from accounts.models import Membership, Role, User, Workspace
from designer import drafts, invitations, publishing
from designer.models import Flow
from designer.shipped import get_template
from runtime.models import Queue

WORKSPACE = "Riverbank"
BRAND = {"name": WORKSPACE, "color": "#0b5d57", "color_dark": "#5cc7bd"}
TEMPLATE = "account-service-call"
QUEUES = {
    "counter": {"en": "Counter", "zh-Hans": "柜台"},
    "advice": {"en": "Advice", "zh-Hans": "咨询"},
}
LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
"""Without those that look like others: people type these passwords."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoPerson:
    """Somebody of the demo. The first of `roles` is what they are called by."""

    username: str
    name: str
    staff_no: str
    roles: tuple[Role, ...]


PEOPLE = (
    DemoPerson(username="analyst", name="Lea Martin", staff_no="", roles=(Role.ANALYST,)),
    DemoPerson(username="agent", name="Daniel Okafor", staff_no="40217", roles=(Role.AGENT,)),
    DemoPerson(username="agent2", name="Mei Tanaka", staff_no="40218", roles=(Role.AGENT,)),
    DemoPerson(
        username="supervisor",
        name="Rosa Ortiz",
        staff_no="40100",
        roles=(Role.SUPERVISOR, Role.AUDITOR),
    ),
    DemoPerson(username="admin", name="Ada Novak", staff_no="", roles=(Role.ADMIN,)),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPerson:
    """What a person needs to sign in as somebody of the demo."""

    role: str
    username: str
    name: str
    password: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """The demo as it stands; `link` is a fresh one each time, because its token is not stored."""

    workspace: str
    people: tuple[ShownPerson, ...]
    flow: str
    link: str


def seed() -> Demo:
    """Make whatever of the demo is missing; leave the rest as people changed it."""
    passwords, fresh = _passwords(settings.VAR / "demo-people.json")
    with transaction.atomic():
        workspace, _ = Workspace.objects.get_or_create(name=WORKSPACE, defaults={"brand": BRAND})
        for person in PEOPLE:
            _ensure_person(workspace, person, passwords[person.username], is_new=fresh)
        for key, title in QUEUES.items():
            Queue.objects.get_or_create(workspace=workspace, key=key, defaults={"title": title})
        analyst = User.objects.get(username="analyst")
        flow = _ensure_flow(workspace, analyst)
    new = invitations.create_link(
        flow, number=None, ttl_min=None, person=analyst, now=timezone.now()
    )
    return Demo(
        workspace=str(workspace.pk),
        people=tuple(_shown(one, passwords) for one in PEOPLE),
        flow=str(flow.pk),
        link=invitations.address_of(new, site="http://localhost:8000"),
    )


def as_json(demo: Demo) -> str:
    """One line for programs, passwords included."""
    return json.dumps(asdict(demo), ensure_ascii=False)


def _passwords(path: Path) -> tuple[dict[str, str], bool]:
    """By username, from `path`; made and written (mode 600) when it is missing: then True."""
    if path.exists():
        stored: dict[str, str] = json.loads(path.read_text())
        return stored, False
    made = {one.username: _password() for one in PEOPLE}
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as sink:
        json.dump(made, sink, indent=2)
    return made, True


def _password() -> str:
    """Twelve characters, 59 random bits."""
    return "-".join("".join(secrets.choice(LETTERS) for _ in range(4)) for _ in range(3))


def _ensure_person(
    workspace: Workspace, person: DemoPerson, password: str, *, is_new: bool
) -> None:
    user, created = User.objects.get_or_create(
        username=person.username,
        defaults={"display_name": person.name, "staff_no": person.staff_no},
    )
    if created or is_new:
        user.set_password(password)
        user.save(update_fields=["password"])
    for role in person.roles:
        Membership.objects.get_or_create(workspace=workspace, user=user, role=role)


def _ensure_flow(workspace: Workspace, analyst: User) -> Flow:
    """The shipped flow under its English title, with at least one version."""
    name = get_template(TEMPLATE).title["en"]
    now = timezone.now()
    flow = Flow.objects.filter(workspace=workspace, name=name).first() or drafts.begin(
        workspace=workspace, name=name, template=TEMPLATE, person=analyst, now=now
    )
    if not flow.versions.exists():
        revision = flow.draft.revision
        publishing.publish(flow, revision=revision, note="", person=analyst, now=now)
    return flow


def _shown(person: DemoPerson, passwords: dict[str, str]) -> ShownPerson:
    return ShownPerson(
        role=person.roles[0].value,
        username=person.username,
        name=person.name,
        password=passwords[person.username],
    )
