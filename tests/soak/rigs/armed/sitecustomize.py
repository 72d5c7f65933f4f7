"""On the path of a cluster's processes: one of Celery's dies where `<folder>/crash-order` says.

The first that begins a task takes the order (`[place, times it is passed]`) and dies with its whole
group, as a host does. Nothing in the product knows of this.
"""

from __future__ import annotations

import json
import os
import signal
import sys
from pathlib import Path
from typing import Any

if "celery" in sys.orig_argv:
    from celery.signals import task_postrun, task_prerun
    from typing_extensions import override

    _armed: list[Any] = []

    @task_prerun.connect
    def take_order(**_: Any) -> None:
        order = Path(os.environ["COUNTERFLOW_VAR"]) / "crash-order"
        mine = order.with_suffix(f".{os.getpid()}")
        try:
            order.rename(mine)
        except FileNotFoundError:
            return
        from tests.soak.crash_points import CrashPoint  # noqa: PLC0415 - Django is set up by now

        class _Dies(CrashPoint):
            @override
            def die(self) -> None:
                os.killpg(os.getpgrp(), signal.SIGKILL)

        _armed.append(_Dies(*json.loads(mine.read_text())))
        _armed[-1].arm()

    @task_postrun.connect
    def pass_ack(**_: Any) -> None:
        """The message is acknowledged after this (`acks_late`)."""
        for one in _armed:
            one.passed("before ack")
