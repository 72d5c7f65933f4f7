"""The ten steps as a flow of viewflow, which wants them in an app of Django."""

from __future__ import annotations

from asked import STEPS
from viewflow import this
from viewflow.workflow import flow
from viewflow.workflow.models import Process


def agree(activation):
    return activation.process


class Linear(flow.Flow):
    process_class = Process

    start = flow.StartHandle().Next(this.step_0)
    end = flow.End()
    for _n in range(STEPS):
        _next = f"step_{_n + 1}" if _n + 1 < STEPS else "end"
        locals()[f"step_{_n}"] = flow.Handle(agree).Next(getattr(this, _next))
