"""Wake-ups between the processes of one host."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import threading

from runtime import datagrams


def test_another_process_is_heard(settings, tmp_path):
    settings.VAR = tmp_path
    heard: list[object] = []
    came = threading.Event()

    def hear(datagram):
        heard.append(datagram)
        came.set()

    listener = datagrams.Listener("web", hear)
    code = (
        "from django.conf import settings; import sys; settings.configure(VAR=sys.argv[1]);"
        "from runtime import datagrams; datagrams.tell('web', {'group': 'g'})"
    )
    subprocess.run([sys.executable, "-c", code, str(tmp_path)], check=True, timeout=15)

    assert came.wait(5)
    listener.close()
    assert heard == [json.loads('{"group": "g"}')]


def test_a_dead_listener_is_cleared_away(settings, tmp_path):
    settings.VAR = tmp_path
    path = datagrams._socket_dir() / "web-dead"  # a stand-in when tmp_path is long
    path.parent.mkdir(parents=True, exist_ok=True)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(path))

    datagrams.tell("web", {"x": 1})

    assert not path.exists()
