"""REST of the media workers: what each does, and sending one away."""

from __future__ import annotations

from typing import Any, ClassVar
from uuid import UUID

from django.db.models import Count, Q
from django.http import Http404
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import audit
from accounts.answers import ErrorSerializer
from accounts.views import GuardedView
from runtime import pool, rooms
from runtime.clock import now_ms
from runtime.models import Worker


class WorkerSerializer(serializers.ModelSerializer[Worker]):
    """A media worker as the site last heard of it."""

    status = serializers.CharField(help_text="live, away, draining or lost.")
    held = serializers.IntegerField(help_text="Rooms it holds.")

    class Meta:
        model = Worker
        fields = (
            *("id", "name", "zone", "region", "host", "udp_port", "addresses", "status", "version"),
            *("is_standby", "capacity", "held", "peers", "load", "packets_per_s", "seen_at_ms"),
        )


class DrainedSerializer(serializers.Serializer[Any]):
    """How many rooms go elsewhere; asked again, none."""

    moving = serializers.IntegerField()


class WorkersView(GuardedView):
    """The media workers of the site, by name."""

    actions: ClassVar = {"GET": "worker.list"}

    @extend_schema(operation_id="workers", responses={200: WorkerSerializer(many=True)})
    def get(self, _request: Request) -> Response:
        holding = Q(rooms__status__in=rooms.HELD)
        found = Worker.objects.annotate(held=Count("rooms", filter=holding)).order_by("name")
        return Response(WorkerSerializer(found, many=True).data)


class DrainView(GuardedView):
    """Send a worker away: no new rooms, those it has move, then it ends."""

    actions: ClassVar = {"POST": "worker.drain"}

    @extend_schema(
        operation_id="drain_worker",
        request=None,
        responses={200: DrainedSerializer, 404: ErrorSerializer},
    )
    def post(self, _request: Request, worker_id: UUID) -> Response:
        worker = Worker.objects.filter(pk=worker_id).first()
        if worker is None:
            raise Http404
        moving = pool.drain(worker, now_ms())
        audit.append(
            actor=f"user:{self.person.pk}",
            action="worker.drain",
            target=f"worker:{worker.name}",
            data={"moving": moving},
        )
        return Response({"moving": moving})
