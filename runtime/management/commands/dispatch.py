"""`manage.py dispatch`: perform the jobs of this site until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
from typing import Any

from django.core.management.base import BaseCommand
from typing_extensions import override

from runtime.dispatcher import Dispatcher


class Command(BaseCommand):
    """Performs jobs until it is told to stop."""

    help = "Perform jobs: timers, desk and media effects. Stops in order at SIGTERM."

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        dispatcher = Dispatcher()
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, dispatcher.stop)
        dispatcher.run()
