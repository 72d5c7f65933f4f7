"""A database server of a proof's own, kept alive by the house's supervisor in a process beside it.

`python -m tests.soak.rigs.database_server KIND FOLDER` prints its address when it is ready and
stops it on SIGTERM.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from config import servers
from config.supervisor import Supervisor

KINDS = {"postgresql": servers.postgresql, "mariadb": servers.mariadb}
_ROOT = Path(__file__).parents[3]


@contextmanager
def started(kind: str, folder: Path) -> Iterator[str]:
    """The address of an empty database; `sqlite` needs no server."""
    if kind not in KINDS:
        yield kind
        return
    folder.chmod(0o755)  # servers refuse to run as root: their own user must get in
    argv = [sys.executable, "-m", "tests.soak.rigs.database_server", kind, str(folder)]
    # Beside a moved clock its own is right, as on another machine.
    environment = {name: value for name, value in os.environ.items() if name != "LD_PRELOAD"}
    with subprocess.Popen(
        argv, cwd=_ROOT, env=environment, stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        try:
            yield server.stdout.readline().strip()
        finally:
            server.terminate()


def kill(kind: str, folder: Path) -> None:
    """SIGKILL to the server; its supervisor starts it again."""
    with contextlib.suppress(ProcessLookupError, FileNotFoundError):
        os.kill(int((folder / "run" / f"{kind}.pid").read_text()), signal.SIGKILL)


async def _serve(kind: str, folder: Path) -> None:
    server = KINDS[kind](folder)
    supervisor = Supervisor(server.children, folder, tell=lambda text: print(text, file=sys.stderr))
    loop = asyncio.get_running_loop()
    for one in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(one, supervisor.stop)
    keeping = asyncio.create_task(supervisor.run())
    await supervisor.started.wait()
    print(server.url, flush=True)
    await keeping


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], Path(sys.argv[2])))
