"""`python -m config.media_host`: the media workers of one host, kept alive; needs no Django.

One process a core, one core left to everything else, and one more that stands by: it is connected
and holds no room, so the rooms of a process that dies have a place at once. Each has its own UDP
port out of a range, its own name (`NAME.1`, `NAME.2`, …), token and spool.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from dataclasses import dataclass
from pathlib import Path

from config.supervisor import Child, Supervisor

LAST_PORT = 65_535
STOP_LIMIT_S = 30.0
"""Rooms move to other workers first, recordings are finished and delivered."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One host's workers, as the command line says."""

    name: str
    processes: int
    """That take rooms; one more stands by."""
    ports: range
    options: tuple[str, ...]
    """Passed on to each worker as they are."""
    spool: Path


def main() -> int:
    """Exit code of the command line; what it does not know goes to every worker."""
    parser = argparse.ArgumentParser(prog="python -m config.media_host", description=__doc__)
    parser.add_argument("--name", required=True, help="as enrolled: manage.py enrol_worker NAME")
    parser.add_argument("--udp-ports", required=True, type=_ports, metavar="FIRST-LAST")
    parser.add_argument("--processes", type=int, default=processes_for(os.cpu_count() or 1))
    parser.add_argument("--spool", type=Path, required=True, help="folder for recordings, and logs")
    given, options = parser.parse_known_args()
    if len(given.udp_ports) < given.processes + 1:
        parser.error(f"{given.processes} processes and one that stands by need as many UDP ports")
    host = Host(
        name=given.name,
        processes=given.processes,
        ports=given.udp_ports,
        options=tuple(options),
        spool=given.spool.resolve(),
    )
    return asyncio.run(_keep(host))


def processes_for(cores: int) -> int:
    """One a core, a core left free, at least one."""
    return max(1, cores - 1)


def children(host: Host) -> list[Child]:
    """The one that stands by is started first and stopped last."""
    numbers = [host.processes + 1, *range(1, host.processes + 1)]
    return [_child(host, number) for number in numbers]


def _child(host: Host, number: int) -> Child:
    name = f"{host.name}.{number}"
    is_standby = number > host.processes
    return Child(
        name=name,
        argv=[
            *(sys.executable, "-m", "runtime.media", "--worker", name),
            *("--token-line", str(number), "--udp-port", str(host.ports[number - 1])),
            *("--spool", str(host.spool / name), *host.options),
            *(["--standby"] if is_standby else []),
        ],
        env={"PYTHONUNBUFFERED": "1"},
        stop_limit_s=STOP_LIMIT_S,
    )


async def _keep(host: Host) -> int:
    """Until SIGINT or SIGTERM."""
    supervisor = Supervisor(children(host), host.spool, tell=_tell)
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, supervisor.stop)
    await supervisor.run()
    return 1 if supervisor.problem else 0


def _ports(text: str) -> range:
    first, _, last = text.partition("-")
    if not (first.isdigit() and last.isdigit() and 0 < int(first) <= int(last) <= LAST_PORT):
        raise argparse.ArgumentTypeError("expected FIRST-LAST, like 40000-40015")
    return range(int(first), int(last) + 1)


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
