"""The ruler first: what the network rig does to packets on real sockets, beside what it was told.

One socket is on the server, one where a client is, both of this process: one clock reads both.
"""

from __future__ import annotations

import json
import select
import socket
import sys
import time
from pathlib import Path
from statistics import mean, quantiles

sys.path.insert(0, str(Path(__file__).parents[2]))

from tests.rig.network import Network, network

PORT = 9_000
COUNT = 1500
STEP_S = 0.002
LAST_S = 0.5  # after the last was sent
SIZE = 500
CASES: tuple[tuple[str, dict[str, float]], ...] = (
    ("nothing", {}),
    ("delay", {"delay_ms": 50}),
    ("jitter", {"delay_ms": 50, "jitter_ms": 20}),
    ("loss", {"loss": 0.3}),
    ("bursts", {"loss": 0.3, "burst": 5}),
    ("duplicates", {"duplicate": 0.1}),
    ("rate", {"rate_kbps": 1000, "queue_ms": 100}),
)
PERFECT = {
    "delay_ms": 0.0,
    "jitter_ms": 0.0,
    "loss": 0.0,
    "burst": 1.0,
    "duplicate": 0.0,
    "rate_kbps": 0.0,
    "queue_ms": 400.0,
}


def send_through(near: socket.socket, far: socket.socket, server: str) -> dict[int, list[float]]:
    """Send COUNT packets evenly; gives by number how many seconds each copy was under way."""
    came: dict[int, list[float]] = {}
    begun = time.monotonic()
    sent: list[float] = []
    while time.monotonic() < begun + COUNT * STEP_S + LAST_S:
        if len(sent) < COUNT and time.monotonic() >= begun + len(sent) * STEP_S:
            far.sendto(len(sent).to_bytes(4, "big").ljust(SIZE), (server, PORT))
            sent.append(time.monotonic())
        if select.select([near], [], [], STEP_S / 4)[0]:
            number = int.from_bytes(near.recv(2048)[:4], "big")
            came.setdefault(number, []).append(time.monotonic() - sent[number])
    return came


def tell(name: str, asked: dict[str, float], came: dict[int, list[float]]) -> None:
    waits = [1000 * wait for one in came.values() for wait in one]
    cuts = quantiles(waits, n=20)
    lost = 1 - len(came) / COUNT
    twice = sum(1 for one in came.values() if len(one) > 1) / len(came)
    lasted = max(number * STEP_S + max(one) for number, one in came.items())
    kbps = len(waits) * (SIZE + 28) * 8 / lasted / 1000
    told = (
        f"asked {asked or 'nothing'}: lost {lost:.1%}, under way mean {mean(waits):.1f}, "
        f"p5 {cuts[0]:.1f}, p95 {cuts[18]:.1f} ms, {twice:.1%} twice, {kbps:.0f} kb/s"
    )
    value, unit = {
        "loss": (lost * 100, "% lost"),
        "bursts": (lost * 100, "% lost"),
        "duplicates": (twice * 100, "% twice"),
        "rate": (kbps, "kb/s"),
    }.get(name, (mean(waits), "ms"))
    row = {"name": f"rig.{name}", "value": round(value, 2), "unit": unit, "against": told}
    print(json.dumps(row), flush=True)


def measure(net: Network) -> None:
    far = net.socket("client")
    net.enter()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as near:
        near.bind((net.server, PORT))
        for name, asked in CASES:
            net.set("client", "", **{**PERFECT, **asked})
            tell(name, asked, send_through(near, far, net.server))
    far.close()


def main() -> None:
    with network("client") as net:
        measure(net)


if __name__ == "__main__":
    main()
