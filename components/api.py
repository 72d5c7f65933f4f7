"""REST of the vocabulary: the palette. Parses, calls one verb, renders."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.answers import ErrorSerializer
from accounts.views import GuardedView
from components.palette import GROUPS, palette
from flow.graph import Polarity, Privacy, ValueType


class LocalTextField(serializers.DictField):
    """Text by locale: {"en": "...", "zh-Hans": "..."}."""

    child = serializers.CharField()


class GroupSerializer(serializers.Serializer[Any]):
    """A drawer of the palette."""

    id = serializers.ChoiceField(choices=list(GROUPS))
    title = LocalTextField()


class OutcomeSerializer(serializers.Serializer[Any]):
    """A way of leaving the node, with the default settings."""

    id = serializers.CharField()
    polarity = serializers.ChoiceField(choices=[one.value for one in Polarity])
    label = LocalTextField()  # type: ignore[assignment] # DRF takes declared fields off the class


class OutputSerializer(serializers.Serializer[Any]):
    """A variable the node may set, with the default settings."""

    name = serializers.CharField()
    type = serializers.ChoiceField(choices=[one.value for one in ValueType])
    privacy = serializers.ChoiceField(choices=[one.value for one in Privacy])


class ComponentSerializer(serializers.Serializer[Any]):
    """One component of the palette."""

    key = serializers.CharField()
    version = serializers.CharField()
    group = serializers.ChoiceField(choices=list(GROUPS))
    title = LocalTextField()
    summary = LocalTextField()
    icon = serializers.CharField(help_text="SVG of 16 by 16, drawn in currentColor.")
    outcomes = OutcomeSerializer(many=True)
    config_schema = serializers.DictField(help_text="JSON Schema 2020-12 of the settings.")
    defaults = serializers.DictField(help_text="Settings of a node just dropped.")
    panels = serializers.DictField(
        child=serializers.CharField(), help_text="Role to panel; a missing role sees none."
    )
    span = serializers.CharField(allow_null=True, help_text="Span it opens.")
    closes = serializers.CharField(allow_null=True, help_text="Span it closes.")
    entry = serializers.BooleanField()
    end = serializers.BooleanField()
    bounded = serializers.BooleanField(help_text="Its outcomes bound any loop through it.")
    requires = serializers.ListField(child=serializers.CharField())
    provides = serializers.ListField(child=serializers.CharField())
    outputs = OutputSerializer(many=True)


class PaletteSerializer(serializers.Serializer[Any]):
    """All of it: a few dozen kilobytes that change only with a deployment."""

    groups = GroupSerializer(many=True)
    components = ComponentSerializer(many=True)


class PaletteView(GuardedView):
    """The components this person may drag."""

    actions: ClassVar[Mapping[str, str]] = {"GET": "palette.read"}

    @extend_schema(
        operation_id="palette",
        responses={200: PaletteSerializer, 401: ErrorSerializer, 403: ErrorSerializer},
    )
    def get(self, request: Request) -> Response:
        return Response(palette())
