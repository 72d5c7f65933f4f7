"""`manage.py dispatch`: have the jobs of this site performed until SIGTERM or SIGINT."""

from __future__ import annotations

import signal
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand
from typing_extensions import override

from runtime.dispatcher import Dispatcher, Performer, Threads


class Command(BaseCommand):
    """With a broker in the settings it passes jobs on to Celery's workers, else performs them."""

    help = "Have jobs performed: timers, desk and media effects. Stops in order at SIGTERM."

    @override
    def handle(self, *_args: Any, **_options: Any) -> None:
        dispatcher = Dispatcher(_performer())
        for one in (signal.SIGTERM, signal.SIGINT):
            signal.signal(one, dispatcher.stop)
        dispatcher.run()


def _performer() -> Callable[[Callable[[], None]], Performer]:
    if not settings.CELERY_BROKER_URL:
        return Threads
    from runtime.relay import Relay  # noqa: PLC0415 - loads Celery, which others save

    return Relay
