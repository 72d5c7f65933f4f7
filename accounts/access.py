"""`can(principal, action, obj)`: the only way to a permission; by default nobody may.

A floor above offers its objects with `workspace_id` (and `people_ids` or `run_id` where a rule asks
for them); nothing of those floors is imported here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias
from uuid import UUID

from django.contrib.auth.models import AnonymousUser

from accounts.models import Membership, Role, User, Workspace

STAFF = frozenset(Role.values)
OVERSIGHT = (Role.SUPERVISOR, Role.AUDITOR)


@dataclass(frozen=True, slots=True, kw_only=True)
class CustomerPass:
    """What a join cookie proves: this device redeemed a link that led into `run_id`."""

    redemption_id: UUID
    workspace_id: UUID
    run_id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkerPass:
    """What a media worker's credential proves."""

    worker_id: str


Principal: TypeAlias = User | CustomerPass | WorkerPass | AnonymousUser | None
Condition: TypeAlias = Callable[[Principal, object], bool]


def unconditional(_principal: Principal, _obj: object) -> bool:
    """The role is enough, whatever the object."""
    return True


def in_workspace(_principal: Principal, obj: object) -> bool:
    """The object belongs to a workspace; `can` has checked the role there."""
    return workspace_of(obj) is not None


def seated(principal: Principal, obj: object) -> bool:
    """The run (or a thing of the run) is the customer's own.

    For staff, one they are or were seated in.
    """
    if isinstance(principal, CustomerPass):
        return (getattr(obj, "run_id", None) or getattr(obj, "id", None)) == principal.run_id
    if not isinstance(principal, User) or workspace_of(obj) is None:
        return False
    return principal.pk in set(getattr(obj, "people_ids", ()))


def seated_or(*roles: str) -> Condition:
    """Seated in the run, or holding one of `roles` in its workspace."""

    def condition(principal: Principal, obj: object) -> bool:
        if seated(principal, obj):
            return True
        if not isinstance(principal, User) or workspace_of(obj) is None:
            return False
        return not roles_for(principal, obj).isdisjoint(roles)

    return condition


def workspace_of(obj: object) -> UUID | None:
    """The workspace an object is, or belongs to."""
    return obj.pk if isinstance(obj, Workspace) else getattr(obj, "workspace_id", None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """Who may: staff with one of `roles`, and customers, workers or anyone where it says so."""

    roles: frozenset[str] = frozenset()
    customer: bool = False
    worker: bool = False
    anyone: bool = False
    on: Condition = unconditional
    """Asked only when `can` is given an object."""


def _staff(*roles: str, on: Condition = in_workspace, customer: bool = False) -> Rule:
    return Rule(roles=frozenset(roles), on=on, customer=customer)


RULES: Mapping[str, Rule] = {
    # the site
    "profile.read": _staff(*STAFF, on=unconditional),
    "session.open": Rule(anyone=True),
    "session.close": Rule(anyone=True),
    "profile.change": _staff(*STAFF, on=unconditional),
    "schema.read": _staff(*STAFF, on=unconditional),
    "page.home": _staff(*STAFF, on=unconditional),
    "page.designer": _staff(Role.ANALYST, Role.ADMIN, Role.AUDITOR, on=unconditional),
    "page.desk": _staff(Role.AGENT, Role.SUPERVISOR, on=unconditional),
    "page.runs": _staff(*STAFF, on=unconditional),
    "page.admin": _staff(Role.ADMIN, on=unconditional),
    "page.join": Rule(anyone=True),
    "health.read": Rule(anyone=True),
    # designs
    "palette.read": _staff(Role.ANALYST, Role.ADMIN, Role.AUDITOR, on=unconditional),
    "flow.list": _staff(Role.ANALYST, Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR, Role.AGENT),
    "flow.read": _staff(Role.ANALYST, Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR),
    "flow.create": _staff(Role.ANALYST),
    "flow.change": _staff(Role.ANALYST),
    "draft.read": _staff(Role.ANALYST, Role.ADMIN, Role.AUDITOR),
    "draft.save": _staff(Role.ANALYST),
    "graph.verify": _staff(Role.ANALYST, Role.ADMIN, on=unconditional),
    "flow.publish": _staff(Role.ANALYST),
    "version.read": _staff(Role.ANALYST, Role.ADMIN, Role.AUDITOR, Role.SUPERVISOR, Role.AGENT),
    "link.create": _staff(Role.ANALYST, Role.AGENT, Role.SUPERVISOR),
    # runs
    "run.join": Rule(anyone=True),
    "run.resume": Rule(anyone=True),
    "run.list": _staff(*STAFF),
    "run.read": _staff(Role.AGENT, *OVERSIGHT, on=seated_or(*OVERSIGHT)),
    "run.verify": _staff(*OVERSIGHT),
    "run.retry": _staff(Role.AGENT, Role.SUPERVISOR, on=seated_or(Role.SUPERVISOR)),
    "run.skip": _staff(Role.SUPERVISOR),
    "run.end": _staff(Role.SUPERVISOR),
    "run.suspend": _staff(Role.SUPERVISOR),
    "run.cancel": _staff(Role.SUPERVISOR),
    "run.step_in": _staff(Role.SUPERVISOR),
    "run.notify": _staff(Role.SUPERVISOR),
    "run.callback": Rule(anyone=True),
    "run.migrate": _staff(Role.SUPERVISOR, Role.ADMIN),
    "run.erase": _staff(Role.ADMIN),
    "run.attend": _staff(Role.AGENT, Role.SUPERVISOR, on=seated, customer=True),
    "run.act": _staff(Role.AGENT, Role.SUPERVISOR, on=seated, customer=True),
    "run.accept": _staff(Role.AGENT, Role.SUPERVISOR),
    "run.invite": _staff(Role.AGENT, Role.SUPERVISOR, on=seated_or(Role.SUPERVISOR)),
    "run.place": _staff(Role.AGENT, Role.SUPERVISOR, on=seated_or(Role.SUPERVISOR)),
    "run.oversee": _staff(Role.SUPERVISOR),
    "run.route": _staff(Role.SUPERVISOR, Role.ADMIN),
    "run.move": _staff(Role.SUPERVISOR, Role.ADMIN),
    "desk.use": _staff(Role.AGENT, Role.SUPERVISOR, on=unconditional),
    "recording.read": _staff(*STAFF, on=seated_or(Role.AUDITOR)),
    "recording.compose": _staff(*STAFF, on=seated_or(Role.AUDITOR)),
    "evidence.read": _staff(*STAFF, on=seated_or(Role.AUDITOR)),
    # the outside
    "connection.list": _staff(Role.ADMIN, Role.ANALYST),
    "connection.read": _staff(Role.ADMIN),
    "connection.change": _staff(Role.ADMIN),
    # keys
    "keyring.read": _staff(Role.ADMIN, on=unconditional),
    "keyring.rotate": _staff(Role.ADMIN, on=unconditional),
    # media
    "worker.connect": Rule(worker=True),
    "worker.list": _staff(Role.ADMIN, on=unconditional),
    "worker.drain": _staff(Role.ADMIN, on=unconditional),
    "media.deliver": Rule(worker=True),
}


def can(principal: Principal, action: str, obj: object = None) -> bool:
    """Whether `principal` may do `action` (to `obj`), by the database as it is now.

    Without an object the answer is whether the kind of thing may be done at all; a view that has an
    object must ask again with it. An unknown action is a fault of the caller: KeyError.
    """
    rule = RULES[action]
    if rule.anyone:
        return True
    if isinstance(principal, CustomerPass):
        allowed = rule.customer
    elif isinstance(principal, WorkerPass):
        allowed = rule.worker
    elif isinstance(principal, User):
        allowed = principal.is_active and not rule.roles.isdisjoint(roles_for(principal, obj))
    else:
        allowed = False
    return allowed and (obj is None or rule.on(principal, obj))


def roles_for(user: User, obj: object = None) -> frozenset[str]:
    """The user's roles: in the object's workspace when it has one, else in any workspace."""
    held = Membership.objects.filter(user_id=user.pk)
    workspace_id = workspace_of(obj)
    if workspace_id is not None:
        held = held.filter(workspace_id=workspace_id)
    return frozenset(held.values_list("role", flat=True))


def find_workspace(user: User) -> Workspace | None:
    """The workspace this person works in: the first joined, until people may choose."""
    return (
        Workspace.objects.filter(memberships__user_id=user.pk).order_by("created_at", "id").first()
    )
