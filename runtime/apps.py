"""The Django app of the runtime."""

from django.apps import AppConfig


class RuntimeConfig(AppConfig):
    """Runs, desks, rooms and evidence."""

    name = "runtime"
    verbose_name = "Runs"
