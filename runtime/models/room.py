"""Media workers, the rooms they hold, and the record of what is asked of them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from typing_extensions import override

from runtime.clock import new_id, now_ms


class Worker(models.Model):
    """A media process.

    Known by the hash of its token; heartbeats are written here at most once a second.
    """

    class Status(models.TextChoices):
        LIVE = "live"
        AWAY = "away"
        """Its socket is gone; its calls may still go on."""
        DRAINING = "draining"
        LOST = "lost"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    name = models.CharField(max_length=80, unique=True)
    token_hash = models.CharField(max_length=64, unique=True)
    zone = models.CharField(max_length=40, default="default")
    region = models.CharField(max_length=40, default="default")
    host = models.CharField(max_length=200, blank=True, default="")
    udp_port = models.PositiveIntegerField(default=0)
    capacity = models.PositiveIntegerField(default=0)
    """Rooms it takes at most."""
    is_standby = models.BooleanField(default=False)
    """Kept free for the rooms of others that are lost or leave."""
    version = models.CharField(max_length=40, blank=True, default="")
    """Of its software, by its own account."""
    addresses = models.JSONField(default=list, blank=True)
    """Where browsers reach its media, with `udp_port`."""
    load = models.FloatField(default=0.0)
    """Share of a core, 0..1."""
    peers = models.PositiveIntegerField(default=0)
    packets_per_s = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.LOST)
    seen_at_ms = models.BigIntegerField(default=0)
    epoch = models.PositiveIntegerField(default=0)
    """Counts enrolments and lost sockets: a check planned under an older epoch is void."""

    @override
    def __str__(self) -> str:
        return self.name


class Room(models.Model):
    """A run's meeting place for media on one worker; a new generation at each new placement."""

    class Status(models.TextChoices):
        OPENING = "opening"
        OPEN = "open"
        MOVING = "moving"
        """Another one is there or on its way; it carries media until everybody is there."""
        LOST = "lost"
        CLOSED = "closed"

    run = models.ForeignKey("runtime.Run", on_delete=models.PROTECT, related_name="rooms")
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="rooms")
    generation = models.PositiveIntegerField()
    status = models.CharField(max_length=8, choices=Status, default=Status.OPENING)
    route = models.JSONField(default=dict, blank=True)
    """Where it was told to be, `{zones, regions}`, and those after it; {} for what flows say."""
    opened_at_ms = models.BigIntegerField(default=now_ms)
    ended_at_ms = models.BigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "generation"], name="one_room_per_generation"),
            models.UniqueConstraint(
                fields=["run"],
                condition=Q(status__in=("opening", "open")),
                name="one_live_room_per_run",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.run_id}/{self.generation}"


class WorkerRequest(models.Model):
    """What is asked of a worker and what it answered. The same id twice gets the same answer."""

    class Status(models.TextChoices):
        ASKED = "asked"
        ANSWERED = "answered"
        FAILED = "failed"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    worker = models.ForeignKey(Worker, on_delete=models.PROTECT, related_name="requests")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, related_name="requests")
    job = models.ForeignKey(
        "runtime.Job", on_delete=models.PROTECT, null=True, blank=True, related_name="requests"
    )
    """The job that waits for the answer; None when a browser waits."""
    kind = models.CharField(max_length=20)
    params = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status, default=Status.ASKED)
    answer = models.JSONField(default=dict)
    """The result, or `{code, message}`."""
    asked_at_ms = models.BigIntegerField(default=now_ms)
    deadline_ms = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["job", "room"], condition=Q(job__isnull=False), name="one_request_per_job"
            ),
        ]
        indexes = [
            models.Index(fields=["worker", "id"], condition=Q(status="asked"), name="request_asked")
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.id}"


class PeerOffer(models.Model):
    """A worker's own offer towards a browser (another party's tracks came).

    The id is the worker's event.
    """

    id = models.UUIDField(primary_key=True)
    room = models.ForeignKey(Room, on_delete=models.CASCADE, related_name="offers")
    participant = models.CharField(max_length=60)
    peer = models.CharField(max_length=60)
    sdp = models.TextField()
    at_ms = models.BigIntegerField(default=now_ms)
    answered = models.BooleanField(default=False)

    @override
    def __str__(self) -> str:
        return f"offer {self.id}"
