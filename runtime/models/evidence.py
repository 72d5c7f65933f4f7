"""Recordings with their hash chains, and pictures kept as evidence.

Files stand in the media folder.
"""

from __future__ import annotations

from django.db import models
from typing_extensions import override

from runtime.clock import new_id


class Recording(models.Model):
    """What one `StartRecording` made: a file per party and generation of the room."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey("runtime.Run", on_delete=models.PROTECT, related_name="recordings")
    name = models.CharField(max_length=120)
    """The flow's RecordingId, unique in the run."""
    roles = models.JSONField(default=list)
    redundant = models.BooleanField(default=False)
    """Made twice, by recorders that do not need each other."""
    started_at_ms = models.BigIntegerField()
    ended_at_ms = models.BigIntegerField(null=True, blank=True)
    noted_at_ms = models.BigIntegerField(default=0)
    """When the chains' heads last entered the run's log."""
    chapters = models.JSONField(default=list)
    """[{at_ms, label, legal_step, run}] in order of marking; the log has them too."""

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["run", "name"], name="one_recording_per_name")
        ]

    @override
    def __str__(self) -> str:
        return f"{self.run_id} {self.name}"


class RecordingFile(models.Model):
    """One party's file in one generation of the room.

    Grows by segments, then is delivered whole.
    """

    class State(models.TextChoices):
        RECORDING = "recording"
        DELIVERED = "delivered"
        ERASED = "erased"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="files")
    generation = models.PositiveIntegerField()
    file = models.CharField(max_length=160)
    """The worker's name of it, which is the file's name under the grant's prefix."""
    party = models.CharField(max_length=60, blank=True, default="")
    role = models.CharField(max_length=10, blank=True, default="")
    label = models.CharField(max_length=20, blank=True, default="")
    """Of a track beyond the first picture: `video-2`; empty for the file of sound and picture."""
    is_copy = models.BooleanField(default=False)
    """Made by the second recorder."""
    path = models.CharField(max_length=300, blank=True, default="")
    """Relative to the media folder; empty until delivered."""
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    head = models.CharField(max_length=64, default="0" * 64)
    """Head of the chain over the segments received so far."""
    t0_ms = models.BigIntegerField(default=0)
    duration_ms = models.BigIntegerField(default=0)
    mime = models.CharField(max_length=40, default="video/webm")
    gaps = models.JSONField(default=list)
    late = models.BooleanField(default=False)
    """Something of it arrived after its generation had been replaced."""
    state = models.CharField(max_length=10, choices=State, default=State.RECORDING)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["recording", "generation", "file"], name="one_file_per_generation"
            )
        ]

    @override
    def __str__(self) -> str:
        return self.file


class Segment(models.Model):
    """A link of a file's chain: at most one second, hashed before it left the worker."""

    file = models.ForeignKey(RecordingFile, on_delete=models.PROTECT, related_name="segments")
    n = models.PositiveIntegerField()
    t0_ms = models.BigIntegerField()
    t1_ms = models.BigIntegerField()
    offset = models.BigIntegerField()
    bytes = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    prev = models.CharField(max_length=64)
    head = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["file", "n"], name="one_segment_per_n")]

    @override
    def __str__(self) -> str:
        return f"{self.file_id}:{self.n}"


class Evidence(models.Model):
    """A picture taken from the received stream; `sha256` is over the file as delivered."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    run = models.ForeignKey("runtime.Run", on_delete=models.PROTECT, related_name="evidence")
    activity = models.CharField(max_length=120, blank=True, default="")
    kind = models.CharField(max_length=20, default="picture")
    label = models.CharField(max_length=120)
    party = models.CharField(max_length=60, blank=True, default="")
    at_ms = models.BigIntegerField()
    sha256 = models.CharField(max_length=64, blank=True, default="")
    """Empty until the worker has answered."""
    width = models.PositiveIntegerField(default=0)
    height = models.PositiveIntegerField(default=0)
    sharpness = models.FloatField(default=0.0)
    path = models.CharField(max_length=300, blank=True, default="")
    """Relative to the media folder."""

    class Meta:
        verbose_name_plural = "evidence"

    @override
    def __str__(self) -> str:
        return f"{self.label} {self.id}"


class Composition(models.Model):
    """One video of a whole recording, made when somebody asks for it; it can be made again."""

    class State(models.TextChoices):
        WAITING = "waiting"
        WORKING = "working"
        DONE = "done"
        FAILED = "failed"
        CANCELLED = "cancelled"

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    recording = models.ForeignKey(Recording, on_delete=models.PROTECT, related_name="compositions")
    locale = models.CharField(max_length=10)
    """Of the labels burnt in."""
    asked_at_ms = models.BigIntegerField()
    touched_at_ms = models.BigIntegerField()
    """When it last got on."""
    state = models.CharField(max_length=10, choices=State, default=State.WAITING)
    steps = models.PositiveIntegerField()
    steps_done = models.PositiveIntegerField(default=0)
    path = models.CharField(max_length=300, blank=True, default="")
    """Relative to the media folder; empty until it is done, and again when it is erased."""
    bytes = models.BigIntegerField(default=0)
    sha256 = models.CharField(max_length=64, blank=True, default="")
    duration_ms = models.BigIntegerField(default=0)
    mime = "video/mp4"

    class Meta:
        indexes = [
            models.Index(
                fields=["asked_at_ms"],
                name="composition_live",
                condition=models.Q(state__in=["waiting", "working"]),
            )
        ]

    @override
    def __str__(self) -> str:
        return f"{self.recording_id} {self.state}"
