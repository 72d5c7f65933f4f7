"""What a workspace has set up to reach the outside. How it is used is `runtime.connections`."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from typing_extensions import override

from runtime.clock import new_id

LEAST_MS, MOST_MS = 500, 20_000
"""How long one call may take: an effect that makes two must be done within a minute."""


class Connection(models.Model):
    """One system outside the house, by the name that steps of a flow give it."""

    class Kind(models.TextChoices):
        HTTP = "http"
        CORE = "core"
        SMS = "sms"
        EMAIL = "email"
        WEBHOOK = "webhook"

    class Auth(models.TextChoices):
        NONE = "none"
        BASIC = "basic"
        BEARER = "bearer"
        HEADER = "header"
        """The secret alone, in the header that `username` names."""
        SIGNATURE = "signature"
        """An HMAC over id, time and body with the secret (Standard Webhooks 1.0)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.PROTECT)
    name = models.CharField(max_length=40)
    """Lower snake case."""
    kind = models.CharField(max_length=8, choices=Kind)
    base_url = models.CharField(max_length=300)
    """`https://host[:port][/path]`, or `smtp://`, `smtps://` for e-mail; nothing but this host is
    ever called."""
    auth = models.CharField(max_length=10, choices=Auth, default=Auth.NONE)
    username = models.CharField(max_length=120, blank=True, default="")
    sealed_secret = models.TextField(blank=True, default="")
    """Sealed by the keyring; never shown to anyone."""
    sender = models.CharField(max_length=200, blank=True, default="")
    """Whom an e-mail comes from."""
    timeout_ms = models.PositiveIntegerField(default=5_000)
    private = models.BooleanField(default=False)
    """Whether it may stand in one of the private networks that the site allows."""
    allowed = models.BooleanField(default=True)
    """Switched off, no step can use it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_connection_per_name"),
            models.CheckConstraint(
                name="connection_call_is_bounded",
                condition=Q(timeout_ms__gte=LEAST_MS, timeout_ms__lte=MOST_MS),
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.name}"
