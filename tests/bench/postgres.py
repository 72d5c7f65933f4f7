"""A PostgreSQL of one's own from Debian's package, with the settings it comes with, and pgbench."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

INSERT = "INSERT INTO one (data) VALUES (repeat('x', 300));\n"


def programs() -> Path:
    """Where the newest installed server's programs are."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda one: int(one.parent.name))
    if not found:
        raise SystemExit("PostgreSQL is not installed; on Debian: apt-get install postgresql")
    return found[-1]


class Postgres:
    """A running server. Only this host reaches it, without a password."""

    def __init__(self, folder: Path, port: int) -> None:
        self.url = f"postgresql://counterflow@127.0.0.1:{port}/postgres"
        self._folder, self._port = folder, port

    def pgbench(self, clients: int, seconds: int) -> float:
        """One-row inserts a second by so many clients."""
        script = self._folder / "insert.sql"
        script.write_text(INSERT)
        place = ["-h", "127.0.0.1", "-p", str(self._port), "-U", "counterflow", "postgres"]
        told = subprocess.run(
            [
                *(programs() / "pgbench", "-n", "-f", script, "-T", str(seconds)),
                *("-c", str(clients), "-j", str(min(clients, 2)), *place),
            ],
            check=True,
            capture_output=True,
            text=True,
        )
        rate = re.search(r"tps = ([\d.]+)", told.stdout)
        assert rate is not None
        return float(rate[1])


@contextlib.contextmanager
def postgres() -> Iterator[Postgres]:
    """A fresh server, gone afterwards."""
    owner = "postgres" if os.geteuid() == 0 else None  # it refuses to run as root
    folder = Path(tempfile.mkdtemp(prefix="bench-pg-"))
    try:
        if owner:
            shutil.chown(folder, owner)
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        with _server(folder / "data", port, owner):
            made = Postgres(folder, port)
            _make_table(port)
            yield made
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextlib.contextmanager
def _server(data: Path, port: int, owner: str | None) -> Iterator[None]:
    def run(program: str, *arguments: str) -> None:
        subprocess.run(
            [programs() / program, "-D", data, *arguments],
            user=owner,
            cwd="/",
            check=True,
            stdout=subprocess.DEVNULL,
        )

    run("initdb", "-U", "counterflow", "-A", "trust", "-E", "UTF8", "--no-locale")
    options = f"-p {port} -c listen_addresses=127.0.0.1 -c unix_socket_directories={data}"
    run("pg_ctl", "-w", "-l", str(data / "log"), "-o", options, "start")
    try:
        yield
    finally:
        run("pg_ctl", "-w", "-m", "fast", "stop")


def _make_table(port: int) -> None:
    table = "CREATE TABLE one (id bigserial PRIMARY KEY, data text)"
    place = ["-h", "127.0.0.1", "-p", str(port), "-U", "counterflow", "-d", "postgres"]
    subprocess.run(
        [programs() / "psql", "-q", *place, "-c", table], check=True, stdout=subprocess.DEVNULL
    )
