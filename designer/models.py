"""Flows, their drafts and their published versions.

Saving is `designer.drafts`, publishing `designer.publishing`.
"""

from __future__ import annotations

import uuid
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q
from typing_extensions import override

from accounts.models import User, Workspace


class Flow(models.Model):
    """A named design with one draft and any number of versions."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="flows")
    name = models.CharField(max_length=120)
    key = models.SlugField(max_length=64)
    """By which other flows of the workspace call it; given once and kept when it is renamed."""
    summary = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["workspace", "name"], name="one_flow_per_name"),
            models.UniqueConstraint(fields=["workspace", "key"], name="one_flow_per_key"),
        ]

    @override
    def __str__(self) -> str:
        return self.name


class Draft(models.Model):
    """What the analysts are drawing. It never runs."""

    flow = models.OneToOneField(
        Flow, primary_key=True, on_delete=models.CASCADE, related_name="draft"
    )
    revision = models.PositiveIntegerField(default=1)
    """Grows by one at each save; a save names the one it began from."""
    graph = models.JSONField()
    """A `graph/1` document (flow.graph.to_json)."""
    layout = models.JSONField(default=dict)
    """Where nodes stand, as the canvas keeps it; nothing here changes what a run does."""
    problems = models.PositiveIntegerField(default=0)
    """Errors that verification found when it was saved."""
    saved_at = models.DateTimeField()
    saved_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    @override
    def __str__(self) -> str:
        return f"{self.flow_id} revision {self.revision}"

    @property
    def workspace_id(self) -> uuid.UUID:
        return self.flow.workspace_id


class FrozenVersionError(Exception):
    """A published version does not change."""

    def __init__(self, *, flow: uuid.UUID, number: int) -> None:
        self.flow, self.number = flow, number
        super().__init__(f"version {number} of flow {flow} is published and does not change")


class FlowVersion(models.Model):
    """An immutable, numbered, published graph."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    flow = models.ForeignKey(Flow, on_delete=models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    """1, 2, 3 … in its flow."""
    hash = models.CharField(max_length=64)
    """`Graph.content_hash` of `graph`."""
    graph = models.JSONField()
    layout = models.JSONField(default=dict)
    closure = models.JSONField(default=list)
    """Every component it uses, as sorted `key@version`, and `flow:key@number#hash` of every flow it
    calls in a fixed version, with all that those use."""
    note = models.CharField(max_length=500, blank=True)
    published_at = models.DateTimeField()
    published_by = models.ForeignKey(User, null=True, on_delete=models.SET_NULL, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["flow", "number"], name="one_version_per_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="versions_count_from_one"),
        ]
        ordering: ClassVar[list[str]] = ["number"]

    @override
    def __str__(self) -> str:
        return f"{self.flow_id} version {self.number}"

    @override
    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise FrozenVersionError(flow=self.flow_id, number=self.number)
        super().save(*args, **kwargs)

    @property
    def workspace_id(self) -> uuid.UUID:
        return self.flow.workspace_id
