"""The Django app of the runtime."""

from django.apps import AppConfig
from typing_extensions import override


class RuntimeConfig(AppConfig):
    """Runs, desks, rooms and evidence."""

    name = "runtime"
    verbose_name = "Runs"

    @override
    def ready(self) -> None:
        from designer import outside  # noqa: PLC0415 - models exist only after Django's setup
        from runtime import connections, revocation  # noqa: PLC0415 - the same

        revocation.watch()
        outside.tell_by(connections.usable)
