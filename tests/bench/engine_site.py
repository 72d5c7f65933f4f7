"""What the engine's measurements stand on: a site with a database, peers, a row of figures."""

from __future__ import annotations

import contextlib
import json
import os
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
PACKAGES = ("dbos==3.4.0", "django-viewflow==2.4.0", "spiffworkflow==3.2.0", "psycopg[binary]")


def open_site(folder: Path, url: str = "") -> None:
    """Django in this process, as people run it, on an empty database made ready."""
    os.environ.update(
        DJANGO_SETTINGS_MODULE="config.settings.local",
        COUNTERFLOW_VAR=str(folder),
        COUNTERFLOW_DATABASE_URL=url,
        COUNTERFLOW_DATABASE_POOL="20",
    )
    migrate = [sys.executable, "manage.py", "migrate", "-v0"]
    subprocess.run(migrate, cwd=ROOT, check=True, stdout=sys.stderr)
    sys.path.insert(0, str(ROOT))
    import django  # noqa: PLC0415 - needs the settings above

    django.setup()


def peers_python(folder: Path) -> str:
    """The Python of a fresh environment with the peers in it; it goes with the folder."""
    place = folder / "peers"
    uv = Path(sys.executable).with_name("uv")
    subprocess.run([uv, "venv", "-q", place, "--python", sys.executable], check=True)
    python = place / "bin" / "python"
    subprocess.run([uv, "pip", "install", "-q", "--python", python, *PACKAGES], check=True)
    return str(python)


class Asked:
    """A process that measures itself, asked in turns with others."""

    def __init__(self, argv: Sequence[str]) -> None:
        self._process = subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._expect("ready")

    def rate(self, amount: int) -> float:
        """Durable steps a second over so much work: jobs of ten steps, or steps."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{amount}\n")
        self._process.stdin.flush()
        return float(self._line())

    def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()  # it clears up and ends
        try:
            self._process.wait(10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait(10)

    def _expect(self, word: str) -> None:
        while self._line() != word:
            pass

    def _line(self) -> str:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            raise SystemExit("a process that was measured has ended")
        return line.strip()


@contextlib.contextmanager
def peers(python: str, **addresses: str) -> Iterator[Mapping[str, Asked]]:
    """The peers of these names, each on its own database."""
    with contextlib.ExitStack() as stack:
        made = {}
        for name, address in addresses.items():
            made[name] = Asked([python, str(PEERS / f"{name}_job.py"), address])
            stack.callback(made[name].close)
        yield made


Rounds = Mapping[str, Sequence[float]]


def in_turns(rounds: int, measures: Mapping[str, Callable[[], float]]) -> Rounds:
    """Every measure once a round, so that what else the machine does touches all of them."""
    found: dict[str, list[float]] = {name: [] for name in measures}
    for _ in range(rounds):
        for name, measure in measures.items():
            found[name].append(measure())
    return found


def ratio(rounds: Rounds, ours: str, theirs: str) -> float:
    """The median over the rounds: each compares only with its own neighbour."""
    return statistics.median(a / b for a, b in zip(rounds[ours], rounds[theirs], strict=True))


def say(name: str, value: float, against: str, *, unit: str = "ratio") -> None:
    """One figure, one line."""
    row = {"name": name, "value": round(value, 3), "unit": unit, "against": against}
    print(json.dumps(row, ensure_ascii=False), flush=True)


def say_ratio(name: str, rounds: Rounds, ours: str, theirs: str, unit: str = "steps/s") -> None:
    mine, other = statistics.median(rounds[ours]), statistics.median(rounds[theirs])
    turns = len(rounds[ours])
    against = f"{mine:.0f} steps/s; {theirs} {other:.0f} {unit}; {turns} rounds"
    say(name, ratio(rounds, ours, theirs), against)
