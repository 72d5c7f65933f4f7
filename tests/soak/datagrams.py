"""Bytes grown by coverage at everything that reads a datagram: no exception, no endless loop.

Each parser has a process of its own under libFuzzer (atheris), which starts from the messages of
`tests.media.parsers.SEEDS` and what was found in `tests/soak/corpus/<parser>/`. Where there is no
atheris for the machine, the same parsers get damaged messages by chance.
"""

from __future__ import annotations

import importlib.util
import os
import random
import re
import subprocess
import sys
from pathlib import Path

from tests.media.parsers import PARSERS, SEEDS
from tests.soak.result import Result

ROOT = Path(__file__).parents[2]
CORPUS = Path(__file__).parent / "corpus"
LIMIT_S = 60
"""Of one parser; fewer trials end sooner."""
MAX_BYTES = 1400
DONE = re.compile(r"Done (\d+) runs")


def prove(result: Result, trials: int) -> None:
    """A trial is one datagram."""
    has_atheris = importlib.util.find_spec("atheris") is not None
    for name in PARSERS:
        share = max(1, trials // len(PARSERS))
        count = _grow(result, name, share) if has_atheris else _chance(result, name, share)
        result.trials += count
        result.cases[name] = count
    result.figures["by"] = "atheris" if has_atheris else "chance"


def known(name: str) -> list[bytes]:
    """What is kept for a parser."""
    lines = (CORPUS / f"{name}.txt").read_text().split()
    return [*SEEDS[name], *map(bytes.fromhex, lines)]


def _grow(result: Result, name: str, runs: int) -> int:
    folder = Path(os.environ["COUNTERFLOW_VAR"]) / "corpus" / name
    folder.mkdir(parents=True, exist_ok=True)
    for number, data in enumerate(known(name)):
        (folder / f"kept-{number}").write_bytes(data)
    limits = [f"-runs={runs}", f"-max_total_time={LIMIT_S}", f"-max_len={MAX_BYTES}", "-timeout=5"]
    limits.append(f"-artifact_prefix={folder.parent}/{name}-")
    command = [sys.executable, "-m", "tests.soak.grown", name, *limits, str(folder)]
    done = subprocess.run(
        command, capture_output=True, text=True, errors="replace", check=False, cwd=ROOT
    )
    if done.returncode:
        result.broken.append(f"{name}: {done.stdout[-400:]} {done.stderr[-400:]}")
    found = DONE.search(done.stderr)
    return int(found[1]) if found else 0


def _chance(result: Result, name: str, runs: int) -> int:
    chance, kept = random.Random(result.seed), known(name)
    for _ in range(runs):
        data = bytearray(chance.choice(kept))
        for _ in range(chance.randrange(6)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        whole = bytes(data[: chance.randrange(len(data)) + 1]) + chance.randbytes(
            chance.randrange(20)
        )
        try:
            PARSERS[name](whole)
        except Exception as error:  # noqa: BLE001 - every exception of a parser is a fault
            result.broken.append(f"{name}: {whole.hex()}: {error!r}")
            break
    return runs
