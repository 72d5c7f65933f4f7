"""The workers of a host: how many, by which names and ports, and which stands by."""

from __future__ import annotations

from pathlib import Path

import pytest

from config.media_host import Host, children, processes_for
from runtime.media.__main__ import read_options


@pytest.mark.parametrize(("cores", "processes"), [(1, 1), (2, 1), (8, 7)])
def test_a_core_is_left_free(cores: int, processes: int):
    assert processes_for(cores) == processes


def test_each_has_its_own_name_port_line_and_spool_and_the_last_stands_by(tmp_path: Path):
    tokens = tmp_path / "tokens"
    tokens.write_text("one\ntwo\nthree\n")
    host = Host(
        name="edge",
        processes=2,
        ports=range(40000, 40003),
        options=(
            *("--token-file", str(tokens), "--site", "wss://site/ws/worker/"),
            *("--advertise", "203.0.113.8", "--zone", "public-edge"),
        ),
        spool=tmp_path,
    )

    said = [read_options(list(child.argv[3:])) for child in children(host)]

    assert [(one.worker, one.udp_port, one.token, one.is_standby) for one in said] == [
        ("edge.3", 40002, "three", True),
        ("edge.1", 40000, "one", False),
        ("edge.2", 40001, "two", False),
    ]
    assert len({one.spool for one in said}) == 3
    assert {one.zone for one in said} == {"public-edge"}


def test_a_token_file_with_too_few_lines_is_refused(tmp_path: Path):
    tokens = tmp_path / "tokens"
    tokens.write_text("one\n")
    words = ["--site", "ws://x", "--worker", "w.2", "--token-file", str(tokens)]
    words += ["--token-line", "2", "--udp-port", "1", "--advertise", "127.0.0.1"]

    with pytest.raises(SystemExit, match="no line 2"):
        read_options([*words, "--spool", str(tmp_path)])
