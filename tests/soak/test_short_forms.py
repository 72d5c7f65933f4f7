"""Every proof of durability in its short form; `make soak` runs the full ones."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SHORT = (
    ("crash", "sqlite", 8),
    ("crash", "postgresql", 9),
    ("recoverers", "sqlite", 10),
    ("recoverers", "postgresql", 10),
    ("clocks", "sqlite", 5),
    ("disk_full", "sqlite", 1),
    ("delivering", "sqlite", 10),
    ("power", "sqlite", 2),
    ("migrating", "sqlite", 12),
    ("migrating", "postgresql", 12),
)


def prove(proof: str, store: str, trials: int, *more: str) -> dict[str, object]:
    """The result line of a proof in a process and a folder of its own."""
    with tempfile.TemporaryDirectory(prefix="counterflow-soak-") as folder:
        argv = [proof, "--store", store, "--trials", str(trials), *more]
        done = subprocess.run(
            [sys.executable, "-m", "tests.soak", *argv],
            cwd=ROOT,
            env={**os.environ, "COUNTERFLOW_VAR": folder},
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.stdout, done.stderr[-2000:]
    result: dict[str, object] = json.loads(done.stdout.splitlines()[-1])
    assert done.returncode == (0 if result["holds"] else 1)
    return result


@pytest.mark.timeout(600)
@pytest.mark.parametrize(("proof", "store", "trials"), SHORT)
def test_nothing_acknowledged_is_lost_and_nothing_comes_twice(
    proof: str, store: str, trials: int
) -> None:
    result = prove(proof, store, trials)

    assert result["broken"] == []
    assert (result["lost"], result["duplicated"]) == (0, 0)
    assert result["trials"] == trials
    assert result["acknowledged"]


@pytest.mark.timeout(600)
def test_a_power_cut_is_noticed_where_nothing_is_flushed() -> None:
    result = prove("power", "sqlite", 3, "--careless")

    assert not result["holds"]
