"""Addresses of the REST of the vocabulary, under /api/v1/."""

from django.urls import path

from components.api import PaletteView

urlpatterns = [path("palette", PaletteView.as_view(), name="palette")]
