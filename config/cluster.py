"""`python -m config.cluster`: the whole site on one machine as it stands on many.

PostgreSQL, Redis (or RabbitMQ for the jobs), two web processes behind nginx, a relay, Celery's
workers and two media workers, all of them private to one folder.
"""

from __future__ import annotations

import argparse
import asyncio
import getpass
import os
import signal
import sys
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from string import Template

from config import relay, servers
from config.certificate import lan_addresses
from config.cli import ROOT, Site, announce, keep, prepare, taken_ports, worker
from config.supervisor import Child, Supervisor

MEDIA_WORKERS = ("media-1", "media-2")
WEBS = 2
PERFORMERS = 2
PROCESSES = 2
"""Of each performer."""
STRANGERS = 8
"""Jobs that wait for an answer from outside the house at once."""
_LOOK_LIMIT_S = 3.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """A site with its servers. Web processes listen on `web_ports`, nginx on the site's port."""

    site: Site
    servers: tuple[servers.Server, ...]
    web_ports: tuple[int, ...]


def main() -> int:
    """Exit code of the command line."""
    parser = argparse.ArgumentParser(prog="python -m config.cluster", description=__doc__)
    parser.add_argument("--port", type=int, default=8000, help="TCP port of the site")
    parser.add_argument(
        "--media-port", type=int, default=40000, help="UDP port of the first worker"
    )
    parser.add_argument("--var", type=Path, default=ROOT / "var" / "cluster", help="its folder")
    parser.add_argument("--broker", choices=("redis", "rabbitmq"), default="redis")
    parser.add_argument("--json", action="store_true", help="say when ready in one JSON line")
    options = parser.parse_args()
    site = Site(
        folder=options.var.resolve(),
        port=options.port,
        media_port=options.media_port,
        https=False,
        addresses=(),
    )
    taken = taken_ports(site)
    if taken:
        print(f"{taken} Choose another with --port or --media-port.", file=sys.stderr)
        return 1
    return asyncio.run(serve(make(site, options.broker), as_json=options.json))


def make(site: Site, broker: str) -> Cluster:
    """The cluster in the site's folder."""
    site.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    wanted = [servers.postgresql, servers.redis]
    if broker == "rabbitmq":
        wanted.append(servers.rabbitmq)
    made = tuple(one(site.folder) for one in wanted)
    outward = lan_addresses()
    if outward:  # a TURN server leads nowhere on this machine itself
        made = (*made, relay.coturn(site.folder, outward[0], outward))
    more = {name: value for one in made for name, value in one.environment.items()}
    return Cluster(
        site=replace(site, more={**more, "COUNTERFLOW_PROXIES": "1"}),
        servers=made,
        web_ports=tuple(servers.free_port() for _ in range(WEBS)),
    )


async def serve(cluster: Cluster, *, as_json: bool) -> int:
    """Keep it running until SIGINT or SIGTERM; exit code."""
    began_s = time.monotonic()
    seeded: dict[str, object] = {}

    def fill() -> None:
        seeded.update(prepare(cluster.site, MEDIA_WORKERS))

    def tell_ready() -> None:
        announce(cluster.site, seeded, took_s=time.monotonic() - began_s, as_json=as_json)

    supervisor = Supervisor(children(cluster, fill), cluster.site.folder, tell=_tell)
    return await keep(cluster.site, supervisor, tell_ready)


def children(cluster: Cluster, fill: Callable[[], None]) -> list[Child]:
    """In the order of starting; `fill` makes tables and people when the servers are there."""
    site = cluster.site
    webs = [_web(site, number, port) for number, port in enumerate(cluster.web_ports, 1)]
    return [
        *(child for one in cluster.servers for child in one.children),
        replace(webs[0], before=fill),
        *webs[1:],
        _nginx(cluster),
        Child(name="relay", argv=_manage("dispatch"), env=site.environment),
        *(_performer(site, f"celery-{one}") for one in range(1, PERFORMERS + 1)),
        _performer(site, "celery-outside", outside=True),
        *(
            worker(site, one, site.media_port + at, name=one, options=[])
            for at, one in enumerate(MEDIA_WORKERS)
        ),
    ]


def _manage(*words: str) -> list[str]:
    return [sys.executable, str(ROOT / "manage.py"), *words]


def _web(site: Site, number: int, port: int) -> Child:
    listen = ["-b", servers.HOST, "-p", str(port)]
    return Child(
        name=f"web-{number}",
        argv=[
            *(sys.executable, "-m", "daphne", "--no-server-name", *listen),
            "config.asgi:application",
        ],
        env=site.environment,
        is_ready=lambda: _answers(port),
    )


def _performer(site: Site, name: str, *, outside: bool = False) -> Child:
    """A worker of Celery: processes for the house's own jobs, threads for those that only wait."""
    sort = (
        ["-Q", "counterflow.outside", "--pool", "threads", "--concurrency", str(STRANGERS)]
        if outside
        else ["-Q", "counterflow.jobs", "--pool", "prefork", "--concurrency", str(PROCESSES)]
    )
    return Child(
        name=name,
        argv=[
            *(sys.executable, "-m", "celery", "-A", "config.celery", "worker", *sort),
            *("--hostname", f"{name}@%h", "--loglevel", "INFO"),
            *("--without-gossip", "--without-mingle", "--without-heartbeat"),
        ],
        env=site.environment,
        stop_limit_s=20,
    )


def _nginx(cluster: Cluster) -> Child:
    home, port = cluster.site.folder / "nginx", cluster.site.port
    return Child(
        name="nginx",
        argv=["nginx", "-e", "stderr", "-p", str(home), "-c", str(home / "nginx.conf")],
        stop_signal=signal.SIGQUIT,  # finishes requests; SIGTERM would cut them
        before=lambda: _write_nginx(cluster, home),
        is_ready=lambda: _answers(port),
    )


def _write_nginx(cluster: Cluster, home: Path) -> None:
    template = Template((ROOT / "deploy" / "nginx" / "site.conf.template").read_text())
    words = {
        "WEB_SERVERS": " ".join(
            f"server {servers.HOST}:{one} max_fails=1 fail_timeout=2s;" for one in cluster.web_ports
        ),
        "LISTEN": f"{servers.HOST}:{cluster.site.port}",
        "SERVER_NAME": "_",
        "TLS": "",
    }
    home.mkdir(mode=0o700, exist_ok=True)
    (home / "site.conf").write_text(template.safe_substitute(words))
    (home / "nginx.conf").write_text(_NGINX.format(home=home, user=_user_line()))


_NGINX = """\
daemon off;
{user}
pid {home}/pid;
error_log stderr warn;
worker_processes 1;
worker_shutdown_timeout 5s;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    client_body_temp_path {home}/body;
    proxy_temp_path {home}/proxy;
    fastcgi_temp_path {home}/fastcgi;
    uwsgi_temp_path {home}/uwsgi;
    scgi_temp_path {home}/scgi;
    include {home}/site.conf;
}}
"""


def _user_line() -> str:
    """Started by root, nginx would give its processes to somebody who may not enter our folder."""
    return f"user {getpass.getuser()} {getpass.getuser()};" if os.geteuid() == 0 else ""


def _answers(port: int) -> bool:
    try:
        address = f"http://{servers.HOST}:{port}/healthz"
        with urllib.request.urlopen(address, timeout=_LOOK_LIMIT_S):
            return True
    except OSError:
        return False


def _tell(text: str) -> None:
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
