"""A private TURN server of Debian's coturn, by the configuration we ship."""

from __future__ import annotations

import secrets
import socket
from collections.abc import Sequence
from pathlib import Path
from string import Template

from config.certificate import ensure_certificate
from config.servers import Server, free_port
from config.supervisor import Child

TEMPLATE = Path(__file__).parents[1] / "deploy" / "coturn" / "turnserver.conf.template"
PORTS = 200
"""Of relayed connections, towards the workers."""


def coturn(
    folder: Path, address: str, workers: Sequence[str], *, is_believed: bool = False
) -> Server:
    """A TURN server at `address` for media workers at the addresses `workers`.

    Its certificate is its own (`coturn/tls/`): unless that `is_believed`, sites are told of its
    ways without TLS only.
    """
    home, port, tls_port = folder / "coturn", free_port(), free_port()
    secret = folder / "turn-secret"
    if not secret.exists():
        secret.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        secret.touch(mode=0o600)
        secret.write_text(secrets.token_hex(32))
    words = {
        "LISTEN": address,
        "PORT": str(port),
        "TLS_PORT": str(tls_port),
        "REALM": "counterflow",
        "SECRET": secret.read_text().strip(),
        "CERTIFICATE": str(home / "tls" / "certificate.pem"),
        "KEY": str(home / "tls" / "key.pem"),
        "WORKERS": "\n".join(f"allowed-peer-ip={one}" for one in workers),
        "HOME": str(home),
    }
    child = Child(
        name="coturn",
        argv=["turnserver", "-c", str(home / "turnserver.conf")],
        before=lambda: _prepare(home, address, words),
        is_ready=lambda: _is_listening(address, port),
    )
    url = f"turn:{address}:{port}?transport=udp"
    second = f"turn:{address}:{port}?transport=tcp"
    if is_believed:
        second = f"turns:{address}:{tls_port}?transport=tcp"
    environment = {
        "COUNTERFLOW_TURN": f"*={url},*={second}",
        "COUNTERFLOW_TURN_SECRET_FILE": str(secret),
    }
    return Server(url=url, children=(child,), environment=environment)


def _prepare(home: Path, address: str, words: dict[str, str]) -> None:
    ensure_certificate(home / "tls", [address])
    first = _free_udp_ports(address)
    ports = {"FIRST": str(first), "LAST": str(first + PORTS - 1)}
    path = home / "turnserver.conf"
    path.touch(mode=0o600)
    path.write_text(Template(TEMPLATE.read_text()).substitute(words | ports))


def _free_udp_ports(address: str) -> int:
    """The first of PORTS ports; coturn passes over those that others hold."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((address, 0))
        free: int = probe.getsockname()[1]
    return min(free, 65_535 - PORTS)


def _is_listening(address: str, port: int) -> bool:
    try:
        socket.create_connection((address, port), timeout=3).close()
    except OSError:
        return False
    return True
