"""People, workspaces, roles, join links and the audit trail.

Who may do what is `accounts.access`.
"""

from __future__ import annotations

import uuid
from typing import ClassVar

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _
from typing_extensions import override


class Locale(models.TextChoices):
    """BCP 47 tags of the languages everything people read is written in."""

    EN = "en", _("English")
    ZH_HANS = "zh-Hans", _("Simplified Chinese")


class Role(models.TextChoices):
    """What a person is in a workspace; `accounts.access` says what each may do."""

    ANALYST = "analyst", _("Analyst")
    AGENT = "agent", _("Agent")
    SUPERVISOR = "supervisor", _("Supervisor")
    ADMIN = "admin", _("Admin")
    AUDITOR = "auditor", _("Auditor")


class Workspace(models.Model):
    """Owner of flows: a department or line of business.

    `brand` is what a customer sees of it, each part may be missing:
    {"name": str, "color": "#rrggbb", "color_dark": "#rrggbb"}.
    """

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(max_length=120, unique=True)
    brand = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    @override
    def __str__(self) -> str:
        return self.name


class User(AbstractUser):
    """A person of the staff. Customers are no users: they hold a join link."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    display_name = models.CharField(max_length=120, blank=True)
    staff_no = models.CharField(max_length=32, blank=True)
    """The number a customer is shown; empty for people who never meet one."""
    locale = models.CharField(max_length=16, choices=Locale.choices, default=Locale.EN)

    REQUIRED_FIELDS: ClassVar[list[str]] = []

    @property
    def shown_name(self) -> str:
        return self.display_name or self.username


class Membership(models.Model):
    """One role of one person in one workspace; a person may hold several."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="memberships")
    role = models.CharField(max_length=16, choices=Role.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "user", "role"], name="one_role_once"),
            models.CheckConstraint(condition=Q(role__in=Role.values), name="known_role"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.user_id} {self.role} in {self.workspace_id}"


class JoinLink(models.Model):
    """A customer's way in: only the hash of its token is stored."""

    class Kind(models.TextChoices):
        FLOW_VERSION = "flow_version", _("Starts a run")
        RUN = "run", _("Leads into a run")
        SEAT = "seat", _("Leads to a seat kept for somebody in a run")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.CASCADE, related_name="join_links")
    kind = models.CharField(max_length=16, choices=Kind.choices)
    target = models.UUIDField()
    """What it leads to, by kind: an id of a floor above, so no foreign key."""
    token_hash = models.CharField(max_length=64, unique=True)
    """SHA-256 in hex. 256 random bits need no slow hash."""
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")
    expires_at = models.DateTimeField()
    max_uses = models.PositiveIntegerField(default=1)
    uses = models.PositiveIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    """When the last use was spent; from then on it opens nothing new."""
    revoked_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(uses__lte=F("max_uses")), name="no_use_too_many"),
            models.CheckConstraint(condition=Q(max_uses__gte=1), name="at_least_one_use"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.target} until {self.expires_at:%F %T}"


class Redemption(models.Model):
    """One spent use of a link, by one device, which may come back until `resume_until`."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    link = models.ForeignKey(JoinLink, on_delete=models.CASCADE, related_name="redemptions")
    device_hash = models.CharField(max_length=64)
    """SHA-256 in hex of the key in the device's cookie."""
    redeemed_at = models.DateTimeField()
    resume_until = models.DateTimeField()
    run = models.UUIDField(null=True, db_index=True)
    """The run it led to (an id of a floor above)."""

    @override
    def __str__(self) -> str:
        return f"{self.link_id} for run {self.run}"


class JoinFailure(models.Model):
    """A token that did not open anything, by address: guessing shows as many different tokens."""

    address_hash = models.CharField(max_length=64)
    token_hash = models.CharField(max_length=64)
    at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["address_hash", "token_hash"], name="a_token_fails_once"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.address_hash[:8]} at {self.at:%F %T}"


class AuditEvent(models.Model):
    """What was done or refused, bound to the event before by hash. Only `accounts.audit` writes."""

    chain = models.CharField(max_length=36)
    """A workspace's id, or "site" for what belongs to none."""
    seq = models.PositiveBigIntegerField()
    """1, 2, 3 … without a gap in its chain."""
    at_ms = models.PositiveBigIntegerField()
    actor = models.CharField(max_length=80)
    """`user:<id>`, `customer:<redemption id>`, `worker:<id>` or `anyone`."""
    action = models.CharField(max_length=64)
    target = models.CharField(max_length=120, blank=True)
    data = models.JSONField(default=dict)
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["chain", "seq"], name="one_audit_event_per_seq"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.chain}#{self.seq} {self.action}"
