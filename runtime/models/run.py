"""A run, its events, its people and its jobs. Times are milliseconds since 1970."""

from __future__ import annotations

from uuid import UUID

from django.conf import settings
from django.db import models
from django.db.models import Q
from typing_extensions import override

from runtime.clock import new_id, new_number, now_ms


class Run(models.Model):
    """One live execution of a FlowVersion.

    `state` is a cache: the fold of its events gives it again.
    """

    class Status(models.TextChoices):
        OPEN = "open"
        CLOSED = "closed"
        INCIDENT = "incident"
        SUSPENDED = "suspended"
        COMPENSATING = "compensating"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    number = models.CharField(max_length=16, unique=True, default=new_number)
    workspace = models.ForeignKey("accounts.Workspace", on_delete=models.PROTECT)
    version = models.ForeignKey("designer.FlowVersion", on_delete=models.PROTECT)
    seq = models.PositiveIntegerField(default=0)
    head = models.CharField(max_length=64, default="0" * 64)
    """Hash of the last event; the next one's `prev_hash`."""
    state = models.JSONField(default=dict)
    """The snapshot: see `runtime.states`."""
    state_seq = models.PositiveIntegerField(default=0)
    """The seq of the event that made `state`; later ones are folded on it."""
    status = models.CharField(max_length=12, choices=Status, default=Status.OPEN)
    ending = models.CharField(max_length=10, blank=True, default="")
    """Kind of ending (success, reject, abort, defer), empty until it has one. From then on it needs
    nobody and no room, whatever is still to be undone."""
    locale = models.CharField(max_length=20, default="en")
    started_at_ms = models.BigIntegerField(default=now_ms)
    ended_at_ms = models.BigIntegerField(null=True, blank=True)
    parent = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="children"
    )
    """The run whose sub-flow this is; None for a run that began by itself."""
    parent_activity = models.CharField(max_length=120, blank=True, default="")
    """The activity of the parent that waits for this run's end."""
    root = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="family"
    )
    """The run at the top, where people and the room are; None for the top itself."""
    data_key = models.CharField(max_length=600, blank=True, default="")
    """The key that seals this run's events, state and jobs, itself wrapped by the keyring."""
    erased_at_ms = models.BigIntegerField(null=True, blank=True)
    """When `data_key` was destroyed: what it sealed can never be read again."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="run_ended_when_closed",
                condition=Q(status="closed", ended_at_ms__isnull=False)
                | ~Q(status="closed") & Q(ended_at_ms__isnull=True),
            ),
            models.UniqueConstraint(
                fields=["parent", "parent_activity"], name="one_child_per_activity"
            ),
        ]
        indexes = [models.Index(fields=["workspace", "-started_at_ms"], name="run_by_start")]

    @override
    def __str__(self) -> str:
        return self.number

    @property
    def home_id(self) -> UUID:
        """The run that has the people, the room and the recordings: the root, which may be this."""
        home: UUID = self.root_id or self.pk
        return home


class RunEvent(models.Model):
    """A fact of a run, chained by hash. Never changed, never deleted: triggers hold that."""

    # No index of its own: that of `one_event_per_seq` begins with the run.
    run = models.ForeignKey(Run, models.PROTECT, related_name="events", db_index=False)
    seq = models.PositiveIntegerField()
    key = models.CharField(max_length=200)
    """Identity of the fact at its source; the same key again is the same fact."""
    kind = models.CharField(max_length=40)
    data = models.JSONField()
    """The event as `flow.codec` writes it."""
    actor = models.CharField(max_length=80)
    """`participant:<id>`, `user:<id>`, `worker:<id>` or `system`."""
    at_ms = models.BigIntegerField()
    prev_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "seq"], name="one_event_per_seq"),
            models.UniqueConstraint(fields=["run", "key"], name="one_event_per_key"),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.run_id}#{self.seq} {self.kind}"


class Job(models.Model):
    """A stored command, timer or follow-up: outbox and timers in one table.

    `ready → leased → done | ready (retry) | waiting (asynchronous, until lease_until) | dead`.
    Only the holder of the current `fence` may complete it.
    """

    class Status(models.TextChoices):
        READY = "ready"
        LEASED = "leased"
        WAITING = "waiting"
        DONE = "done"
        DEAD = "dead"

    run = models.ForeignKey(Run, on_delete=models.PROTECT, null=True, related_name="jobs")
    key = models.CharField(max_length=240, unique=True)
    """`<run>/<command key>` for a command of a run; any other identity for the house's own."""
    kind = models.CharField(max_length=40)
    activity = models.CharField(max_length=120, blank=True, default="")
    name = models.CharField(max_length=120, blank=True, default="")
    """A timer's name: unique among the running timers of its activity."""
    payload = models.JSONField(default=dict)
    due_at_ms = models.BigIntegerField()
    lease_until_ms = models.BigIntegerField(null=True, blank=True)
    fence = models.PositiveIntegerField(default=0)
    attempt = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=8, choices=Status, default=Status.READY)
    problem = models.CharField(max_length=200, blank=True, default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "activity", "name"],
                condition=Q(kind="SetTimer", status__in=("ready", "leased")),
                name="one_running_timer_per_name",
            ),
            models.CheckConstraint(
                name="job_lease_when_held",
                condition=Q(status__in=("leased", "waiting"), lease_until_ms__isnull=False)
                | ~Q(status__in=("leased", "waiting")) & Q(lease_until_ms__isnull=True),
            ),
        ]
        indexes = [
            models.Index(fields=["due_at_ms"], condition=Q(status="ready"), name="job_due"),
            models.Index(
                fields=["lease_until_ms"],
                condition=Q(status__in=("leased", "waiting")),
                name="job_lease",
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.kind} {self.key}"


class Participant(models.Model):
    """A person in a run, with a role. A customer is known by device, staff by user."""

    class Role(models.TextChoices):
        CUSTOMER = "customer"
        AGENT = "agent"
        SUPERVISOR = "supervisor"
        EXPERT = "expert"
        INTERPRETER = "interpreter"
        CO_CUSTOMER = "co_customer"

    class Mode(models.TextChoices):
        NORMAL = "normal"
        MONITOR = "monitor"
        WHISPER = "whisper"
        HOLD = "hold"
        WAITING = "waiting"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey(Run, on_delete=models.PROTECT, related_name="participants")
    role = models.CharField(max_length=12, choices=Role)
    name = models.CharField(max_length=120, blank=True, default="")
    staff_no = models.CharField(max_length=40, blank=True, default="")
    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    device = models.CharField(max_length=36, blank=True, default="")
    """Which redemption of a join link let the device in (`accounts.Redemption`).

    Empty for staff.
    """
    tab = models.CharField(max_length=40, blank=True, default="")
    """The browser tab that speaks for this person now; another one replaces it."""
    epoch = models.PositiveIntegerField(default=0)
    """Counts connects and disconnects: what was planned under an older epoch is void."""
    present = models.BooleanField(default=False)
    seen_at_ms = models.BigIntegerField(default=0)
    joined_at_ms = models.BigIntegerField(default=now_ms)
    mode = models.CharField(max_length=8, choices=Mode, default=Mode.NORMAL)
    """How they are in the call: see `runtime.media.hearing`."""
    heard_by = models.JSONField(default=list)
    """Participants: whom a whisper is for, or who sees one who waits."""
    muted = models.JSONField(default=list)
    """`audio`, `video`: what the others do not get of them."""
    turn = models.PositiveIntegerField(default=0)
    """How often the three above were set."""
    consented = models.BooleanField(default=False)
    """Came later, and agreed to be recorded."""
    near = models.JSONField(default=dict, blank=True)
    """Region -> round trip to its media workers in ms, as their browser measured it."""
    removed_at_ms = models.BigIntegerField(null=True, blank=True)
    """When staff took the seat away: nobody comes back to it."""

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["run", "user"], condition=Q(user__isnull=False), name="one_seat_per_user"
            ),
            models.UniqueConstraint(
                fields=["run", "device"], condition=~Q(device=""), name="one_seat_per_device"
            ),
        ]

    @override
    def __str__(self) -> str:
        return f"{self.role} {self.name}"
