"""`python -m tests.soak PROOF [--trials N] [--seed S] [--store KIND]`: one line of JSON."""

from __future__ import annotations

import argparse
import importlib
import os
import subprocess
import sys
import time
import traceback

import pytest

from tests.soak import site
from tests.soak.result import Result
from tests.soak.rigs import database_server

PROOFS = {
    "crash": 1000,
    "recoverers": 1000,
    "clocks": 200,
    "disk_full": 50,
    "power": 100,
    "migrating": 1000,
    "exploration": 2000,
    "delivering": 1000,
    "hints": 1000,
    "fleet": 120,
    "resuming": 200,
    "storms": 2000,
    "deaf_readers": 100,
    "fuzzing": 10_000,
    "guessing": 10_000,
    "datagrams": 50_000_000,
}
"""Module of the proof -> trials of its full form."""
_SERVED = ("sqlite", "postgresql")
STORES = {
    "crash": _SERVED,
    "recoverers": _SERVED,
    "clocks": _SERVED,
    "disk_full": ("sqlite",),
    "power": ("sqlite",),
    "migrating": _SERVED,
    "exploration": ("sqlite",),
    "delivering": ("sqlite",),
    "hints": ("sqlite",),
    "fleet": ("postgresql",),
    "resuming": ("sqlite",),
    "storms": _SERVED,
    "deaf_readers": ("sqlite",),
    "fuzzing": ("sqlite",),
    "guessing": ("sqlite",),
    "datagrams": ("sqlite",),
}
"""On which databases it is made; those with one do not depend on it, or on no other's."""
OWN_SERVERS = frozenset({"fleet"})
"""They start all that they need, the database as well."""
RIGS = {"clocks": "moved_clock", "disk_full": "small_disk", "power": "power_switch"}
"""What must be so before Django is loaded (tests.soak.rigs)."""


def main() -> int:
    asked = _arguments()
    if asked.proof == "all":
        return _prove_all(asked.seed)
    folder = site.make_folder()
    rig = None
    if asked.proof in RIGS:
        rig = importlib.import_module(f"tests.soak.rigs.{RIGS[asked.proof]}")
        rig.prepare(folder)
    served = "sqlite" if asked.proof in OWN_SERVERS else asked.store
    with database_server.started(served, folder) as url:
        result = _prove(asked, url)
    if rig is not None and hasattr(rig, "remove"):
        rig.remove()
    print(result.line(), flush=True)
    return 0 if result.holds else 1


def _prove(asked: argparse.Namespace, url: str) -> Result:
    result = Result(proof=asked.proof, store=asked.store, seed=asked.seed)
    began = time.monotonic()
    site.begin(url, careless=asked.careless)
    try:
        importlib.import_module(f"tests.soak.{asked.proof}").prove(result, asked.trials)
    # A proof that breaks off has not held.
    except (Exception, pytest.fail.Exception) as error:  # noqa: BLE001
        traceback.print_exc()
        result.broken.append(f"{type(error).__name__}: {error}")
    result.figures["took_s"] = round(time.monotonic() - began)
    return result


def _prove_all(seed: int) -> int:
    """Each in a process and a folder of its own, all of them in their full form."""
    environment = {name: value for name, value in os.environ.items() if name != "COUNTERFLOW_VAR"}
    failed = 0
    for proof in PROOFS:
        for store in STORES[proof]:
            argv = [proof, "--store", store, "--seed", str(seed)]
            command = [sys.executable, "-m", "tests.soak", *argv]
            failed += bool(subprocess.run(command, env=environment, check=False).returncode)
    return min(failed, 1)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("proof", choices=(*PROOFS, "all"))
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--store", choices=("sqlite", *database_server.KINDS))
    parser.add_argument("--careless", action="store_true", help="a control that must not hold")
    asked = parser.parse_args()
    asked.trials = asked.trials or PROOFS.get(asked.proof, 0)
    asked.store = asked.store or STORES.get(asked.proof, _SERVED)[0]
    return asked


if __name__ == "__main__":
    sys.exit(main())
