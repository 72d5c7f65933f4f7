"""`python -m tests.soak PROOF [--trials N] [--seed S] [--store URL]`: one line of JSON."""

from __future__ import annotations

import argparse
import importlib
import sys

from tests.soak import site
from tests.soak.result import Result

PROOFS = {"crash": 1000}
"""Module of the proof -> trials of its full form."""


def main() -> int:
    asked = _arguments()
    result = Result(proof=asked.proof, store=site.name_of(asked.store), seed=asked.seed)
    site.begin(asked.store)
    importlib.import_module(f"tests.soak.{asked.proof}").prove(result, asked.trials)
    print(result.line(), flush=True)
    return 0 if result.holds else 1


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("proof", choices=sorted(PROOFS))
    parser.add_argument("--trials", type=int)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--store", default="sqlite", help="sqlite, or the URL of an empty database")
    asked = parser.parse_args()
    asked.trials = asked.trials or PROOFS[asked.proof]
    return asked


if __name__ == "__main__":
    sys.exit(main())
