"""The process between the namespaces: takes packets off one TUN device, puts them on another.

`python -m tests.rig.link NAME CLIENT…` makes the namespace NAME-server and one for each client,
joins each client to the server, says so in a line of JSON, and obeys one JSON object a line on
standard input until that ends; then all is gone again. An object may hold `client` (all without),
`way` (`up` from the client, `down` to it, both without), fields of `Impairment`, which are set
together with those set before, and `move`: give the client another address.
"""

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import selectors
import signal
import struct
import subprocess
import sys
import time
from contextlib import ExitStack, suppress
from dataclasses import asdict, fields, replace
from pathlib import Path
from types import FrameType
from typing import Any

from tests.rig.impairment import Impairment, Stretch

SERVER = "10.77.0.1"
"""The server's one address, whichever client asks."""
PATIENCE_S = 1.0
AT_ONCE = 64  # packets of one device, before the others have their turn
MAX_PACKET = 65_536
MTU = 1500
_TUN = Path("/dev/net/tun")
_TUNSETIFF, _IFF_TUN, _IFF_NO_PI = 0x400454CA, 1, 0x1000
_CLONE_NEWNET = 0x40000000
_FIELDS = {one.name for one in fields(Impairment)}


class NoRigError(Exception):
    """This machine does not let us make networks; says what is missing."""


def run(*argv: str) -> None:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    if done.returncode:
        raise NoRigError(
            f"{' '.join(argv)}: {done.stderr.strip()}. The rig needs root with the right to make "
            "network namespaces (in a container: --cap-add NET_ADMIN --cap-add SYS_ADMIN)"
        )


def enter(namespace: str) -> None:
    """From now on this thread, and what it starts, is in `namespace`."""
    libc = ctypes.CDLL(None, use_errno=True)
    handle = os.open(f"/run/netns/{namespace}", os.O_RDONLY)
    try:
        if libc.setns(handle, _CLONE_NEWNET) != 0:
            raise NoRigError(f"cannot enter {namespace}: {os.strerror(ctypes.get_errno())}")
    finally:
        os.close(handle)


def open_tun(namespace: str, device: str, address: str, peers: str) -> int:
    """A TUN device in `namespace` that leads to `peers`; gives its file descriptor."""
    if not _TUN.exists():
        raise NoRigError(f"{_TUN} is missing: modprobe tun (in a container: --device {_TUN})")
    enter(namespace)
    end = os.open(_TUN, os.O_RDWR | os.O_NONBLOCK)
    asked = struct.pack("16sH", device.encode(), _IFF_TUN | _IFF_NO_PI)
    fcntl.ioctl(end, _TUNSETIFF, asked)
    run("ip", "address", "add", address, "dev", device)
    run("ip", "link", "set", device, "up", "mtu", str(MTU))
    run("ip", "route", "add", peers, "dev", device)
    return end


class Client:
    """One client's link: its two ends, what each way does, and its present address."""

    def __init__(self, name: str, server: str, number: int) -> None:
        self.namespace = name
        self._subnet = f"10.77.{number}"
        self._moves = 0
        self.far = open_tun(name, "wan", f"{self.address}/32", "default")
        self.near = open_tun(server, f"to{number}", f"{self._subnet}.1/32", f"{self._subnet}.0/24")
        self.up, self.down = Stretch(2 * number), Stretch(2 * number + 1)

    @property
    def address(self) -> str:
        return f"{self._subnet}.{2 + self._moves % 250}"

    def move(self) -> None:
        """Another address takes the place of the former, as when a phone changes its network."""
        former = self.address
        self._moves += 1
        device = ("dev", "wan")
        run("ip", "-n", self.namespace, "address", "add", f"{self.address}/32", *device)
        run("ip", "-n", self.namespace, "address", "del", f"{former}/32", *device)


class Link:
    """All clients' links in one loop."""

    def __init__(self, name: str, names: list[str]) -> None:
        self._name = name
        self._names = names
        self._clients: dict[str, Client] = {}
        self._selector = selectors.DefaultSelector()
        self._typed = b""
        self._is_open = True

    def build(self, undo: ExitStack) -> None:
        """Namespaces, devices and routes; `undo` takes them away."""
        server = f"{self._name}-server"
        for one in (server, *(f"{self._name}-{name}" for name in self._names)):
            run("ip", "netns", "add", one)
            undo.callback(_remove, one)
            run("ip", "-n", one, "link", "set", "lo", "up")
        run("ip", "-n", server, "address", "add", f"{SERVER}/32", "dev", "lo")
        for number, name in enumerate(self._names, start=1):
            client = Client(f"{self._name}-{name}", server, number)
            self._clients[name] = client
            self._selector.register(client.far, selectors.EVENT_READ, client.up)
            self._selector.register(client.near, selectors.EVENT_READ, client.down)
        self._selector.register(sys.stdin.buffer, selectors.EVENT_READ)

    def run(self) -> None:
        """Until standard input ends."""
        while self._is_open:
            for key, _ in self._selector.select(self._wait_s()):
                if isinstance(key.data, Stretch):
                    _drain(key.fd, key.data)
                else:
                    self._read_orders(key.fd)
            now = time.monotonic()
            for client in self._clients.values():
                _deliver(client.up.take(now), client.near)
                _deliver(client.down.take(now), client.far)

    def _wait_s(self) -> float:
        ways = [way for one in self._clients.values() for way in (one.up, one.down)]
        due = [way.due for way in ways if way.due is not None]
        return max(0.0, min(due, default=time.monotonic() + PATIENCE_S) - time.monotonic())

    def _read_orders(self, end: int) -> None:
        data = os.read(end, MAX_PACKET)
        self._is_open = bool(data)
        *lines, self._typed = (self._typed + data).split(b"\n")
        for line in lines:
            try:
                answer = self._obey(json.loads(line or b"{}"))
            except (ValueError, KeyError, TypeError) as error:
                answer = {"error": f"{type(error).__name__}: {error}"}
            print(json.dumps(answer), flush=True)

    def _obey(self, order: dict[str, Any]) -> dict[str, Any]:
        """Do it; gives every client's address and what became of its packets so far."""
        chosen = [order["client"]] if order.get("client") else list(self._clients)
        told = {key: value for key, value in order.items() if key in _FIELDS}
        unknown = set(order) - _FIELDS - {"client", "way", "move"}
        if unknown:
            raise ValueError(f"not known: {', '.join(sorted(unknown))}")
        for client in (self._clients[name] for name in chosen):
            if order.get("move"):
                client.move()
            ways = {"up": client.up, "down": client.down}
            for way in [ways[order["way"]]] if order.get("way") else ways.values():
                way.impairment = replace(way.impairment, **told)
        return self.state()

    def state(self) -> dict[str, Any]:
        return {
            name: {
                "address": one.address,
                "up": asdict(one.up.tally),
                "down": asdict(one.down.tally),
            }
            for name, one in self._clients.items()
        }


def _drain(end: int, way: Stretch) -> None:
    for _ in range(AT_ONCE):
        try:
            packet = os.read(end, MAX_PACKET)
        except BlockingIOError:
            return
        way.put(packet, time.monotonic())


def _deliver(packets: list[bytes], end: int) -> None:
    for packet in packets:
        with suppress(OSError):  # a device that is down or full drops, as a real one
            os.write(end, packet)


def _remove(namespace: str) -> None:
    subprocess.run(["ip", "netns", "del", namespace], capture_output=True, check=False)


def _step_forward() -> None:
    """A network must not be late because who uses it is busy."""
    with suppress(OSError):
        os.nice(-20)
        Path("/proc/self/autogroup").write_text("-20")


def _leave(_number: int, _frame: FrameType | None) -> None:
    raise SystemExit(0)


def main() -> int:
    if len(sys.argv) < 3:
        print(__doc__, file=sys.stderr)
        return 2
    _step_forward()
    signal.signal(signal.SIGTERM, _leave)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # whoever holds our input ends us
    link = Link(sys.argv[1], sys.argv[2:])
    with ExitStack() as undo:
        try:
            link.build(undo)
        except (NoRigError, OSError) as error:
            print(json.dumps({"error": str(error)}), flush=True)
            return 1
        print(json.dumps(link.state()), flush=True)
        link.run()
    return 0


if __name__ == "__main__":
    sys.exit(main())
