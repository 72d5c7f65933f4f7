"""`python -m tests.soak PROOF [--trials N] [--seed S] [--store URL]`: one line of JSON."""

from __future__ import annotations

import argparse
import importlib
import sys
import traceback

from tests.soak import site
from tests.soak.result import Result

PROOFS = {
    "crash": 1000,
    "recoverers": 1000,
    "clocks": 200,
    "disk_full": 50,
    "power": 100,
    "migrating": 1000,
    "exploration": 2000,
}
"""Module of the proof -> trials of its full form."""
RIGS = {"clocks": "moved_clock", "disk_full": "small_disk", "power": "power_switch"}
"""What must be so before Django is loaded (tests.soak.rigs)."""


def main() -> int:
    asked = _arguments()
    result = Result(proof=asked.proof, store=site.name_of(asked.store), seed=asked.seed)
    folder = site.make_folder()
    rig = None
    if asked.proof in RIGS:
        rig = importlib.import_module(f"tests.soak.rigs.{RIGS[asked.proof]}")
        rig.prepare(folder)
    site.begin(asked.store, careless=asked.careless)
    try:
        importlib.import_module(f"tests.soak.{asked.proof}").prove(result, asked.trials)
    except Exception as error:  # noqa: BLE001 - a proof that breaks off has not held
        traceback.print_exc()
        result.broken.append(f"{type(error).__name__}: {error}")
    finally:
        if rig is not None and hasattr(rig, "remove"):
            rig.remove()
    print(result.line(), flush=True)
    return 0 if result.holds else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("proof", choices=sorted(PROOFS))
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--store", default="sqlite", help="sqlite, or the URL of an empty database")
    parser.add_argument("--careless", action="store_true", help="a control that must not hold")
    asked = parser.parse_args()
    asked.trials = asked.trials or PROOFS[asked.proof]
    return asked


if __name__ == "__main__":
    sys.exit(main())
