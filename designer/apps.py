"""Flows and their versions, as a Django app."""

from django.apps import AppConfig


class DesignerConfig(AppConfig):
    """Registers the app with Django."""

    name = "designer"
    verbose_name = "Designer"
