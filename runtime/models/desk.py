"""Queues, who waits in them and who serves them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from runtime.clock import now_ms


class Queue(models.Model):
    """Where customers of a workspace wait.

    Without agents of its own, everybody at the desk serves it.
    """

    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE)
    key = models.CharField(max_length=60)
    title = models.JSONField(default=dict)
    """Text by locale."""
    media_zones = models.JSONField(default=list, blank=True)
    """Where calls of its customers may run and be recorded; [] for anywhere the flow allows."""
    media_regions = models.JSONField(default=list, blank=True)
    """The nearest first; before those of the flow."""
    agents = models.ManyToManyField(settings.AUTH_USER_MODEL, blank=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "key"], name="one_queue_per_key")
        ]

    @override
    def __str__(self) -> str:
        return self.key


class QueueEntry(models.Model):
    """A run's place in a queue, from Enqueue until the agent is seated or the customer left."""

    class Status(models.TextChoices):
        WAITING = "waiting"
        RESERVED = "reserved"
        RINGING = "ringing"
        LEFT = "left"

    run = models.ForeignKey("runtime.Run", on_delete=models.PROTECT, related_name="queue_entries")
    queue = models.ForeignKey(Queue, on_delete=models.PROTECT, related_name="entries")
    activity = models.CharField(max_length=120)
    """Whom signals go to: the waiting activity, then the ringing one."""
    skills = models.JSONField(default=list)
    priority = models.IntegerField(default=0)
    since_ms = models.BigIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.WAITING)
    told = models.CharField(max_length=40, blank=True, default="")
    """The `position:eta` told last, so that a signal goes out only on a change."""
    signals = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run"], condition=~Q(status="left"), name="one_place_per_run"
            ),
        ]
        indexes = [
            models.Index(
                fields=["queue", "-priority", "since_ms"],
                condition=Q(status="waiting"),
                name="queue_order",
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.queue_id}: {self.run_id} {self.status}"


class AgentPresence(models.Model):
    """What a member of staff is doing at the desk.

    `run` is whom they are reserved for or busy with.
    """

    class Status(models.TextChoices):
        AVAILABLE = "available"
        AWAY = "away"
        RINGING = "ringing"
        IN_CALL = "in_call"
        WRAP_UP = "wrap_up"

    user = models.OneToOneField(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="desk_presence"
    )
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.CASCADE)
    status = models.CharField(max_length=10, choices=Status, default=Status.AWAY)
    since_ms = models.BigIntegerField(default=now_ms)
    run = models.ForeignKey(
        "runtime.Run", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    seen_at_ms = models.BigIntegerField(default=0)
    """When a desk socket of this person last said anything; written at most every few seconds."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="agent_busy_with_a_run",
                condition=Q(status__in=("ringing", "in_call"), run__isnull=False)
                | ~Q(status__in=("ringing", "in_call")) & Q(run__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["run"], condition=Q(run__isnull=False), name="one_agent_per_run"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.user_id} {self.status}"
