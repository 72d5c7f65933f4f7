"""The vocabulary as a Django app."""

from django.apps import AppConfig


class ComponentsConfig(AppConfig):
    """The catalogue needs no tables."""

    name = "components"
    verbose_name = "Components"
