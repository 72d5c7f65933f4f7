"""`python -m config.with_servers postgresql redis -- COMMAND …`: run a command beside servers.

They are started in a folder that goes with them, told to the command by its environment, and
stopped when it has ended. The exit code is the command's.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
import tempfile
from pathlib import Path

from config.servers import SERVERS, Server
from config.supervisor import Supervisor

MEMORY = Path("/dev/shm")  # noqa: S108 - a private folder is made in it
USAGE = 2


def main(words: list[str]) -> int:
    """Exit code of the command line."""
    names = words[: words.index("--")] if "--" in words else []
    command = words[len(names) + 1 :]
    unknown = [one for one in names if one not in SERVERS]
    if not names or not command or unknown:
        print(f"{__doc__}\nServers: {' '.join(SERVERS)}", file=sys.stderr)
        return USAGE
    memory = str(MEMORY) if os.access(MEMORY, os.W_OK) else None
    folder = Path(tempfile.mkdtemp(prefix="counterflow-servers-", dir=memory))
    try:
        return asyncio.run(_run(folder, [SERVERS[name](folder) for name in names], command))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


async def _run(folder: Path, servers: list[Server], command: list[str]) -> int:
    children = [child for server in servers for child in server.children]
    supervisor = Supervisor(children, folder, tell=_tell)
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, supervisor.stop)
    running = asyncio.create_task(supervisor.run(), name="supervisor")
    started = asyncio.create_task(supervisor.started.wait(), name="started")
    await asyncio.wait((running, started), return_when=asyncio.FIRST_COMPLETED)
    code = 1
    if not running.done():
        environment = {name: value for one in servers for name, value in one.environment.items()}
        code = await _perform(command, environment, running)
    started.cancel()
    supervisor.stop()
    await running
    return code


async def _perform(
    command: list[str], environment: dict[str, str], running: asyncio.Task[None]
) -> int:
    """The command's exit code; it is ended when the servers end before it."""
    process = await asyncio.create_subprocess_exec(*command, env={**os.environ, **environment})
    ended = asyncio.create_task(process.wait(), name="command")
    await asyncio.wait((ended, running), return_when=asyncio.FIRST_COMPLETED)
    if not ended.done():
        process.terminate()
    return await ended


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
