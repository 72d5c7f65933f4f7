"""`python -m config.cli run`: the whole site on one machine, from an empty folder on."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import secrets
import signal
import socket
import ssl
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import segno

from config.certificate import ensure_certificate, lan_addresses
from config.supervisor import Child, Supervisor

ROOT = Path(__file__).parent.parent
READY_LIMIT_S = 60.0
BUCKET = "COUNTERFLOW_MEDIA_BUCKET"
WORKER, STANDBY = "local-1", "local-2"
"""Its media workers; the second takes the rooms of the first when that is lost."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Site:
    """Where one machine's site lives and listens."""

    folder: Path
    port: int
    media_port: int
    https: bool
    addresses: tuple[str, ...]
    """IPv4 addresses at which others reach this machine; () keeps the site to itself."""
    more: Mapping[str, str] = field(default_factory=dict)
    """Further environment of its processes."""

    @property
    def host(self) -> str:
        return self.addresses[0] if self.addresses else "localhost"

    @property
    def url(self) -> str:
        return f"{'https' if self.https else 'http'}://{self.host}:{self.port}"

    @property
    def environment(self) -> dict[str, str]:
        hosts = ["localhost", "127.0.0.1", "[::1]", *self.addresses]
        return {
            "DJANGO_SETTINGS_MODULE": os.environ.get(
                "DJANGO_SETTINGS_MODULE", "config.settings.local"
            ),
            "COUNTERFLOW_VAR": str(self.folder),
            "COUNTERFLOW_SECRET_KEY_FILE": str(self.folder / "secret-key"),
            "COUNTERFLOW_SITE_URL": self.url,
            "COUNTERFLOW_ALLOWED_HOSTS": ",".join(hosts),
            "COUNTERFLOW_HTTPS": "1" if self.https else "",
            "PYTHONUNBUFFERED": "1",
            **self.more,
        }


def main() -> int:
    """Exit code of the command line."""
    parser = argparse.ArgumentParser(prog="python -m config.cli", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    run = commands.add_parser("run", help="start the site here and keep it running until Ctrl-C")
    run.add_argument("--port", type=int, help="TCP port of the site (8000, with HTTPS 8443)")
    run.add_argument(
        "--media-port", type=int, default=40000, help="first of two UDP ports for media"
    )
    run.add_argument("--https", action="store_true", help="serve phones on the same network")
    run.add_argument("--var", type=Path, default=ROOT / "var", help="folder of everything it keeps")
    run.add_argument("--json", action="store_true", help="say when ready in one JSON line")
    options = parser.parse_args()
    addresses = tuple(lan_addresses()) if options.https else ()
    site = Site(
        folder=options.var.resolve(),
        port=options.port or (8443 if options.https else 8000),
        media_port=options.media_port,
        https=options.https,
        addresses=addresses,
    )
    return serve(site, as_json=options.json)


def serve(site: Site, *, as_json: bool) -> int:
    """Prepare the folder, keep the processes running, stop them in order at SIGINT or SIGTERM."""
    taken = taken_ports(site)
    if taken:
        print(f"{taken} Choose another, for example: make run PORT=8010", file=sys.stderr)
        return 1
    started = time.monotonic()
    try:
        seeded = prepare(site)
    except subprocess.CalledProcessError as error:
        print(f"Preparing failed: {' '.join(error.cmd)}\n{error.stderr or ''}", file=sys.stderr)
        return 1
    return asyncio.run(_serve(site, seeded, started=started, as_json=as_json))


def prepare(site: Site, workers: tuple[str, ...] = (WORKER, STANDBY)) -> dict[str, object]:
    """Folder, key, certificate, tables, workers' credentials, demo: each only when missing."""
    site.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    key = site.folder / "secret-key"
    if not key.exists():
        key.touch(mode=0o600)
        key.write_text(secrets.token_urlsafe(64))
    if site.https:
        ensure_certificate(site.folder / "tls", list(site.addresses))
    words = [word for one in workers for word in ("--worker", one, str(token_file(site, one)))]
    seeded: dict[str, object] = json.loads(_manage(site, "prepare", *words))
    return seeded


def token_file(site: Site, worker: str) -> Path:
    """Where the credential of the worker is kept."""
    return site.folder / ("worker-token" if worker == WORKER else f"worker-token-{worker}")


def _manage(site: Site, *argv: str) -> str:
    done = subprocess.run(  # noqa: S603 - our own command, our own arguments
        [sys.executable, str(ROOT / "manage.py"), *argv],
        cwd=ROOT,
        env={**os.environ, **site.environment},
        check=True,
        text=True,
        capture_output=True,
    )
    return done.stdout


def children(site: Site) -> list[Child]:
    """Web, dispatcher, workers: started in this order, stopped in reverse."""
    if site.https:
        tls = site.folder / "tls"
        certificate, private = tls / "certificate.pem", tls / "key.pem"
        listen = [
            "-e",
            f"ssl:{site.port}:interface=0.0.0.0:privateKey={private}:certKey={certificate}",
        ]
        worker_tls = ["--site-certificate", str(certificate)]
    else:
        listen, worker_tls = ["-b", "127.0.0.1", "-p", str(site.port)], []
    python = sys.executable
    return [
        Child(
            name="web",
            argv=[python, "-m", "config.web", "--spare", "--no-server-name", *listen],
            env=site.environment,
            has_spare=True,
        ),
        Child(
            name="dispatcher",
            argv=[python, str(ROOT / "manage.py"), "dispatch"],
            env=site.environment,
        ),
        worker(
            site,
            STANDBY,
            site.media_port + 1,
            name="standby",
            options=[*worker_tls, "--standby"],
        ),
        worker(site, WORKER, site.media_port, name="worker", options=worker_tls),
    ]


def worker(site: Site, worker_id: str, media_port: int, *, name: str, options: list[str]) -> Child:
    """A media worker that dials the site."""
    scheme = "wss" if site.https else "ws"
    # Firefox sends nothing from a real interface to 127.0.0.1, so a caller here needs both.
    advertise = ["127.0.0.1", *lan_addresses()]
    return Child(
        name=name,
        argv=[
            *(sys.executable, "-m", "runtime.media", "--worker", worker_id),
            *("--site", f"{scheme}://localhost:{site.port}/ws/worker/", *options),
            *("--token-file", str(token_file(site, worker_id))),
            *("--udp-port", str(media_port)),
            *(word for one in advertise for word in ("--advertise", one)),
            *("--spool", str(site.folder / "spool" / ("" if worker_id == WORKER else worker_id))),
            *(() if os.environ.get(BUCKET) else ("--deliver", str(site.folder / "media"))),
        ],
        env={"PYTHONUNBUFFERED": "1"},
        stop_limit_s=20,
    )


async def _serve(site: Site, seeded: dict[str, object], *, started: float, as_json: bool) -> int:
    supervisor = Supervisor(children(site), site.folder, tell=_tell)

    def tell_ready() -> None:
        announce(site, seeded, took_s=time.monotonic() - started, as_json=as_json)

    return await keep(site, supervisor, tell_ready)


async def keep(site: Site, supervisor: Supervisor, tell_ready: Callable[[], None]) -> int:
    """Run until SIGINT or SIGTERM; exit code. `tell_ready` is called when the site answers."""
    os.chdir(ROOT)
    loop = asyncio.get_running_loop()
    for one in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(one, supervisor.stop)
    running = asyncio.create_task(supervisor.run(), name="supervisor")
    ready = asyncio.create_task(_await_ready(site, supervisor), name="await ready")
    await asyncio.wait((running, ready), return_when=asyncio.FIRST_COMPLETED)
    if ready.done() and not running.done():
        problem = ready.result()
        if problem:
            _tell(f"Not ready: {problem}. Logs: {site.folder / 'log'}")
        tell_ready()
    ready.cancel()
    await running
    return 1 if supervisor.problem else 0


async def _await_ready(site: Site, supervisor: Supervisor) -> str:
    """Empty once `/readyz` answers 200, else what it last said READY_LIMIT_S after the start."""
    await supervisor.started.wait()
    said = "no answer yet"
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(READY_LIMIT_S):
            while said:
                said = await asyncio.to_thread(_probe, site)
                await asyncio.sleep(0.1 if said else 0)
    return said


def _probe(site: Site) -> str:
    context = None
    if site.https:
        context = ssl.create_default_context(cafile=str(site.folder / "tls" / "certificate.pem"))
    scheme = "https" if site.https else "http"
    url = f"{scheme}://localhost:{site.port}/readyz"
    try:
        with urllib.request.urlopen(url, timeout=3, context=context):  # noqa: S310 - our own address
            return ""
    except urllib.error.HTTPError as error:
        return error.read(2000).decode(errors="replace")
    except OSError as error:
        return str(error)


def announce(site: Site, seeded: dict[str, object], *, took_s: float, as_json: bool) -> None:
    """Tell a person (or, with `as_json`, a program) where the site is and who may sign in."""
    if as_json:
        print(json.dumps({"url": site.url, "var": str(site.folder), **seeded}), flush=True)
        return
    print(f"\n  Counterflow is ready at {site.url}   ({took_s:.1f} s)\n")
    people = seeded["people"]
    assert isinstance(people, list)  # noqa: S101 - the shape of our own command's answer
    for one in people:
        print(f"    {one['role']:<12} {one['username']:<12} {one['password']}")
    link = str(seeded["link"])
    print(f"\n  A customer joins once with this link (more of them in the designer):\n  {link}\n")
    segno.make(link, error="m").terminal(compact=True)
    if site.https:
        print("  The certificate is this machine's own: the phone asks once whether to trust it.")
    print("  Ctrl-C stops everything; nothing is lost.\n", flush=True)


def taken_ports(site: Site) -> str:
    """Which port of the site somebody else holds, as a sentence; empty when they are free."""
    host = "0.0.0.0" if site.https else "127.0.0.1"  # noqa: S104 - phones must reach it
    kinds = (
        (socket.SOCK_STREAM, site.port, "TCP"),
        *((socket.SOCK_DGRAM, site.media_port + at, "UDP") for at in (0, 1)),
    )
    for kind, port, name in kinds:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((host, port))
            except OSError:
                return f"{name} port {port} is in use."
    return ""


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
