"""How long a run's devices may come back: while it goes on, and a little after it has ended."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from accounts import links
from flow.graph import FRESH_SESSION
from flow.state import EndKind
from runtime.models import Run

AFTERWARDS = timedelta(minutes=10)
"""How long the closing page can still be opened."""


def keep_for_a_while(run_id: UUID, now_ms: int) -> None:
    """The run has ended: its devices may look at the closing page, and that is all.

    Who dropped out of a flow whose drops are final may begin anew for longer.
    """
    run = Run.objects.select_related("version").get(pk=run_id)
    is_final = run.version.graph["settings"].get("drop_policy") == FRESH_SESSION
    anew = is_final and run.ending in (EndKind.ABORT, EndKind.DEFER)
    until = links.RESUME_WINDOW if anew else AFTERWARDS
    links.keep_open(run_id, until=datetime.fromtimestamp(now_ms / 1000, UTC) + until)


def shut(run_id: UUID, now_ms: int) -> None:
    """Nobody comes back, and nothing is left that would know their device again."""
    links.forget_devices(run_id, now=datetime.fromtimestamp(now_ms / 1000, UTC))
